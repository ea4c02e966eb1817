"""Real processes for system tests: the daemon, the emulated VPC resolver and peers, each on ports
that the kernel chose, each stopped and its output shown when a test fails. Loopback only."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ.get("BIN", "build/dev/bin")).resolve()
# Debian keeps daemons where an ordinary user's PATH does not look.
os.environ["PATH"] += ":/usr/sbin:/sbin"
PATIENCE = 20.0  # seconds for anything that should happen at once


# A budget so large that nothing waits for packets. {upstream} is filled in.
AMPLE = """
[[budget]]
name = "eni"
limit = 1000000
burst = 100000
shared = ""
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
"""


def free_port():
    """A port that was free for UDP and TCP a moment ago, for peers that cannot choose their own."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue


def wait_for(condition, what, patience=PATIENCE):
    """Polls `condition` until it returns something true, and returns that."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {patience} s in vain for {what}")


def is_sanitized():
    """Whether the daemon was built with a sanitizer, which takes memory of its own."""
    return re.search(rb"__[at]san_init", (BIN / "sluiced").read_bytes()) is not None


class Process:
    """A child process whose output is kept in a file."""

    def __init__(self, folder, name, command, **options):
        self.name = name
        self.log = folder / f"{name}.log"
        self._file = open(self.log, "wb")
        self.child = subprocess.Popen([str(part) for part in command], stdout=self._file,
                                      stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)

    @property
    def output(self):
        return self.log.read_text(errors="replace")

    def wait_for_output(self, pattern):
        """The match of `pattern` in what the process has written; fails if it ends before."""
        def look():
            match = re.search(pattern, self.output)
            if not match and self.child.poll() is not None:
                raise AssertionError(
                    f"{self.name} ended with {self.child.returncode}:\n{self.output}")
            return match
        return wait_for(look, f"{pattern!r} from {self.name}")

    def wait(self, patience=PATIENCE):
        return self.child.wait(patience)

    def signal(self, number):
        self.child.send_signal(number)

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self._file.close()


class VpcSim(Process):
    """The emulated VPC resolver. `summary()` stops it and returns what it saw.

    What is on its way to a port of 127.0.0.1 that was closed meets whoever gets that port next. A
    test that counts to the packet listens at another address of 127.0.0.0/8, from which nobody
    sends."""

    def __init__(self, folder, zones=(), limit=1024, name="vpcsim", address="127.0.0.1"):
        self.json = folder / f"{name}.json"
        command = [BIN / "vpcsim", "--listen", f"{address}:0", "--limit", limit,
                   "--json", self.json]
        for zone in zones:
            command += ["--zone", zone]
        super().__init__(folder, name, command)
        self.port = int(self.wait_for_output(r"listening \S+:(\d+)")[1])

    def summary(self):
        self.stop()
        return json.loads(self.json.read_text())


class Sluiced(Process):
    """The daemon with a configuration file of its own. {upstream} in `config` is filled in."""

    DEFAULT = """
[[budget]]
name = "eni"
shared = "{budget}"
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
budget = "eni"
[[zone]]
name = "in-addr.arpa"
upstream = "vpc"
weight = 10
[[zone]]
name = "."
upstream = "vpc"
"""

    def __init__(self, folder, upstream, config=None, name="sluiced", budget="", server="",
                 listen="127.0.0.1:0", admin="127.0.0.1:0", **options):
        self.socket = folder / f"{name}.sock"
        self.config = folder / f"{name}.toml"
        self._fixed = (f'[server]\nlisten = ["{listen}"]\ncontrol = "{self.socket}"\n'
                       f'state_dir = "{folder}"\n{server}\n'
                       f'[admin]\nlisten = "{admin}"\n')
        self._fill = {"upstream": upstream, "budget": budget}
        self.write_config(config or self.DEFAULT)
        super().__init__(folder, name, [BIN / "sluiced", "--config", self.config], **options)

    def write_config(self, config):
        text = config
        for key, value in self._fill.items():
            text = text.replace("{" + key + "}", str(value))
        self.config.write_text(self._fixed + text)

    def wait_until_ready(self):
        self.admin = self.wait_for_output(r"event=ready .*admin=(\S+)")[1]
        self.port = int(re.search(r"event=listening address=\S+:(\d+)", self.output)[1])
        return self

    def control(self, verb):
        """The control tool's JSON for `verb`."""
        done = subprocess.run([BIN / "sluicectl", "--socket", self.socket, "--json", verb],
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(done.stdout)

    def metrics(self):
        """{'name{labels}': value} of a scrape."""
        import urllib.request
        with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=PATIENCE) as reply:
            lines = reply.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def total(self, *names):
        """The sum of these metrics over their labels."""
        return sum(value for series, value in self.metrics().items()
                   if series.split("{")[0] in names)

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


class SystemTest(unittest.TestCase):
    """Gives each test a folder and stops what it has started, whatever happens."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
        self._processes = []
        self.addCleanup(self._clean_up)

    def need(self, *programs):
        """Skips the test, saying why, unless all of `programs` are installed."""
        missing = [program for program in programs if not shutil.which(program)]
        if missing:
            self.skipTest(f"not installed: {', '.join(missing)}")

    def start(self, process):
        self._processes.append(process)
        return process

    def start_vpcsim(self, *args, **options):
        return self.start(VpcSim(self.folder, *args, **options))

    def start_sluiced(self, upstream, *args, **options):
        """A daemon that is ready."""
        return self.start(Sluiced(self.folder, upstream, *args, **options)).wait_until_ready()

    def dig(self, port, *question, tool=("dig", "+tries=1", "+time=8")):
        done = subprocess.run([*tool, "@127.0.0.1", "-p", str(port), *question],
                              capture_output=True, text=True, timeout=60)
        return done.stdout

    def _clean_up(self):
        for process in reversed(self._processes):
            process.stop()
        # Python 3.11 reports at once; older ones hold errors back until after the clean-up.
        failed = any(error for _, error in getattr(self._outcome, "errors", ())) or \
            any(test is self for test, _ in [*self._outcome.result.failures,
                                             *self._outcome.result.errors])
        if failed:
            for process in self._processes:
                print(f"--- {process.name}\n{process.output[-4000:]}")
        shutil.rmtree(self.folder, ignore_errors=True)


def hang_up(process):
    process.signal(signal.SIGHUP)
