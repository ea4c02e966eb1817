"""What one run of `compare` consists of: the emulated VPC resolver, servers and clients, as
processes of a network namespace of their own."""

import contextlib
import csv
import json
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

import servers

READY_SECONDS = 20
STOP_SECONDS = 15


class NotPossible(Exception):
    """Why this server cannot do this run, in a few words."""


class Stage(contextlib.ExitStack):
    """Starts processes and stops them in reverse order when it is left."""

    def __init__(self, server, seed, bin_folder):
        super().__init__()
        self.server, self.seed, self.bin = server, seed, bin_folder
        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix="lab-")))
        self.upstream_started = None  # time.monotonic()
        self._upstream = None

    def start_upstream(self, *options):
        self.upstream_started = time.monotonic()
        self._upstream = self._start("vpcsim", [
            self.bin / "vpcsim", "--listen", f"{servers.UPSTREAM}:53", "--limit", servers.LIMIT,
            "--seed", self.seed, "--json", self.folder / "vpcsim.json",
            "--record", self.folder / "arrivals.csv", *options])
        end = time.monotonic() + READY_SECONDS
        while "listening" not in self._log("vpcsim"):
            self._check(self._upstream, "vpcsim", end)

    def start_server(self, listen=servers.LISTEN, shared=""):
        """Returns once it has answered a question with the upstream's help."""
        folder = self.folder / listen
        folder.mkdir()
        site = servers.Site(folder, self.bin, listen, shared)
        process = self._start(listen, servers.SERVERS[self.server].command(site))
        end = time.monotonic() + READY_SECONDS
        while not _answers(listen):
            self._check(process, listen, end)

    def start_clients(self, name, *options, listen=servers.LISTEN, seed=None):
        command = [self.bin / "incident", "--server", f"{listen}:53", "--seed", seed or self.seed,
                   "--json", self.folder / f"{name}.json",
                   "--record", self.folder / f"{name}.csv", *options]
        return Clients(name, self.folder, self._start(name, command))

    def stop_upstream(self):
        """Its summary, and its record as a list of {column: text}."""
        _stop(self._upstream)
        with open(self.folder / "arrivals.csv", newline="") as file:
            return json.loads((self.folder / "vpcsim.json").read_text()), list(csv.DictReader(file))

    def lose(self, percent):
        """From now on so many packets vanish on the way to the upstream, and as many on the way
        back. Not where they are sent: the sender would get an error instead of nothing."""
        losses = "".join(f"ip {end} {servers.UPSTREAM} numgen random mod 100 < {percent} drop\n"
                         for end in ("daddr", "saddr"))
        _nft("-f", "-", rules=f"""
table inet lab {{
  counter sent {{ }}
  chain sending {{
    type filter hook output priority 0
    ip daddr {servers.UPSTREAM} counter name sent
  }}
  chain arriving {{
    type filter hook input priority 0
    {losses}
  }}
}}""")
        self.callback(_nft, "delete", "table", "inet", "lab")

    def packets_sent(self):
        """To the upstream since lose(), those that got lost included."""
        objects = json.loads(_nft("--json", "list", "counter", "inet", "lab", "sent"))["nftables"]
        return next(entry["counter"]["packets"] for entry in objects if "counter" in entry)

    def _start(self, name, command):
        log = self.enter_context(open(self.folder / f"{name}.log", "wb"))
        process = subprocess.Popen([str(part) for part in command], cwd=self.folder, stdout=log,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.callback(_stop, process)
        return process

    def _log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _check(self, process, name, end):
        if process.poll() is None and time.monotonic() < end:
            return time.sleep(0.05)
        lines = self._log(name).strip().splitlines() or ["without a word"]
        what = "is not ready" if process.poll() is None else f"ended ({process.returncode})"
        raise NotPossible(f"{name} {what}: {lines[-1][:120]}")


class Clients:
    """An `incident` that runs."""

    def __init__(self, name, folder, process):
        self._name, self._folder, self._process = name, folder, process

    def result(self):
        """Waits for the end; incident's JSON, with its record as "lookups"."""
        if self._process.wait() != 0:
            log = (self._folder / f"{self._name}.log").read_text(errors="replace")
            raise NotPossible(f"incident ended ({self._process.returncode}): {log[-120:]}")
        result = json.loads((self._folder / f"{self._name}.json").read_text())
        with open(self._folder / f"{self._name}.csv", newline="") as file:
            result["lookups"] = [_typed(row) for row in csv.DictReader(file)]
        return result


def _nft(*arguments, rules=""):
    try:
        return subprocess.run(["nft", *arguments], input=rules, text=True, capture_output=True,
                              check=True).stdout
    except FileNotFoundError:
        raise NotPossible("nft is not installed") from None
    except subprocess.CalledProcessError as error:
        raise NotPossible(f"nft: {error.stderr.strip()[:80]}") from None


def _typed(row):
    for column in ("asked_ns", "took_us", "number", "rcode", "ede"):
        row[column] = int(row[column]) if row[column] else None
    return row


def _stop(process):
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(address):
    """Whether the server resolves a name; it has half a second."""
    query = (struct.pack(">6H", 0x4c61, 0x0100, 1, 0, 0, 0) +
             b"\x05ready\x04corp\x07example\x00" + struct.pack(">2H", 1, 1))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect((address, 53))
        try:
            client.send(query)
            reply = client.recv(4096)
        except OSError:
            return False
    return len(reply) > len(query) and reply[3] & 15 == 0 and reply[7] > 0
