"""Two replicas and two workers on PostgreSQL and a stand-in for S3, killed at random under load.

    cargo build --release -p learnware-cli
    python experiments/soak.py target/release/learnware --seconds 600

Needs PostgreSQL's programs and moto (`pip install 'moto[server]'`). Everything runs on loopback in a temporary folder. At the
end every submission that was acknowledged must be there, usable, checked by exactly one finished job, with its package in the
store; and no request may have failed on a replica that was not killed around that time. Exits with 1 otherwise.
"""

import argparse
import http.client
import io
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

GRACE_SECONDS = 3.0  # After a kill, what was under way may fail so long.


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


def start_postgres(folder):
    candidates = [shutil.which("initdb")] + sorted(map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")))
    programs = pathlib.Path([path for path in candidates if path][-1]).resolve().parent
    data, port = folder / "pg", free_port()
    data.mkdir()
    prefix = []
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
        folder.chmod(0o755)
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    run = lambda *words: subprocess.run(prefix + list(map(str, words)), check=True, stdout=subprocess.DEVNULL)
    run(programs / "initdb", "--encoding=UTF8", "--locale=C", "--auth=trust", "--username=dock", "--pgdata", data)
    server = subprocess.Popen(
        prefix + [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-c", f"unix_socket_directories={data}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    wait_for(port)
    for _ in range(50):
        made = subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "dock", "postgres", "-c", "CREATE DATABASE dock"], capture_output=True)
        if made.returncode == 0:
            break
        time.sleep(0.2)
    return server, f"postgres://dock@127.0.0.1:{port}/dock"


def start_moto(folder):
    program = shutil.which("moto_server") or str(pathlib.Path.home() / ".cache/learnware-dock/moto/bin/moto_server")
    port = free_port()
    server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(port)
    request(port, "PUT", "/dock")
    return server, port


def request(port, method, path, body=None, headers=None, seconds=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Process:
    """One of the four, which is killed and begun again."""

    def __init__(self, name, words, env, log, port=None):
        self.name, self.words, self.env, self.log, self.port = name, words, env, log, port
        self.changed = time.time()
        self.kills = 0
        self.child = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.words, env=self.env, stdout=log, stderr=log)
        self.changed = time.time()

    def kill(self):
        self.changed = time.time()
        self.child.kill()
        self.child.wait()
        self.kills += 1
        self.changed = time.time()

    def may_fail(self, begun):
        """Whether a request that began then may fail: the process was killed or began since shortly before."""
        return not self.up or self.changed > begun - GRACE_SECONDS

    @property
    def up(self):
        return self.child.poll() is None


class Soak:
    def __init__(self, arguments, folder):
        self.random = random.Random(arguments.seed)
        self.folder, self.learnware = folder, str(pathlib.Path(arguments.learnware).resolve())
        self.postgres, database = start_postgres(folder)
        self.moto, self.moto_port = start_moto(folder)
        self.env = os.environ | {
            "HOME": str(folder), "LEARNWARE_DATABASE": database, "LEARNWARE_PACKAGES": "s3://dock/packages",
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.moto_port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "LEARNWARE_CHECK_LEASE_SECONDS": "5",
            "LEARNWARE_CHECK_ATTEMPTS": "100", "LEARNWARE_REQUESTS_PER_SECOND": "100000",
            "LEARNWARE_REQUESTS_BURST": "100000", "LEARNWARE_ACCOUNT_VERSIONS_MAX": "1000000",
            "LEARNWARE_ACCOUNT_WAITING_MAX": "1000000",
        }
        self.processes, self.acknowledged, self.faults = [], {}, []
        self.searches = self.retries = 0
        self.times = []
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def begin(self):
        for index in range(2):
            port = free_port()
            words = [self.learnware, "serve", "--dock", str(self.folder / f"replica{index}"), "--listen",
                     f"127.0.0.1:{port}", "--workers", "0", "--json", "--log", "json"]
            self.processes.append(Process(f"replica{index}", words, self.env, self.folder / f"replica{index}.log", port))
            wait_for(port)
        for index in range(2):
            words = [self.learnware, "worker", "--dock", str(self.folder / f"worker{index}"), "--log", "json"]
            self.processes.append(Process(f"worker{index}", words, self.env, self.folder / f"worker{index}.log"))
        port = self.processes[0].port
        invitation = re.search(r"lwd_[0-9a-f]+", (self.folder / "replica0.log").read_text()).group()
        person = {"email": "a@example.org", "name": "chief", "password": "correct horse", "code": invitation}
        self.json(port, "POST", "/accounts/invitation", person)
        session = self.json(port, "POST", "/sessions", {"email": "a@example.org", "password": "correct horse"})["secret"]
        wish = {"name": "soak", "scopes": ["read", "submit", "admin"], "days": 1}
        self.token = self.json(port, "POST", "/tokens", wish, session)["secret"]

    def json(self, port, method, path, document=None, secret=None):
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
        body = None if document is None else json.dumps(document)
        status, answer = request(port, method, "/api/v1" + path, body, headers)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]}")
        return json.loads(answer) if answer else None

    def base_packages(self):
        """Packages and their specifications, made by the quick start."""
        home = self.folder / "home"
        home.mkdir()
        env = {key: value for key, value in self.env.items() if not key.startswith(("LEARNWARE_", "AWS_"))} | {"HOME": str(home)}
        env["LEARNWARE_DOCK"] = str(home / "dock")
        subprocess.run([self.learnware, "quickstart", "--dir", str(home / "quick")], env=env, cwd=home, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        zips = sorted(home.rglob("*.zip"))
        if not zips:
            blobs = [path for path in home.rglob("blobs/*/*") if path.is_file() and zipfile.is_zipfile(path)]
            zips = sorted(blobs)
        assert zips, f"the quick start left no packages in {home}"
        return [path.read_bytes() for path in zips]

    def variant(self, base, number):
        """The same package with other words."""
        source, target = zipfile.ZipFile(io.BytesIO(base)), io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for entry in source.infolist():
                data = source.read(entry)
                if entry.filename.endswith("semantic_specification.json"):
                    document = json.loads(data)
                    document["Description"]["Values"] = f"A package of the soak test with the number {number}."
                    data = json.dumps(document).encode()
                out.writestr(entry.filename, data)
        return target.getvalue()

    def replicas(self):
        return self.processes[:2]

    def submit_on(self, bases, worker):
        generator, number = random.Random(worker), 0
        while not self.stop.is_set():
            package = self.variant(generator.choice(bases), worker * 1_000_000 + number)
            number += 1
            while not self.stop.is_set():
                replica, begun = generator.choice(self.replicas()), time.time()
                headers = {"Content-Type": "application/zip", "Authorization": f"Bearer {self.token}"}
                try:
                    status, answer = request(replica.port, "POST", "/api/v1/learnwares", package, headers)
                except OSError as error:
                    status, answer = 0, str(error)
                except http.client.HTTPException as error:
                    status, answer = 0, repr(error)
                if status in (200, 202):
                    submitted = json.loads(answer)
                    with self.lock:
                        self.acknowledged[submitted["digest"]] = submitted["id"]
                    break
                with self.lock:
                    self.retries += 1
                    if not replica.may_fail(begun):
                        self.faults.append(f"submission on {replica.name}: {status} {answer[:200]}")
                time.sleep(0.2)
            time.sleep(generator.uniform(0.0, 0.3))

    def search_on(self, specification, worker):
        generator = random.Random(1000 + worker)
        body = json.dumps({"statistical": [specification], "limit": 10})
        while not self.stop.is_set():
            replica, begun = generator.choice(self.replicas()), time.time()
            try:
                status, answer = request(replica.port, "POST", "/api/v1/search", body, {"Content-Type": "application/json"}, 20)
            except (OSError, http.client.HTTPException) as error:
                status, answer = 0, repr(error)
            with self.lock:
                if status == 200:
                    self.searches += 1
                    self.times.append(time.time() - begun)
                elif not replica.may_fail(begun):
                    self.faults.append(f"search on {replica.name}: {status} {answer[:200]}")
            time.sleep(0.02)

    def kill_on(self):
        while not self.stop.wait(self.random.uniform(1.0, 5.0)):
            process = self.random.choice(self.processes)
            process.kill()
            self.stop.wait(self.random.uniform(0.2, 2.0))
            process.start()
            if process.port:
                wait_for(process.port)
            process.changed = time.time()

    def run(self, seconds):
        bases = self.base_packages()
        self.begin()
        with zipfile.ZipFile(io.BytesIO(bases[0])) as package:
            name = next(name for name in package.namelist() if name.endswith("rkme.json") or "stat" in name.lower() and name.endswith(".json"))
            specification = json.loads(package.read(name))
        threads = [threading.Thread(target=self.submit_on, args=(bases, index)) for index in range(2)]
        threads += [threading.Thread(target=self.search_on, args=(specification, index)) for index in range(2)]
        threads.append(threading.Thread(target=self.kill_on))
        for thread in threads:
            thread.start()
        end = time.time() + seconds
        while time.time() < end:
            time.sleep(min(30, max(0.1, end - time.time())))
            print(f"{len(self.acknowledged)} acknowledged, {self.searches} searches, "
                  f"{sum(process.kills for process in self.processes)} kills, {len(self.faults)} faults", flush=True)
        self.stop.set()
        for thread in threads:
            thread.join()
        return self.verify()

    def jobs(self, port):
        found, before = [], None
        while True:
            page = self.json(port, "GET", "/admin/jobs" + (f"?before={before}" if before else ""), None, self.token)
            if not page:
                return found
            found += page
            before = page[-1]["id"]

    def verify(self):
        port = self.processes[0].port
        end = time.time() + 300
        while time.time() < end and any(job["state"] in ("open", "leased") for job in self.jobs(port)):
            time.sleep(1)
        done = {}
        for job in self.jobs(port):
            if job["state"] == "done":
                done[job["subject"]] = done.get(job["subject"], 0) + 1
            else:
                self.faults.append(f"the job {job['subject']} is {job['state']}: {job.get('last_error')}")
        in_store = self.in_store()
        for replica in self.replicas():
            for digest, learnware in self.acknowledged.items():
                status, answer = request(replica.port, "GET", f"/api/v1/learnwares/{learnware}")
                shown = json.loads(answer)
                if status != 200 or shown["versions"][-1]["digest"] != digest or shown["versions"][-1]["status"] != "usable":
                    self.faults.append(f"{learnware} on {replica.name}: {status} {answer[:200]}")
        for digest, learnware in self.acknowledged.items():
            if done.get(f"check:{int(learnware)}:1", 0) != 1:
                self.faults.append(f"{learnware} was checked {done.get(f'check:{int(learnware)}:1', 0)} times")
            if digest not in in_store:
                self.faults.append(f"the package of {learnware} is gone")
        total = self.json(port, "GET", "/learnwares?limit=1")["total"]
        orphans = len(in_store) - total
        self.times.sort()
        pick = lambda share: self.times[int(share * (len(self.times) - 1))] * 1000 if self.times else float("nan")
        print(json.dumps({
            "acknowledged": len(self.acknowledged), "learnwares": total, "packages_without_learnware": orphans,
            "searches": self.searches, "search_p50_ms": round(pick(.5), 1), "search_p99_ms": round(pick(.99), 1),
            "kills": {process.name: process.kills for process in self.processes}, "retried": self.retries,
            "faults": len(self.faults),
        }))
        for fault in self.faults[:20]:
            print("FAULT:", fault)
        return not self.faults

    def in_store(self):
        found, token = set(), ""
        while True:
            _, answer = request(self.moto_port, "GET", "/dock?list-type=2&prefix=packages/" + (f"&continuation-token={token}" if token else ""))
            text = answer.decode()
            found |= {key.removeprefix("packages/").replace("/", "") for key in re.findall(r"<Key>([^<]+)</Key>", text)}
            more = re.search(r"<NextContinuationToken>([^<]+)<", text)
            if not more:
                return {digest for digest in found if re.fullmatch(r"[0-9a-f]{64}", digest)}
            token = more.group(1)

    def end(self):
        for process in self.processes:
            process.child.kill()
        self.moto.kill()
        self.postgres.terminate()
        self.postgres.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("learnware", help="the program")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="leave folder and logs behind")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="learnware-soak-"))
    soak = Soak(arguments, folder)
    try:
        passed = soak.run(arguments.seconds)
    finally:
        soak.end()
        if arguments.keep:
            print(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
