"""Asks the daemon and its upstream the same, compares, and keeps account."""

import collections
import contextlib
import dataclasses
import itertools
import time

import message
import model
from message import Malformed
from questions import DO, Question
from wire import CD, RD, TC, TcpClient, UdpClient, header, id_of, opt

# All servers are on this host and answer at once; what takes longer was waited for in vain.
PATIENCE = 4.0  # seconds


class Asker:
    """A client of one server that asks one thing at a time, over UDP and over a kept connection."""

    _ids = itertools.count(1)

    def __init__(self, port):
        self._port = port
        self._udp = UdpClient(port)
        self._tcp = None

    def close(self):
        for client in filter(None, (self._udp, self._tcp)):
            client.socket.close()

    def ask(self, transport, encode):
        """The octets of the reply to `encode(id)`. An OSError or AssertionError if none comes, or
        others with it."""
        query = encode(next(self._ids) & 0xffff)
        if transport == "UDP":
            self._udp.send(query)
            replies = self._udp.receive_reply_to(query)
            assert len(replies) == 1, f"{len(replies) - 1} replies that nobody asked for"
            return replies[0]
        reply = self._ask_over_tcp(query)
        assert id_of(reply) == id_of(query), "a reply to another query"
        return reply

    def _ask_over_tcp(self, query):
        """Over the kept connection or, if its peer has closed that meanwhile, over a new one."""
        for is_kept in (True, False) if self._tcp else (False,):
            self._tcp = self._tcp or TcpClient(self._port)
            with contextlib.suppress(*((ConnectionError,) if is_kept else ())):
                self._tcp.send(query)
                if reply := self._tcp.receive():
                    return reply
            self._tcp.socket.close()
            self._tcp = None
        raise ConnectionError("the connection ended without a reply")


class Upstream:
    """What a server says to a forwarder: asked over UDP with 1232 octets on offer, and over TCP
    where that is too little."""

    def __init__(self, port):
        self._asker = Asker(port)
        self.close = self._asker.close

    def ask(self, question):
        """Its whole reply; None if it is too large even for TCP."""
        def encode(id):
            edns = opt(1232, flags=DO * question.dnssec_ok)
            flags = RD | CD * question.checking_disabled
            return header(id, flags, (1, 0, 0, 1)) + question.section(question.name) + edns
        for transport in ("UDP", "TCP"):
            reply = message.read(self._asker.ask(transport, encode))
            if not reply.flags & TC:
                return reply
        return None


