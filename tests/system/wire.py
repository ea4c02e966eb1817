"""DNS messages octet by octet, and clients that send whatever octets they are told to. Knows no
more of the format than tests need, and nothing of the product."""

import dataclasses
import itertools
import socket
import struct

from lab import PATIENCE

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "OPT": 41,
         "TSIG": 250, "IXFR": 251, "AXFR": 252, "ANY": 255}
IN, CH, ANY_CLASS = 1, 3, 255
QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16
EDE = 15

_ids = itertools.count(1)


def name(text):
    labels = [label.encode() for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def header(id, flags=RD, counts=(1, 0, 0, 0)):
    return struct.pack("!HH4H", id, flags, *counts)


def question(text, type="A", klass=IN):
    return name(text) + struct.pack("!HH", TYPES.get(type, type), klass)


def record(owner, type, klass, ttl, rdata):
    return owner + struct.pack("!HHIH", TYPES.get(type, type), klass, ttl, len(rdata)) + rdata


def opt(size=1232, version=0, flags=0, options=b"", owner=b"\0"):
    return record(owner, "OPT", size, version << 16 | flags, options)


def query(text, type="A", klass=IN, flags=RD, edns=None, id=None):
    """A well-formed query with an ID of its own. `edns`: an OPT record, or none."""
    id = next(_ids) & 0xffff if id is None else id
    counts = (1, 0, 0, 0 if edns is None else 1)
    return header(id, flags, counts) + question(text, type, klass) + (edns or b"")


def id_of(message):
    return struct.unpack_from("!H", message)[0]


@dataclasses.dataclass
class Reply:
    """A response, read. A malformed one fails the test that reads it."""
    size: int
    id: int
    flags: int
    rcode: int        # with the upper bits of the OPT record
    question: bytes   # the question section
    answers: list     # (type, ttl, rdata), names in the RDATA as they are
    edns: tuple       # (version, size, flags) or None
    ede: tuple        # (code, text) or None
    options: bytes    # of the OPT record

    @property
    def opcode(self):
        return self.flags >> 11 & 15

    @property
    def addresses(self):
        return sorted(socket.inet_ntoa(rdata) for type, _, rdata in self.answers if type == 1)


def _skip_name(message, at):
    while message[at] != 0:
        if message[at] >= 0xc0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def _ede_of(options):
    while options:
        code, size = struct.unpack_from("!HH", options)
        if code == EDE:
            return struct.unpack_from("!H", options, 4)[0], options[6:4 + size].decode()
        options = options[4 + size:]
    return None


def read(message):
    id, flags, questions, *counts = struct.unpack_from("!6H", message)
    at = 12
    for _ in range(questions):
        at = _skip_name(message, at) + 4
    reply = Reply(len(message), id, flags, flags & 15, message[12:at], [], None, None, b"")
    for index in range(sum(counts)):
        at = _skip_name(message, at)
        type, klass, ttl, size = struct.unpack_from("!HHIH", message, at)
        rdata = message[at + 10:at + 10 + size]
        at += 10 + size
        if type == TYPES["OPT"]:
            reply.rcode |= ttl >> 24 << 4
            reply.edns = (ttl >> 16 & 0xff, klass, ttl & 0xffff)
            reply.ede = _ede_of(rdata)
            reply.options = rdata
        elif index < counts[0]:
            reply.answers.append((type, ttl, rdata))
    assert at == len(message), f"{len(message) - at} octets behind the last record"
    assert flags & QR, "a reply without QR"
    return reply


class UdpClient:
    """A client with one port."""

    def __init__(self, port, address="127.0.0.1", source=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((address, port))
        self.socket.settimeout(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, message):
        self.socket.send(message)

    def receive(self):
        return self.socket.recv(65535)

    def ask(self, text, type="A", **options):
        """The reply to a well-formed query; what came before it is thrown away."""
        message = query(text, type, **options)
        self.send(message)
        return read(self.receive_reply_to(message)[-1])

    def receive_reply_to(self, message):
        """Everything that arrives, up to the reply to `message`, which is the last."""
        replies = [self.receive()]
        while id_of(replies[-1]) != id_of(message):
            replies.append(self.receive())
        return replies


class TcpClient:
    """A connection that carries DNS messages."""

    def __init__(self, port, address="127.0.0.1", source=None):
        self.socket = socket.create_connection((address, port), PATIENCE,
                                               source_address=source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *messages):
        """All messages in one write."""
        self.socket.sendall(b"".join(framed(message) for message in messages))

    def receive(self):
        """The next message; None at the end of the stream."""
        size = self._read(2)
        return self._read(struct.unpack("!H", size)[0]) if size else None

    def ask(self, text, type="A", **options):
        self.send(query(text, type, **options))
        return read(self.receive())

    def end_input(self):
        self.socket.shutdown(socket.SHUT_WR)

    def is_closed_by_peer(self):
        """Waits for the end of the connection and throws away what comes before it."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                assert not data, "the stream ends inside a message"
                return b""
            data += part
        return data


def framed(message):
    return struct.pack("!H", len(message)) + message
