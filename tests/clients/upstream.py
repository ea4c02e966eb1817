"""An upstream that does what the name in the question tells it to, and remembers what it was asked.

Names are HOST.CASE.CLIENT.example; CASE says what happens to the names below CASE.CLIENT.example,
its *cell*. HOST is `host`, `host.last` for search lists, or stands in a chain of CNAME records; no
other name exists."""

import asyncio
import collections
import dataclasses
import socket
import struct
import threading
import time

import wire

V4, V6 = "192.0.2.80", "2001:db8::80"
# Too many for any UDP reply here; the one that exists comes last, so that whoever has it has all.
MANY = (*(f"198.51.100.{i}" for i in range(1, 255)), *(f"203.0.113.{i}" for i in range(1, 255)), V4)
CHAIN = ("one", "two", "three")
HOSTS = ("host", "host.last", *CHAIN)
A, CNAME, AAAA = wire.TYPES["A"], wire.TYPES["CNAME"], wire.TYPES["AAAA"]

SLOW_A, SLOW_AAAA, LATE = 0.6, 0.9, 3.0  # seconds; below and above the first time-out of a try
SILENCE = None


@dataclasses.dataclass(frozen=True)
class Query:
    """What the upstream was asked, and when."""
    at: float
    cell: str
    name: str  # in lower case
    type: int
    transport: str


@dataclasses.dataclass(frozen=True)
class Reply:
    rcode: int = wire.NOERROR
    addresses: tuple = ()
    chain: tuple = ()  # labels of the names that stand between the question and the addresses
    delay: float = 0.0


def script(query, nth):
    """The reply to a query that comes for the nth time (the first is 0), or SILENCE."""
    case = query.cell.split(".")[0]
    host = query.name.removesuffix(f".{query.cell}")
    if case == "silent":
        return SILENCE
    if case == "servfail" or case == "half" and query.type == AAAA:
        return Reply(wire.SERVFAIL)
    if case == "nxdomain" or host not in HOSTS:
        return Reply(wire.NXDOMAIN)
    if case == "lost" and host == "host" and nth == 0:
        return SILENCE
    if case == "tcp":
        return Reply(addresses=MANY if query.type == A else ())
    addresses = {A: (V4,), AAAA: (V6,)}.get(query.type, ())
    chain = CHAIN if case == "cname" and host == "host" else ()
    delay = {"late": LATE, "slow": SLOW_AAAA if query.type == AAAA else SLOW_A}.get(case, 0.0)
    return Reply(addresses=addresses, chain=chain, delay=delay)


LOOP_PROBE = ".sluice-loop-probe."


class Upstream:
    """Serves on one address, over UDP and TCP, in a thread of its own."""

    def __init__(self, address, port):
        self._queries = []
        self._seen = collections.Counter()
        self._loop = asyncio.new_event_loop()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, port))
        self._udp.setblocking(False)
        self._tcp = socket.create_server((address, port))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def asked(self, cell, since):
        """The queries for names in `cell` from time.monotonic() `since` on, in their order. Not what
        the daemon asks of itself, see probes()."""
        return [query for query in self._since(cell, since) if LOOP_PROBE not in query.name]

    def probes(self, cell, since):
        """Likewise, the daemon's own: whether a server that lets tries pass leads back to it."""
        return [query for query in self._since(cell, since) if LOOP_PROBE in query.name]

    def _since(self, cell, since):
        return [query for query in list(self._queries) if query.cell == cell and query.at >= since]

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._udp.close()
        self._tcp.close()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.add_reader(self._udp, self._on_datagram)
        self._loop.run_until_complete(asyncio.start_server(self._on_connection, sock=self._tcp))
        self._loop.run_forever()
        self._loop.close()

    def _on_datagram(self):
        message, peer = self._udp.recvfrom(65535)
        self._answer(message, "udp", lambda reply: self._udp.sendto(reply, peer))

    async def _on_connection(self, reader, writer):
        try:
            while True:
                size, = struct.unpack("!H", await reader.readexactly(2))
                message = await reader.readexactly(size)
                self._answer(message, "tcp", lambda reply: writer.write(wire.framed(reply)))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, message, transport, send):
        name, type = read_question(message)
        cell = ".".join(name.lower().split(".")[-3:])
        query = Query(time.monotonic(), cell, name.lower(), type, transport)
        key = query.name, type
        reply = script(query, self._seen[key])
        self._seen[key] += 1
        self._queries.append(query)
        if reply is not SILENCE:
            self._loop.call_later(reply.delay, send, write(message, reply, cell, transport))


def read_question(message):
    """The name, as it was written and without the final dot, and the type."""
    at, labels = 12, []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack_from("!H", message, at + 1)[0]


def write(message, reply, cell, transport):
    """The response to the query in `message`: truncated over UDP where it is large."""
    name, type = read_question(message)
    question = message[12:12 + len(wire.question(name))]
    owner, records = b"\xc0\x0c", []
    for label in reply.chain:
        target = wire.name(f"{label}.{cell}")
        records.append(wire.record(owner, CNAME, wire.IN, 60, target))
        owner = target
    family = socket.AF_INET6 if type == AAAA else socket.AF_INET
    for address in reply.addresses:
        records.append(wire.record(owner, type, wire.IN, 60, socket.inet_pton(family, address)))
    authority = [] if records or reply.rcode == wire.SERVFAIL else [soa(cell)]
    flags = wire.QR | wire.RD | wire.RA | reply.rcode
    if transport == "udp" and len(records) > 10:
        flags, records = flags | wire.TC, []
    opt = [wire.opt()] if struct.unpack_from("!H", message, 10)[0] else []
    counts = 1, len(records), len(authority), len(opt)
    return wire.header(wire.id_of(message), flags, counts) + question + b"".join(
        [*records, *authority, *opt])


def soa(zone):
    names = wire.name(f"ns.{zone}") + wire.name(f"hostmaster.{zone}")
    return wire.record(wire.name(zone), "SOA", wire.IN, 60,
                       names + struct.pack("!5I", 1, 7200, 3600, 1209600, 60))
