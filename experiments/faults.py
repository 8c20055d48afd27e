"""What a dock answers while its disk is full, its database or its package store is lost or slow, and an upload is cut off.

    cargo build --release -p learnware-cli
    python experiments/faults.py target/release/learnware

Needs PostgreSQL's programs, moto (`pip install 'moto[server]'`) and bubblewrap. Everything runs on loopback in a temporary
folder. For each fault: what is answered and how fast while it lasts, and whether the dock works again without hands when it
is over. Exits with 1 when an answer is not a problem document with a sensible status, takes too long, or the dock stays ill.
"""

import argparse
import http.client
import io
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile

from soak import Process, Soak, free_port, request, wait_for

WHILE_LOST_SECONDS_MAX = 35.0
HEALED_SECONDS_MAX = 30.0


class Faults(Soak):
    """One server and one worker."""

    def start(self):
        self.bases = self.base_packages()
        with zipfile.ZipFile(io.BytesIO(self.bases[0])) as package:
            name = next(name for name in package.namelist() if name.endswith("rkme.json") or "stat" in name.lower() and name.endswith(".json"))
            self.specification = json.loads(package.read(name))
        self.number = 0
        port = free_port()
        words = [self.learnware, "serve", "--dock", str(self.folder / "served"), "--listen", f"127.0.0.1:{port}", "--workers", "1", "--log", "json"]
        self.server = Process("replica0", words, self.env, self.folder / "replica0.log", port)
        self.processes = [self.server]
        wait_for(port)
        self.let_in(port)

    def let_in(self, port):
        for _ in range(100):
            found = re.search(r"lwd_[0-9a-f]+", (self.folder / "replica0.log").read_text())
            if found:
                break
            time.sleep(0.1)
        person = {"email": "a@example.org", "name": "chief", "password": "correct horse", "code": found.group()}
        self.json(port, "POST", "/accounts/invitation", person)
        session = self.json(port, "POST", "/sessions", {"email": "a@example.org", "password": "correct horse"})["secret"]
        wish = {"name": "faults", "scopes": ["read", "submit", "admin"], "days": 1}
        self.token = self.json(port, "POST", "/tokens", wish, session)["secret"]

    def package(self, padding=0):
        self.number += 1
        package = self.variant(self.bases[0], self.number)
        if padding:
            out = io.BytesIO(package)
            with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
                archive.writestr("padding.bin", os.urandom(padding))
            package = out.getvalue()
        return package

    def submit(self, package, port=None):
        headers = {"Content-Type": "application/zip", "Authorization": f"Bearer {self.token}"}
        return self.timed("POST", "/api/v1/learnwares", package, headers, port)

    def timed(self, method, path, body=None, headers=None, port=None):
        begun = time.time()
        try:
            status, answer = request(port or self.server.port, method, path, body, headers, 90)
        except (OSError, http.client.HTTPException) as error:
            status, answer = 0, repr(error).encode()
        return status, time.time() - begun, answer.decode(errors="replace")

    def search(self):
        return self.timed("POST", "/api/v1/search", json.dumps({"statistical": [self.specification], "limit": 3}), {"Content-Type": "application/json"})

    def tell(self, fault, what, found, wanted):
        status, seconds, answer = found
        problem = answer if status >= 400 or status == 0 else ""
        code = json.loads(problem).get("code") if problem.startswith("{") else problem[:80]
        good = status in wanted and seconds < WHILE_LOST_SECONDS_MAX
        print(f"{fault:26} {what:10} {status} {code or '':22} {seconds:6.2f} s{'' if good else '   <-- wrong'}", flush=True)
        if not good:
            self.faults.append(f"{fault}: {what}: {status} {seconds:.1f} s {answer[:200]}")

    def heals(self, fault, tries):
        """Whether everything works again, and after how long."""
        begun = time.time()
        while time.time() - begun < HEALED_SECONDS_MAX:
            answers = [one() for one in tries]
            if all(status in (200, 202) for status, _, _ in answers):
                print(f"{fault:26} works again after {time.time() - begun:.1f} s", flush=True)
                return
            time.sleep(0.5)
        self.faults.append(f"{fault}: does not work again: {answers}")
        print(f"{fault:26} does not work again", flush=True)

    def usual(self):
        return [self.search, lambda: self.submit(self.package()), lambda: self.timed("GET", "/readyz")]

    def signal_all(self, process, number):
        """Sends a signal to a process and all that it began."""
        os.kill(process, number)
        for child in subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True).stdout.split():
            self.signal_all(int(child), number)

    def stop_and_go(self, fault, process, wanted):
        """A process that hangs and goes on."""
        self.signal_all(process.pid, signal.SIGSTOP)
        try:
            for what, wanted_here in wanted.items():
                one = {"search": self.search, "submit": lambda: self.submit(self.package()), "readyz": lambda: self.timed("GET", "/readyz")}[what]
                self.tell(fault, what, one(), wanted_here)
        finally:
            self.signal_all(process.pid, signal.SIGCONT)
        self.heals(fault, self.usual())

    def database(self):
        self.stop_and_go("database hangs", self.postgres, {"search": (200, 503), "submit": (503,), "readyz": (503,)})
        self.postgres.send_signal(signal.SIGQUIT)
        self.postgres.wait()
        time.sleep(0.5)
        for what, one, wanted in [("search", self.search, (200, 503)), ("submit", lambda: self.submit(self.package()), (503,)), ("readyz", lambda: self.timed("GET", "/readyz"), (503,))]:
            self.tell("database down", what, one(), wanted)
        self.postgres = subprocess.Popen(self.postgres.args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.heals("database down", self.usual())

    def store(self):
        self.stop_and_go("package store hangs", self.moto, {"search": (200,), "submit": (202, 503)})

    def cut(self):
        """Uploads that end in the middle, and one that says a length and sends nothing."""
        package = self.package(200_000)
        for share in (0.0, 0.5, 0.999):
            with socket.create_connection(("127.0.0.1", self.server.port)) as line:
                head = f"POST /api/v1/learnwares HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nContent-Type: application/zip\r\nContent-Length: {len(package)}\r\n\r\n"
                line.sendall(head.encode() + package[: int(share * len(package))])
        time.sleep(1)
        left = [path for path in (self.folder / "served").rglob("upload-*")]
        print(f"{'uploads cut off':26} {len(left)} pieces left on the disk", flush=True)
        if left:
            self.faults.append(f"cut uploads left {left}")
        self.heals("uploads cut off", self.usual())

    def disk(self):
        """A folder dock on a disk of 24 MB."""
        dock, port = self.folder / "small", free_port()
        dock.mkdir()
        words = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc", "--size", str(24 << 20), "--tmpfs", str(dock), "--die-with-parent",
                 self.learnware, "serve", "--dock", str(dock), "--listen", f"127.0.0.1:{port}", "--workers", "1", "--log", "json"]
        env = {key: value for key, value in self.env.items() if key not in ("LEARNWARE_DATABASE", "LEARNWARE_PACKAGES")}
        (self.folder / "replica0.log").unlink()
        self.server = Process("small", words, env, self.folder / "replica0.log", port)
        self.processes.append(self.server)
        wait_for(port)
        self.let_in(port)
        # Something else on the disk, which the operator removes when it is full.
        filler = pathlib.Path(f"/proc/{self.inside()}/root{dock}/filler")
        filler.write_bytes(bytes(8 << 20))
        kept = []
        for _ in range(60):
            found = self.submit(self.package(1_000_000))
            if found[0] not in (200, 202):
                break
            kept.append(json.loads(found[2])["id"])
        self.tell("disk full", "submit", found, (507,))
        self.tell("disk full", "search", self.search(), (200,))
        for what, path in [("show", f"/api/v1/learnwares/{kept[0]}"), ("package", f"/api/v1/learnwares/{kept[0]}/package")]:
            self.tell("disk full", what, self.timed("GET", path), (200,))
        filler.unlink()
        self.heals("disk full", self.usual())
        lost = [one for one in kept if self.timed("GET", f"/api/v1/learnwares/{one}/package")[0] != 200]
        print(f"{'disk full':26} {len(kept)} accepted, {len(lost)} lost", flush=True)
        if lost:
            self.faults.append(f"disk full: {lost} lost")

    def inside(self):
        """The server inside bubblewrap."""
        process = str(self.server.child.pid)
        while children := pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split():
            process = children[0]
        return process

    def run(self):
        self.start()
        self.heals("start", self.usual())
        self.cut()
        self.store()
        self.database()
        self.disk()
        for fault in self.faults:
            print("FAULT:", fault)
        return not self.faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("learnware")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faults = Faults(arguments, pathlib.Path(folder))
        try:
            good = faults.run()
        finally:
            faults.end()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
