"""The clients: how each is made and asked, and what its output means. Those with a program of ours
in programs/ print `address ADDRESS`, `name NAME` and `error WORD`, one a line."""

import dataclasses
import ipaddress
import os
import pathlib
import re
import shutil
import subprocess

PROGRAMS = pathlib.Path(__file__).parent / "programs"
PYTHON = "/usr/bin/python3"  # the one that has the distribution's modules
SOON = "options timeout:1 attempts:5"
TYPES = {"4": "A", "6": "AAAA"}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a client found out."""
    addresses: frozenset = frozenset()
    names: frozenset = frozenset()  # the owner names that it showed beside addresses
    error: str = ""


def read_lines(output):
    """What our own programs print."""
    found = re.findall(r"^(address|name|error) (.+)$", output, re.MULTILINE)
    return Outcome(frozenset(str(ipaddress.ip_address(value)) for key, value in found
                             if key == "address"),
                   frozenset(value.rstrip(".") for key, value in found if key == "name"),
                   " ".join(value for key, value in found if key == "error"))


def read_records(output):
    """The records that dig, kdig and drill print, and the status of the last response."""
    found = re.findall(r"^(\S+)\s+\d+\s+IN\s+(?:A|AAAA)\s+(\S+)$", output, re.MULTILINE)
    states = re.findall(r"(?:status: |rcode: )(\w+)", output)
    error = states[-1] if states else "no reply"
    return Outcome(frozenset(address for _, address in found),
                   frozenset(name.rstrip(".") for name, _ in found),
                   "" if error == "NOERROR" else error)


def read_host(output):
    found = re.findall(r"^(\S+) has (?:IPv6 )?address (\S+)$", output, re.MULTILINE)
    errors = re.findall(r"not found: \d+\((\w+)\)|(timed out)", output)
    return Outcome(frozenset(address for _, address in found),
                   frozenset(name for name, _ in found),
                   "" if found or not errors else "".join(errors[-1]))


def read_busybox(output):
    found = re.findall(r"^Name:\s+(\S+)\nAddress: (\S+)$", output, re.MULTILINE)
    errors = re.findall(r"can't find \S+: (\w+)|(timed out)|(No answer)", output)
    return Outcome(frozenset(address for _, address in found),
                   frozenset(name for name, _ in found),
                   "" if found or not errors else "".join(errors[-1]))


def read_curl(output):
    """`curl` says where it has connected to, and its exit status: 6 is "could not resolve"."""
    address, status = output.split()[-2:] if len(output.split()) > 1 else ("", output.strip())
    return Outcome(frozenset([address]) if address else frozenset(), frozenset(),
                   "" if status == "0" else f"exit {status}")


@dataclasses.dataclass(frozen=True)
class Client:
    """`command` takes a family ("4", "6" or "both") and a name, and fills in {folder}."""
    needs: tuple     # programs that must be installed
    package: str     # where they come from
    command: object
    read: object = read_lines
    families: tuple = ("4", "6", "both")
    shows_names: bool = False
    make: tuple = ()     # commands that make its program
    search: str = ""     # the search list, for every case; {cell} is filled in
    options: str = ""    # more of resolv.conf, for every case
    patient_options: str = SOON  # the same where it shall ask again soon
    patient: tuple = ()  # arguments, likewise
    module: str = ""     # a Python module that must be installed
    asks_again: bool = True  # when it is patient
    is_large: bool = False   # installed by `./dev test --all` only

    def ask(self, folder, family, name, patient=False):
        """The command, as a list."""
        return [str(part).replace("{folder}", str(folder))
                for part in self.command(family, name, self.patient if patient else ())]

    def resolv_conf(self, cell, patient=False, search=False):
        lists = self.search or ("one.{cell} last.{cell}" if search else "")
        lines = ["nameserver 127.0.0.53", lists and f"search {lists}", self.options,
                 self.patient_options if patient else ""]
        return "".join(line.replace("{cell}", cell) + "\n" for line in lines if line)

    def missing(self):
        """What of it is not installed."""
        programs = [program for program in self.needs if not shutil.which(program)]
        if programs or not self.module:
            return programs
        done = subprocess.run([PYTHON, "-c", f"import {self.module}"], capture_output=True)
        return [f"Python's {self.module}"] if done.returncode else []

    def prepare(self, folder):
        for command in self.make:
            words = [word.replace("{folder}", str(folder)) for word in command]
            done = subprocess.run(words, cwd=PROGRAMS, timeout=300, capture_output=True, text=True,
                                  env={**os.environ, **go_environment(folder)})
            assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}{done.stderr}"


def go_environment(folder):
    """The pure resolver, and nothing from the network or outside the test's folder."""
    return {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local",
            "GOPATH": f"{folder}/go", "GOCACHE": f"{folder}/go/cache"}


