"""What it costs to be seen: CPU time per cached answer of sluiced with everything on that shows what
it does, beside the same binary with all of it off, in turns. README.md says how to read it."""

import functools
import os
import statistics
import threading
import urllib.request

from compare import (SLUICED_CONFIG, Contender, can_answer, check_hits, dnsperf, load_options,
                     measure, pin, print_medians, run, write_questions)
from lab import Process, Sluiced, VpcSim, wait_for  # compare has put it on the path

# Nobody looks, and nothing is kept for who might.
OFF = """
[recorder]
max_bytes = 0
"""

# What a well-watched host has: sampled queries in a log and at a collector, a page that is open, and
# a scraper. {log} and {socket} are filled in.
ON = """
[query_log]
sample = 1000
file = "{log}"
[dnstap]
socket = "{socket}"
messages = ["client_query", "client_response", "forwarder_query", "forwarder_response"]
sample = 1000
"""


class Watchers:
    """A scraper and an open page, for as long as they are not stopped."""

    SCRAPE_INTERVAL = 5.0  # seconds

    def __init__(self, admin):
        self.admin, self.stopped, self.scrapes, self.events = admin, threading.Event(), 0, 0
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._scrape, self._watch)]
        for thread in self.threads:
            thread.start()

    def _scrape(self):
        while not self.stopped.wait(self.SCRAPE_INTERVAL):
            with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=5) as page:
                self.scrapes += bool(page.read())

    def _watch(self):
        with urllib.request.urlopen(f"http://{self.admin}/api/v1/live", timeout=30) as stream:
            for line in stream:
                self.events += line.startswith(b"data:")
                if self.stopped.is_set():
                    return

    def stop(self):
        self.stopped.set()


def start_pair(folder, upstream, processes):
    socket = folder / "tap.sock"
    collector = Process(folder, "fstrm_capture", [
        "fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", socket, "-w", folder / "tap"])
    processes.append(collector)
    wait_for(socket.exists, "the collector's socket")
    extra = {"off": OFF, "on": ON.format(log=folder / "queries.log", socket=socket)}
    contenders = []
    for name, lines in extra.items():
        daemon = Sluiced(folder, upstream, SLUICED_CONFIG + lines, name=f"sluiced-{name}")
        processes.append(daemon)
        daemon.wait_until_ready()
        contenders.append(Contender(name, daemon, daemon.port))
    for contender in contenders:
        wait_for(functools.partial(can_answer, contender.port), f"an answer from {contender.name}")
    return contenders


def report(contenders, watchers):
    cost = print_medians(contenders)
    pairs = [on / off for off, on in zip(contenders[0].cpu_us, contenders[1].cpu_us)]
    print(f"\non / off           {cost['on'] / cost['off']:.3f}")
    print(f"median of pairs    {statistics.median(pairs):.3f}, from {min(pairs):.3f} to "
          f"{max(pairs):.3f}")
    print(f"seen meanwhile     {watchers.scrapes} scrapes, {watchers.events} events of the page")


def compare(folder, options, processes):
    cpus = sorted(os.sched_getaffinity(0))
    questions = folder / "questions.txt"
    write_questions(questions, options.names)
    vpc = VpcSim(folder, [".=answer,ttl=3600"], limit=0)
    processes.append(vpc)
    contenders = start_pair(folder, vpc.port, processes)
    for process in processes:
        pin(process.child.pid, cpus[0] if isinstance(process, Sluiced) else cpus[-1])
    for contender in contenders:
        dnsperf(contender.port, cpus[-1], "-d", questions, "-n", 1, "-q", 50)
    watchers = Watchers(contenders[1].process.admin)
    for turn in range(options.rounds):
        # Who goes first goes second the next time.
        for contender in (contenders if turn % 2 == 0 else reversed(contenders)):
            measure(contender, questions, cpus[-1], options)
            print(f"round {turn + 1} {contender.name:<4}{contender.cpu_us[-1]:8.3f} us/query"
                  f"{contender.qps[-1]:10.0f} qps", flush=True)
    watchers.stop()
    report(contenders, watchers)
    check_hits(vpc.summary()["packets"], contenders, options.names)


if __name__ == "__main__":
    run(compare, load_options(__doc__, rounds=7, seconds=8))
