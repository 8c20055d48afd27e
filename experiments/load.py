"""Load on a served dock: many learnwares searched at once, large uploads at once, idle event streams.

    cargo build --release -p learnware-cli
    python experiments/load.py target/release/learnware --learnwares 100000 --uploads 50 --streams 1000

Needs numpy. Everything runs on loopback in a temporary folder, with the embedded database. The learnwares are rows that are
written into the database: specifications of 100 points in 20 columns from 200 families, with the words and the package of a
real one. Prints one line of JSON for each part.
"""

import argparse
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import zipfile

import numpy as np

from soak import free_port, request, wait_for

POINTS, COLUMNS, FAMILIES, DIRECTIONS = 100, 20, 200, 5
UPLOAD_BYTES = 100 << 20


class Draw:
    """Specifications as those of `cargo xtask bench search`: a family has a centre and directions in which it varies, a
    specification a place in its family and a width."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        families = np.random.default_rng(0)
        self.centres = families.normal(size=(FAMILIES, COLUMNS))
        self.directions = families.normal(size=(FAMILIES, DIRECTIONS, COLUMNS))

    def specification(self):
        g = self.generator
        family, width = g.integers(FAMILIES), 0.5 + g.random()
        along = 0.6 * g.normal(size=DIRECTIONS) + width * g.normal(size=(POINTS, DIRECTIONS))
        points = self.centres[family] + 0.15 * g.normal(size=COLUMNS) + 0.5 * along @ self.directions[family] + 0.3 * g.normal(size=(POINTS, COLUMNS))
        weights = g.dirichlet(np.ones(POINTS))
        return {"type": "RKMETableSpecification", "gamma": 0.1, "num_points": 1000, "cuda_idx": -1, "device": "cpu",
                "z": points.round(4).tolist(), "beta": weights.tolist()}


class Load:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.learnware = str(pathlib.Path(arguments.learnware).resolve())
        self.port = free_port()
        self.dock = folder / "dock"
        self.env = os.environ | {"HOME": str(folder), "LEARNWARE_REQUESTS_PER_SECOND": "1000000", "LEARNWARE_REQUESTS_BURST": "1000000",
                                 "LEARNWARE_ACCOUNT_BYTES_MAX": str(1 << 40), "LEARNWARE_ACCOUNT_WAITING_MAX": "100000"}
        self.server = None

    def start(self):
        with open(self.folder / "out", "ab") as out:
            words = [self.learnware, "serve", "--dock", str(self.dock), "--listen", f"127.0.0.1:{self.port}", "--workers", "0", "--json"]
            self.server = subprocess.Popen(words, env=self.env, stdout=out, stderr=out)
        begun = time.time()
        wait_for(self.port, 600)
        return time.time() - begun

    def stop(self):
        self.server.terminate()
        self.server.wait()

    def let_in(self):
        code = re.search("lwd_[0-9a-f]+", (self.folder / "out").read_text()).group()
        kind = {"Content-Type": "application/json"}
        person = {"email": "a@example.org", "name": "chief", "password": "correct horse", "code": code}
        request(self.port, "POST", "/api/v1/accounts/invitation", json.dumps(person), kind)
        _, answer = request(self.port, "POST", "/api/v1/sessions", json.dumps({"email": "a@example.org", "password": "correct horse"}), kind)
        self.headers = {"Authorization": "Bearer " + json.loads(answer)["secret"]}

    def base(self):
        """A real package."""
        home = self.folder / "home"
        home.mkdir()
        env = {key: value for key, value in os.environ.items() if not key.startswith("LEARNWARE_")} | {"HOME": str(home)}
        subprocess.run([self.learnware, "quickstart", "--dir", str(home / "quick")], env=env, cwd=home, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return next(path for path in home.rglob("blobs/*/*") if path.is_file()).read_bytes()

    def megabytes(self, name):
        text = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(name + r":\s+(\d+)", text).group(1)) // 1024

    def fill(self, count):
        """Writes learnwares into the database, as copies of the one that is there with specifications of their own."""
        database = sqlite3.connect(next(self.dock.glob("*.sqlite*")))
        (semantic, form) = database.execute("SELECT semantic, format FROM versions LIMIT 1").fetchone()
        words = json.loads(semantic)
        words["Input"] = {"Dimension": COLUMNS, "Description": {}}
        draw = Draw(1)
        moment = database.execute("SELECT created_at FROM learnwares LIMIT 1").fetchone()[0]
        (first,) = database.execute("SELECT coalesce(max(id), 0) + 1 FROM learnwares").fetchone()
        for start in range(0, count, 5000):
            numbers = range(first + start, first + min(start + 5000, count))
            (revision,) = database.execute("UPDATE revision SET value = value + 1 RETURNING value").fetchone()
            database.executemany("INSERT INTO learnwares (id, name, latest_version, revision, created_at) VALUES (?, ?, 1, ?, ?)",
                                 [(number, f"Drawn {number}", revision, moment) for number in numbers])
            rows = []
            for number in numbers:
                words["Name"] = {"Values": f"Drawn {number}", "Type": "String"}
                statistical = json.dumps([draw.specification()], separators=(",", ":"))
                rows.append((number, f"{number:064x}", json.dumps(words), statistical, form, moment, moment))
            database.executemany("INSERT INTO versions (learnware_id, version, digest, size_bytes, status, semantic, statistical, format, submitted_at, checked_at) VALUES (?, 1, ?, 1000, 'usable', ?, ?, ?, ?, ?)", rows)
            database.commit()
        database.close()

    def searches(self, seconds, threads):
        draw = Draw(2)
        bodies = [json.dumps({"statistical": [draw.specification()], "limit": 10}) for _ in range(200)]
        plain = [json.dumps({"statistical": [json.loads(body)["statistical"][0]], "limit": 10, "mixture": "none"}) for body in bodies]
        begun = time.time()
        status, answer = request(self.port, "POST", "/api/v1/search", bodies[0], {"Content-Type": "application/json"}, 900)
        first = time.time() - begun
        assert status == 200, answer
        for name, wishes in (("with a mixture", bodies), ("ten nearest", plain)):
            for clients in threads:
                times, refused, proved = [], [0], [0]
                end = time.time() + seconds

                def ask(offset):
                    line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                    number = offset
                    while time.time() < end:
                        number += 1
                        begun = time.time()
                        line.request("POST", "/api/v1/search", wishes[number % len(wishes)], {"Content-Type": "application/json"})
                        answer = line.getresponse()
                        body = answer.read()
                        if answer.status != 200:
                            refused[0] += 1
                            continue
                        times.append(time.time() - begun)
                        proved[0] += b'"certified":true' in body

                workers = [threading.Thread(target=ask, args=(number * 37,)) for number in range(clients)]
                [worker.start() for worker in workers]
                [worker.join() for worker in workers]
                times.sort()
                pick = lambda share: round(1000 * times[int(share * (len(times) - 1))], 1)
                print(json.dumps({"searches": name, "clients": clients, "per_second": round(len(times) / seconds, 1), "p50_ms": pick(.5), "p99_ms": pick(.99),
                                  "proved": round(proved[0] / max(1, len(times)), 3), "refused": refused[0], "first_s": round(first, 2), "MB": self.megabytes("VmRSS")}), flush=True)

    def streams(self, count, base):
        status, answer = request(self.port, "POST", "/api/v1/learnwares", base, self.headers | {"Content-Type": "application/zip"})
        learnware = json.loads(answer)["id"]
        lines, told = [], 0
        secret = self.headers["Authorization"]
        for _ in range(count):
            line = socket.create_connection(("127.0.0.1", self.port))
            line.sendall(f"GET /api/v1/learnwares/{learnware}/events HTTP/1.1\r\nHost: d\r\nAuthorization: {secret}\r\n\r\n".encode())
            lines.append(line)
        for line in lines:
            line.settimeout(20)
            text = b""
            while b"event: check" not in text and (piece := line.recv(4096)):
                text += piece
            told += b"event: check" in text
        ticks = lambda: sum(map(int, pathlib.Path(f"/proc/{self.server.pid}/stat").read_text().split()[13:15]))
        before = ticks()
        time.sleep(10)
        print(json.dumps({"streams": count, "told": told, "percent_of_a_core": (ticks() - before) / 10, "MB": self.megabytes("VmRSS")}), flush=True)
        return lines

    def padded(self, base, number):
        """A package of 100 MB in pieces: the real one with a file that no two have in common."""
        path = self.folder / f"upload{number}.zip"
        path.write_bytes(base)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as out:
            out.writestr("padding.bin", np.random.default_rng(number).bytes(UPLOAD_BYTES - len(base) - 1000))
        return path

    def uploads(self, count, base):
        results, peak = [], 0
        paths = [self.padded(base, number) for number in range(count)]

        def send(path):
            with open(path, "rb") as body:
                line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
                line.request("POST", "/api/v1/learnwares", body, self.headers | {"Content-Type": "application/zip", "Content-Length": str(path.stat().st_size)})
                answer = line.getresponse()
                results.append((answer.status, answer.read()[:200]))

        idle, begun = self.megabytes("VmRSS"), time.time()
        workers = [threading.Thread(target=send, args=(path,)) for path in paths]
        [worker.start() for worker in workers]
        while any(worker.is_alive() for worker in workers):
            peak = max(peak, self.megabytes("VmRSS"))
            time.sleep(0.1)
        statuses = sorted({status for status, _ in results})
        print(json.dumps({"uploads": count, "bytes_each": UPLOAD_BYTES, "seconds": round(time.time() - begun, 1), "statuses": statuses,
                          "idle_MB": idle, "peak_MB": peak, "after_MB": self.megabytes("VmRSS")}), flush=True)
        [path.unlink() for path in paths]
        if statuses != [202]:
            print(results[0])

    def run(self):
        base = self.base()
        self.start()
        self.let_in()
        lines = self.streams(self.arguments.streams, base) if self.arguments.streams else []
        if self.arguments.uploads:
            self.uploads(self.arguments.uploads, base)
        [line.close() for line in lines]
        self.stop()
        if self.arguments.learnwares:
            if not self.arguments.streams:
                self.start()
                request(self.port, "POST", "/api/v1/learnwares", base, self.headers | {"Content-Type": "application/zip"})
                self.stop()
            begun = time.time()
            self.fill(self.arguments.learnwares)
            written = time.time() - begun
            print(json.dumps({"learnwares": self.arguments.learnwares, "written_s": round(written, 1), "listens_after_s": round(self.start(), 1)}), flush=True)
            self.searches(self.arguments.seconds, (1, 2, 4, 8))
            self.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("learnware", help="the program")
    parser.add_argument("--learnwares", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=15, help="of each measurement of searches")
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--streams", type=int, default=1000)
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="learnware-load-"))
    load = Load(arguments, folder)
    try:
        load.run()
    finally:
        if load.server and load.server.poll() is None:
            load.server.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