@dataclasses.dataclass
class Account:
    """What was compared, and what differed. Keeps a few differences of each category for people to
    read."""
    KEPT, KEPT_OF_CATEGORY = 6, 2  # there are three accounts, and people read 20 at most
    questions: dict = dataclasses.field(default_factory=collections.Counter)
    replies: dict = dataclasses.field(default_factory=collections.Counter)
    differing: dict = dataclasses.field(default_factory=collections.Counter)
    kinds: dict = dataclasses.field(default_factory=collections.Counter)
    texts: list = dataclasses.field(default_factory=list)
    hits: int = 0  # that the daemon's cache must have had

    def add(self, other):
        for mine, theirs in ((self.questions, other.questions), (self.replies, other.replies),
                             (self.differing, other.differing), (self.kinds, other.kinds)):
            mine.update(theirs)
        self.hits += other.hits
        self.texts = (self.texts + other.texts)[:self.KEPT]

    def count(self, question, transport):
        self.replies[question.category, transport] += 1

    def differ(self, question, problems, text):
        self.differing[question.category] += 1
        self.kinds.update(problem.split(":")[0] for problem in problems[:1])
        if len(self.texts) < self.KEPT and \
                self.differing[question.category] <= self.KEPT_OF_CATEGORY:
            self.texts.append(text)

    def table(self):
        lines = [f"{'category':<20} {'questions':>10} {'UDP':>8} {'TCP':>8} {'differ':>8}"]
        rows = sorted({category for category, _ in self.replies})
        for category in rows:
            lines.append(f"{category:<20} {self.questions[category]:>10} "
                         f"{self.replies[category, 'UDP']:>8} {self.replies[category, 'TCP']:>8} "
                         f"{self.differing[category]:>8}")
        udp, tcp = (sum(self.replies[row, way] for row in rows) for way in ("UDP", "TCP"))
        lines.append(f"{'all':<20} {self.questions.total():>10} {udp:>8} {tcp:>8} "
                     f"{self.differing.total():>8}")
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a comparison must know of the two servers."""
    rounding: int = 0          # seconds that the upstream's own count of an age may be off
    cuts_nxdomain: bool = False  # the daemon's [[zone]] nxdomain_cut


@dataclasses.dataclass(frozen=True)
class Case:
    """One question and what the upstream says to it."""
    question: Question
    upstream: message.Message
    since: float             # nothing in the daemon's reply is older
    is_below_nxdomain: bool  # and the daemon, which cuts there, knows it


class Comparison:
    """The daemon on `port` beside the server on `upstream_port`, to which it forwards. For one
    thread."""

    def __init__(self, port, upstream_port, setting):
        self.account = Account()
        self._asker = Asker(port)
        self._upstream = Upstream(upstream_port)
        self._setting = setting
        self._denied = {}  # {key of a name that does not exist: when the daemon heard it}

    def close(self):
        self._asker.close()
        self._upstream.close()

    def compare(self, question, shapes):
        """Asks `question` in the first of two shapes until it has been missed and hit, then in the
        second. Returns what the upstream said and the daemon's first whole reply, None if none."""
        self.account.questions[question.category] += 1
        asked = time.monotonic()
        upstream = self._upstream.ask(question)
        above = self._denied_above(question)
        case = Case(question, upstream, since=min([asked, *above]), is_below_nxdomain=bool(above))
        is_cached, whole = False, None
        first, second = shapes
        asking = [] if first.recursion_desired else [first]
        asking += [dataclasses.replace(first, recursion_desired=True), first, second]
        for shape in asking:
            is_here = model.is_answered_here(question, shape)
            reply = self._ask(case, shape, is_cached)
            self.account.hits += is_cached and not is_here
            if is_here or not shape.recursion_desired:
                continue
            is_cached = is_cached or not above and model.is_stored(question, upstream)
            whole = whole or (reply if reply and not reply.flags & TC else None)
        if self._setting.cuts_nxdomain and is_cached and model.denies_its_name(upstream):
            self._denied[question.key] = asked
        return upstream, whole

    def _denied_above(self, question):
        """When the daemon heard that names above do not exist. A client that validates needs the
        proof for its own name: for it nothing is cut."""
        if question.dnssec_ok:
            return []
        return [self._denied[key] for key in question.parents if key in self._denied]

    def _ask(self, case, shape, is_cached):
        question, reply = case.question, None
        expected = model.expected(question, shape, case.upstream, is_cached)
        try:
            asked = time.monotonic()
            octets = self._asker.ask(shape.transport, lambda id: question.encode(shape, id))
            answered = time.monotonic()
            reply = message.read(octets)
            age = self._age(case, shape, int(answered - case.since) if is_cached else 0)
            problems = model.problems(question, shape, expected, reply, age)
            if answered - asked > PATIENCE:
                problems.append(f"the reply took {answered - asked:.1f} s")
        except (OSError, AssertionError, Malformed) as error:
            problems = [f"{type(error).__name__}: {error}"]
        self.account.count(question, shape.transport)
        if problems:
            self.account.differ(question, problems, "\n".join([
                question.text(shape), *(f"* {problem}" for problem in problems),
                f"- upstream ({expected.summary()}):", message.text(case.upstream),
                "- sluiced:", message.text(reply)]))
        return reply

    def _age(self, case, shape, seconds):
        """What the TTLs of a reply may be, which may have been in the cache for `seconds`."""
        if model.is_answered_here(case.question, shape):
            return model.Age(most=model.MAX_TTL)
        if not model.is_answer(case.upstream):
            return model.Age(0)
        limit = model.ttl_limit(case.question, case.upstream)
        if case.is_below_nxdomain:
            return model.Age(int(time.monotonic() - case.since) + self._setting.rounding, limit,
                             least=-self._setting.rounding)
        return model.Age(seconds + self._setting.rounding, limit)