def compiled(compiler, program, *options):
    return ((compiler, "-O1", "-Wall", "-Werror", *options, "-o", "{folder}/" + program,
             "lookup.c"),)


def own(*command):
    """One of our programs, which takes the family and the name."""
    return lambda family, name, patient: (*command, family, name, *patient)


def java(family, name, patient):
    stack = ("-Djava.net.preferIPv4Stack=true",) if family == "4" else ()
    return ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *stack, "-cp", "{folder}",
            "Lookup", name)


def curl(family, name, patient):
    families = {"4": ("-4",), "6": ("-6",), "both": ()}[family]
    return ("curl", "-sS", "--noproxy", "*", "-o", "/dev/null", "-w",
            r"%{remote_ip} %{exitcode}\n", *families, f"http://{name}/")


def nslookup(family, name, patient):
    types = () if family == "both" else (f"-type={TYPES[family].lower()}",)
    return ("busybox", "nslookup", *types, *patient, name)


def host(family, name, patient):
    types = () if family == "both" else ("-t", TYPES[family])
    return ("host", *patient, *types, name)


def query_tool(*command):
    return lambda family, name, patient: (*command, *patient, name, TYPES[family])


ONE_TYPE = ("4", "6")
BUILD = "g++ (its C compiler)"
KUBERNETES = "ns.svc.{cell} svc.{cell} cluster.{cell} last.{cell}"

CLIENTS = {
    "glibc": Client(("cc",), BUILD, own("{folder}/glibc"), make=compiled("cc", "glibc"),
                    shows_names=True),
    "glibc in Kubernetes": Client(("cc",), BUILD, own("{folder}/glibc-k8s"),
                                  make=compiled("cc", "glibc-k8s"), shows_names=True,
                                  search=KUBERNETES, options="options ndots:5"),
    "musl": Client(("musl-gcc",), "musl-tools", own("{folder}/musl"),
                   make=compiled("musl-gcc", "musl", "-static"), shows_names=True,
                   patient_options="options timeout:5 attempts:4"),
    "Go": Client(("go",), "golang-go", own("{folder}/lookup-go"),
                 make=(("go", "build", "-o", "{folder}/lookup-go", "lookup.go"),), is_large=True),
    "Java": Client(("java", "javac"), "default-jdk-headless", java, families=("4", "both"),
                   make=(("javac", "-d", "{folder}", "Lookup.java"),), is_large=True),
    "Node lookup": Client(("node",), "nodejs", own("node", PROGRAMS / "lookup.mjs", "lookup")),
    "Node resolve": Client(("node",), "nodejs", own("node", PROGRAMS / "lookup.mjs", "resolve"),
                           patient=("1000", "5")),
    "Python": Client((PYTHON,), "python3", own(PYTHON, "-B", PROGRAMS / "lookup_socket.py"),
                     shows_names=True),
    "dnspython": Client((PYTHON,), "python3-dnspython",
                        own(PYTHON, "-B", PROGRAMS / "lookup_dnspython.py"), module="dns.resolver",
                        families=ONE_TYPE, shows_names=True),
    "curl": Client(("curl",), "curl", curl, read_curl),
    "dig": Client(("dig",), "bind9-dnsutils", query_tool("dig", "+search"), read_records,
                  families=ONE_TYPE, shows_names=True, patient=("+time=1", "+tries=5")),
    # It shows every name in lower case.
    "kdig": Client(("kdig",), "knot-dnsutils", query_tool("kdig"), read_records,
                   families=ONE_TYPE, patient=("+time=1", "+retry=4")),
    # -a: with TCP after a truncated response. It waits for 5 s, whatever resolv.conf says.
    "drill": Client(("drill",), "ldnsutils", query_tool("drill", "-a"), read_records,
                    families=ONE_TYPE, shows_names=True, asks_again=False),
    "host": Client(("host",), "bind9-host", host, read_host, shows_names=True,
                   patient=("-W", "1", "-R", "5")),
    "busybox nslookup": Client(("busybox",), "busybox", nslookup, read_busybox, shows_names=True,
                               patient=("-timeout=5", "-retry=4")),
}
