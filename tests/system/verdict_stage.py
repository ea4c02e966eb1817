"""A daemon that is led into trouble and back to health in a thread of its own, and what it said of
itself meanwhile."""

import collections
import dataclasses
import datetime
import itertools
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import wire
from lab import BIN, Sluiced, VpcSim, wait_for

HEALTHY = "healthy"
VERDICTS = ("ports_exhausted", "interface_limited", "upstream_silent", "budget_limited",
            "upstream_failing", "upstream_slow", "client_storm", HEALTHY)
WINDOW, ENTER, LEAVE = 10, 3, 10  # seconds: Health::kWindowSeconds, SteadyVerdict
PATIENCE = 60.0  # seconds for a verdict; one takes 23 s to become healthy

# A budget that is in nobody's way, and upstreams at an address that nobody else asks.
CONFIG = """
[[budget]]
name = "eni"
limit = LIMIT
burst = BURST
reserve = 0
shared = ""
count_others = false
allowance_counter = "COUNTER"
[[upstream]]
name = "vpc"
servers = ["ADDRESS:{upstream}"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
"""

# A change of the verdict in all; `at` in seconds since 1970.
Change = collections.namedtuple("Change", "at verdict")


@dataclasses.dataclass
class Look:
    """What a daemon says of itself at one time."""
    diagnosis: dict
    status: int     # sluicectl's exit status
    metrics: dict
    lines: list     # of the log, event=verdict: {key: value}, "at" in seconds since 1970

    @property
    def changes(self):
        """Of the verdict in all, as logged. A line may be for an upstream alone."""
        changes = [Change(None, HEALTHY)]
        for line in self.lines:
            if line["verdict"] != changes[-1].verdict:
                changes.append(Change(line["at"], line["verdict"]))
        return changes[1:]


_numbers = itertools.count(1)


def fresh(suffix, edns=None):
    """A query for a name that nobody has asked for."""
    return wire.query(f"n{next(_numbers)}.{suffix}", edns=edns)


class Traffic(threading.Thread):
    """A client with one port that sends what it is told to and waits for no reply. A late tick is
    not made up for: a busy machine must not turn it into a burst."""

    TICK = 0.05

    def __init__(self, port):
        super().__init__(daemon=True)
        self.trouble = None  # called at each tick for the queries that make it
        self._client = wire.UdpClient(port)
        self._over = threading.Event()

    def run(self):
        for tick in itertools.count():
            if self._over.wait(self.TICK):
                return
            # Health is no silence: 5 questions/s that any upstream answers at once.
            queries = [fresh("well.example")] if tick % 4 == 0 else []
            for query in queries + (self.trouble(tick) if self.trouble else []):
                self._client.send(query)

    def stop(self):
        self._over.set()
        if self.is_alive():
            self.join()
        self._client.socket.close()


