"""What one answer from the cache costs: CPU time per query of a bare UDP echo, of sluiced and of
unbound, under the same load, in turns. README.md says how it is measured and how to read it."""

import argparse
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
  msg-cache-size: 32m
  rrset-cache-size: 32m
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{upstream}
"""


class Contender:
    """A running server, the port it answers on, and what its runs have measured."""

    def __init__(self, name, process, port, has_cache=True):
        self.name, self.process, self.port, self.has_cache = name, process, port, has_cache
        self.cpu_us, self.qps, self.lost = [], [], 0

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.child.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()  # proc(5): the first is field 3, the state
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND  # utime, stime


def pin(pid, cpu):
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), {cpu})


def dnsperf(port, cpu, *options):
    """Runs dnsperf against `port`, pinned to `cpu`; {completed, lost, qps}."""
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    if "NOERROR" not in done.stdout:
        raise SystemExit(f"bench: no answers on port {port}:\n{done.stdout}{done.stderr}")

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
        wait_for(lambda: can_answer(contender.port), f"an answer from {contender.name}")
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
    spent = contender.cpu_seconds() - before
    contender.cpu_us.append(spent / run["completed"] * 1e6)
    contender.qps.append(run["qps"])
    contender.lost += int(run["lost"])


def report(contenders):
    cost = {c.name: statistics.median(c.cpu_us) for c in contenders}
    print(f"\n{'server':<10}{'CPU us/query':>14}{'of all runs':>24}{'qps':>12}{'lost':>8}")
    for c in contenders:
        runs = " ".join(f"{us:.2f}" for us in c.cpu_us)
        print(f"{c.name:<10}{cost[c.name]:>14.2f}{runs:>24}{statistics.median(c.qps):>12.0f}"
              f"{c.lost:>8}")
    print(f"\nsluiced / echo    {cost['sluiced'] / cost['echo']:.2f}")
    print(f"sluiced / unbound {cost['sluiced'] / cost['unbound']:.2f}")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=20_000, help="cached names (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each server (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10, help="of one run (%(default)s)")
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
            print(f"round {turn + 1} {contender.name:<8}"
                  f"{contender.cpu_us[-1]:8.2f} us/query {contender.qps[-1]:10.0f} qps", flush=True)
    report(contenders)
    caches = sum(contender.has_cache for contender in contenders)
    asked = vpc.summary()
    print(asked)


def main():
    options = parse_options()
    processes = []
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        try:
            compare(pathlib.Path(folder), options, processes)
        finally:
            for process in reversed(processes):
                process.stop()


if __name__ == "__main__":
    main()
