"""What one answer from the cache costs: CPU time per query of a bare UDP echo, of sluiced and of
unbound, under the same load, in turns. README.md says how it is measured and how to read it."""

import argparse
import functools
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from lab import BIN, Process, Sluiced, VpcSim, free_port, wait_for  # noqa: E402

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

SLUICED_CONFIG = """
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
[[zone]]
name = "."
upstream = "vpc"
"""

UNBOUND_CONFIG = """
server:
  interface: 127.0.0.1@{port}
  do-not-query-localhost: no
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  msg-cache-size: 32m  # as sluiced's; the stock 4m do not hold the names
  rrset-cache-size: 32m
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{upstream}
"""


class Contender:
    """A running server, the port it answers on, and what its runs have measured."""

    def __init__(self, name, process, port, has_cache=True):
        self.name, self.process, self.port, self.has_cache = name, process, port, has_cache
        self.cpu_us, self.user_us, self.qps, self.lost = [], [], [], 0

    def cpu_seconds(self):
        """CPU time so far: (all of it, that outside the kernel)."""
        stat = pathlib.Path(f"/proc/{self.process.child.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()  # proc(5): the first is field 3, the state
        user, kernel = (int(ticks) / TICKS_PER_SECOND for ticks in fields[11:13])
        return user + kernel, user


def pin(pid, cpu):
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), {cpu})


def dnsperf(port, cpu, *options):
    """Runs dnsperf against `port`, pinned to `cpu`; {completed, lost, qps}."""
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    if not re.search(r"Response codes:\s+NOERROR \d+ \(100\.00%\)", done.stdout):
        raise SystemExit(f"bench: other than good answers on port {port}:\n"
                         f"{done.stdout}{done.stderr}")

    def number(label):
        return float(re.search(rf"{label}:\s+([\d.]+)", done.stdout)[1])
    return {"completed": number("Queries completed"), "lost": number("Queries lost"),
            "qps": number("Queries per second")}


def can_answer(port):
    done = subprocess.run(["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-n", "1", "-t", "0.2"],
                          input="ready.example A\n", capture_output=True, text=True)
    return "NOERROR" in done.stdout


def start_contenders(folder, upstream, processes):
    """The three servers; each is in `processes` as soon as it runs."""
    def start(process):
        processes.append(process)
        return process

    echo_port = free_port()
    echo = start(Process(folder, "udp_echo", [BIN / "udp_echo", echo_port]))
    sluiced = start(Sluiced(folder, upstream, SLUICED_CONFIG)).wait_until_ready()
    unbound_port = free_port()
    config = folder / "unbound.conf"
    config.write_text(UNBOUND_CONFIG.format(port=unbound_port, folder=folder, upstream=upstream))
    unbound = start(Process(folder, "unbound", ["unbound", "-c", config]))
    contenders = [Contender("echo", echo, echo_port, has_cache=False),
                  Contender("sluiced", sluiced, sluiced.port),
                  Contender("unbound", unbound, unbound_port)]
    for contender in contenders:
        wait_for(functools.partial(can_answer, contender.port), f"an answer from {contender.name}")
    return contenders


def write_questions(path, names):
    """One A question for each name, in an order that no cache can profit from."""
    order = list(range(names))
    random.Random(1).shuffle(order)
    path.write_text("".join(f"host-{i}.service.example A\n" for i in order))


def measure(contender, questions, client_cpu, options):
    before = contender.cpu_seconds()
    run = dnsperf(contender.port, client_cpu, "-d", questions, "-l", options.seconds,
                  "-q", options.outstanding, *(["-Q", options.rate] if options.rate else []))
    spent = (after - start for after, start in zip(contender.cpu_seconds(), before))
    cpu_us, user_us = (seconds / run["completed"] * 1e6 for seconds in spent)
    contender.cpu_us.append(cpu_us)
    contender.user_us.append(user_us)
    contender.qps.append(run["qps"])
    contender.lost += int(run["lost"])


def print_medians(contenders):
    """Prints what each has cost, and returns CPU time per query by name."""
    cost = {c.name: statistics.median(c.cpu_us) for c in contenders}
    print("\nmedians   CPU us/query   outside the kernel       qps   lost")
    for c in contenders:
        print(f"{c.name:<8}{cost[c.name]:>14.2f}{statistics.median(c.user_us):>21.2f}"
              f"{statistics.median(c.qps):>10.0f}{c.lost:>7}")
    return cost


def report(contenders):
    cost = print_medians(contenders)
    print(f"\nsluiced / echo     {cost['sluiced'] / cost['echo']:.2f}")
    print(f"sluiced / unbound  {cost['sluiced'] / cost['unbound']:.2f}")


def check_hits(asked_upstream, contenders, names):
    """A run that went upstream measured something else. A few names lost in warming do no harm."""
    expected = names * sum(contender.has_cache for contender in contenders)
    if asked_upstream > 1.05 * expected:
        raise SystemExit(f"bench: {asked_upstream} questions went upstream, where {expected} fill "
                         "the caches: these are no figures of hits")


def load_options(description, rounds, seconds):
    """What both benchmarks of this kind take, with these defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--names", type=int, default=20_000, help="cached names (%(default)s)")
    parser.add_argument("--rounds", type=int, default=rounds, help="runs of each (%(default)s)")
    parser.add_argument("--seconds", type=float, default=seconds, help="of one run (%(default)s)")
    parser.add_argument("--rate", type=int, default=0,
                        help="queries per second, 0 for as many as they come (%(default)s)")
    parser.add_argument("--outstanding", type=int, default=100,
                        help="queries without an answer yet, at most (%(default)s)")
    return parser.parse_args()


def compare(folder, options, processes):
    cpus = sorted(os.sched_getaffinity(0))
    server_cpu, client_cpu = cpus[0], cpus[-1]
    if server_cpu == client_cpu:
        print("bench: one CPU only, so that server and client take turns on it")
    questions = folder / "questions.txt"
    write_questions(questions, options.names)

    vpc = VpcSim(folder, [".=answer,ttl=3600"], limit=0)
    processes.append(vpc)
    contenders = start_contenders(folder, vpc.port, processes)
    for process in processes:
        pin(process.child.pid, client_cpu if process is vpc else server_cpu)
    for contender in contenders:
        if contender.has_cache:
            dnsperf(contender.port, client_cpu, "-d", questions, "-n", 1, "-q", 50)
    for turn in range(options.rounds):
        for contender in contenders:
            measure(contender, questions, client_cpu, options)
            print(f"round {turn + 1} {contender.name:<8}{contender.cpu_us[-1]:8.2f} us/query"
                  f"{contender.qps[-1]:10.0f} qps", flush=True)
    report(contenders)
    check_hits(vpc.summary()["packets"], contenders, options.names)


def run(bench, options):
    """Calls `bench` with a folder, `options` and a list of processes, which are stopped after it."""
    processes = []
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        try:
            bench(pathlib.Path(folder), options, processes)
        finally:
            for process in reversed(processes):
                process.stop()


if __name__ == "__main__":
    run(compare, load_options(__doc__, rounds=3, seconds=10))