class Stage:
    """The life of one daemon: healthy, in trouble until it says so, healthy again. Whoever wants to
    know how it was calls finish() first. To be inherited from, for each trouble."""

    verdict = None
    subject = ""   # what its finding is about
    says = evidence = recorded = ""  # patterns for the finding, and for a line of the dump
    suffix = ""    # of the names whose look-ups lead to it
    lasts = 0      # seconds of trouble at least
    leaves_after = LEAVE + WINDOW / 2  # seconds after it at least; what is left of it in the window
    zones = ()
    config = CONFIG
    limit, burst = 1000000, 100000

    def __init__(self, number):
        self._life = threading.Thread(target=self._live, daemon=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sluice-{self.verdict}-"))
        self.address = f"127.0.{100 + number}.1"
        self.counter = self.folder / "counter"
        self.counter.write_text("1000\n")
        self.processes = []
        self.traffic = None
        self.error = None
        self.kept = {}  # the recorder's dump: {".txt": octets, ".pcap": octets}
        self.before = self.during = self.after = None  # Looks
        self.began = self.ended = None  # the trouble, in seconds since 1970

    # What a trouble is made of.

    def queries(self, tick):
        """Sent at each tick while the trouble lasts."""
        return []

    def begin(self):
        self.traffic.trouble = self.queries

    def end(self):
        self.traffic.trouble = None

    # Its course.

    def start(self):
        self._life.start()

    def _live(self):
        try:
            self.prepare()
            self.perform()
        except BaseException as error:  # pylint: disable=broad-except  # finish() raises it
            self.error = error
        finally:
            self._clear()

    def prepare(self):
        self.vpc = self.start_vpcsim("vpcsim")
        self.daemon = self.start_daemon()
        self.started = time.time()
        self.traffic = Traffic(self.daemon.port)
        self.traffic.start()

    def perform(self):
        self.await_that(lambda: self.daemon.total("sluice_upstream_answers_total") > 0, "an answer")
        self.before = self.look()
        self.began = time.time()
        self.begin()
        self.await_verdict(self.verdict)
        self.await_time(self.began + self.lasts)
        self.during = self.look()
        self.await_that(self.dumps, "a dump of the recorder")
        self.end()
        self.ended = time.time()
        self.await_verdict(HEALTHY)
        self.after = self.look()

    def start_vpcsim(self, name):
        vpc = VpcSim(self.folder, self.zones, 0, name, self.address)
        self.processes.append(vpc)
        return vpc

    def start_daemon(self, **fill):
        config = self.config
        for word, value in {"LIMIT": self.limit, "BURST": self.burst, "COUNTER": self.counter,
                            "ADDRESS": self.address, **fill}.items():
            config = config.replace(word, str(value))
        daemon = Sluiced(self.folder, self.vpc.port, config)
        self.processes.append(daemon)
        return daemon.wait_until_ready()

    def join(self):
        self._life.join()

    def finish(self):
        """Waits for the end; raises what went wrong."""
        self.join()
        if self.error:
            raise self.error
        return self

    # What it says of itself.

    def look(self):
        command = [BIN / "sluicectl", "--socket", self.daemon.socket, "--json", "diagnose"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        return Look(json.loads(done.stdout), done.returncode, self.daemon.metrics(),
                    self.log_lines())

    def log_lines(self):
        lines = re.findall(r"^(\S+) level=\w+ event=verdict (.*)$", self.daemon.output, re.M)
        return [{"at": datetime.datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp(),
                 **dict(re.findall(r"(\w+)=(\S+)", fields))} for stamp, fields in lines]

    def await_verdict(self, verdict):
        def is_logged():
            lines = self.log_lines()
            return lines and lines[-1]["verdict"] == verdict
        self.await_that(is_logged, f"{verdict}, led to by {self.verdict}")
        # Gauges are set once a second.
        self.await_that(
            lambda: self.daemon.metrics()[f'sluice_verdict{{verdict="{verdict}"}}'] == 1,
            f"a gauge of {verdict}")

    def await_that(self, condition, what):
        """As wait_for, but with few looks: so many daemons must not be kept busy by them, and in a
        small network each scrape uses up a port."""
        def slowly():
            time.sleep(0.2)
            return condition()
        wait_for(slowly, what, PATIENCE)

    def await_time(self, end):
        """For what must last. No condition tells when it has lasted long enough."""
        time.sleep(max(0, end - time.time()))

    def dumps(self):
        """Those of the recorder that are complete, by the daemon's own word."""
        return re.findall(r"event=recorder_dumped .*", self.daemon.output)

    def _clear(self):
        if self.traffic:
            self.traffic.stop()
        self.kept = {path.suffix: path.read_bytes() for path in self.folder.glob("recorder-*")}
        for process in reversed(self.processes):
            process.signal(signal.SIGCONT)  # a stopped one would not end
            process.stop()
        if self.error:
            for process in self.processes:
                print(f"--- {self.verdict}: {process.name}\n{process.output[-4000:]}")
        shutil.rmtree(self.folder, ignore_errors=True)
