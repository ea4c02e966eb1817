"""One client in one case: what it is asked, what it finds, and how long that takes."""

import dataclasses
import subprocess
import time

import upstream
from clients import CLIENTS, Outcome
from lab import PATIENCE
from table import CASES

# A resolv.conf of its own in place of the namespace's, and a host name without a domain, which
# would be a search list.
OWN_RESOLV_CONF = ("unshare", "--mount", "--uts", "sh", "-c",
                   'umount /etc/resolv.conf && mount --bind "$0" /etc/resolv.conf && '
                   'hostname lab && exec "$@"')


@dataclasses.dataclass(frozen=True)
class Found:
    word: str       # as in table.EXPECTED
    outcome: Outcome
    began: float    # time.monotonic()
    seconds: float
    output: str


def group_of(client):
    return client.lower().replace(" ", "-")


def cell_of(client, case):
    """The zone in which the two meet."""
    return f"{case}.{group_of(client)}.example"


def name_asked(client, case):
    cell = cell_of(client, case)
    return {"case": f"HoSt.{cell.title()}", "search": "host"}.get(case, f"host.{cell}")


def name_found(client, case):
    """The owner of the addresses."""
    cell = cell_of(client, case)
    owners = {"cname": f"three.{cell}", "search": f"host.last.{cell}"}
    return owners.get(case, name_asked(client, case))


def family_asked(client, case):
    """What the case wants, or the nearest that the client can be asked for."""
    wanted, able = CASES[case].family, CLIENTS[client].families
    return wanted if wanted in able else "4"


def measure(client, case, folder):
    how, patient = CLIENTS[client], CASES[case].patient
    cell = cell_of(client, case)
    resolv_conf = folder / f"{cell}.resolv.conf"
    resolv_conf.write_text(how.resolv_conf(cell, patient, case == "search"))
    command = how.ask(folder, family_asked(client, case), name_asked(client, case), patient)
    began = time.monotonic()
    try:
        done = subprocess.run([*OWN_RESOLV_CONF, resolv_conf, *command], capture_output=True,
                              text=True, timeout=3 * PATIENCE)
    except subprocess.TimeoutExpired:
        return Found("no end", Outcome(), began, 3 * PATIENCE, "")
    outcome = how.read(done.stdout)
    return Found(word_for(outcome), outcome, began, time.monotonic() - began,
                 done.stdout + done.stderr)


def word_for(outcome):
    words = {frozenset(): outcome.error or "nothing",
             frozenset([upstream.V4]): "v4", frozenset([upstream.V6]): "v6",
             frozenset([upstream.V4, upstream.V6]): "v4+v6", frozenset(upstream.MANY): "all"}
    return words.get(outcome.addresses, "some")
