"""What the daemon owes a client, given what its upstream says: the rules of a forwarder that stores
whole responses, each stated once."""

import dataclasses

from message import ANY, AXFR, HINFO, IXFR, RCODES, SOA, Message, Record
from wire import CD, EDE, NOERROR, NXDOMAIN, QR, RA, RD, REFUSED, SERVFAIL, TC

MAX_TTL = 86_400          # [cache] max_ttl
MAX_NEGATIVE_TTL = 3_600  # [cache] max_negative_ttl
MAX_AGED_RECORDS = 512    # a response with more is answered, and not stored
YXDOMAIN = 6  # an answer (RFC 6672 section 2.2)
PASSED_RCODES = (NOERROR, NXDOMAIN, YXDOMAIN)
OPT_SIZE = 11
IN = 1
HINFO_FOR_ANY = b"\x07RFC8482\x00"


@dataclasses.dataclass(frozen=True)
class Expected:
    rcode: int
    answer: tuple = ()
    authority: tuple = ()
    additional: tuple = ()
    is_cut: bool = False  # TC

    def summary(self):
        counts = (len(self.answer), len(self.authority), len(self.additional))
        return f"{RCODES[self.rcode]}, {counts} records{', TC' * self.is_cut} expected of us"


def is_answer(upstream):
    """Whether the upstream's reply is passed on at all. None: it did not fit even over TCP."""
    return upstream is not None and upstream.rcode in PASSED_RCODES


def _has_type(question, upstream):
    if upstream.rcode == YXDOMAIN:
        return bool(upstream.answer)
    return upstream.rcode == NOERROR and any(
        question.type in (record.type, ANY) and record.klass == question.klass
        for record in upstream.answer)


def is_stored(question, upstream):
    """RFC 2308 section 5: what is negative needs a SOA. TTL 0 is for nobody else."""
    if not is_answer(upstream) or upstream.rcode not in PASSED_RCODES:
        return False
    records = upstream.answer + upstream.authority + upstream.additional
    soa = [record for record in upstream.authority if record.type == SOA]
    minimums = [int.from_bytes(record.rdata[-4:], "big") for record in soa]
    if not records or min([record.ttl for record in records] + minimums * bool(
            not _has_type(question, upstream))) == 0:
        return False
    return len(records) <= MAX_AGED_RECORDS and (_has_type(question, upstream) or bool(soa))


def denies_its_name(upstream):
    """NXDOMAIN for the name asked for itself, hence for all below it (RFC 8020 section 2)."""
    return upstream.rcode == NXDOMAIN and not upstream.answer


def ttl_limit(question, upstream):
    return MAX_TTL if _has_type(question, upstream) else MAX_NEGATIVE_TTL


def is_answered_here(question, shape):
    """ANY over UDP, which is how reflected floods are made."""
    return (question.type, question.klass) == (ANY, IN) and shape.transport == "UDP"


def expected(question, shape, upstream, is_cached):
    """The reply to `question`, asked in `shape`, when the upstream says `upstream`."""
    if question.type in (AXFR, IXFR):
        return Expected(REFUSED)
    if is_answered_here(question, shape):
        return Expected(NOERROR, (Record(question.name, HINFO, IN, MAX_TTL, HINFO_FOR_ANY, 0),))
    if not shape.recursion_desired and not is_cached:
        return Expected(REFUSED)
    if not is_answer(upstream):
        return Expected(SERVFAIL)
    return _fitted(upstream, shape.room - (0 if shape.offers is None else OPT_SIZE))


def _fitted(upstream, room):
    """`upstream` in so many octets: first the additional section is left out, which takes no TC,
    then, with TC, all but the records of the answer that fit whole. Its messages are passed on as
    they lie: a record ends where it ended there. What stands behind its OPT record goes with that.
    """
    additional = upstream.additional[:upstream.before_opt]
    start = upstream.question_end
    sections = {"answer": upstream.answer, "authority": upstream.authority,
                "additional": additional}

    def size(*records):
        return max([record.end for record in sum(records, ())], default=start)

    if size(*sections.values()) <= room:
        return Expected(upstream.rcode, **sections)
    if size(upstream.answer, upstream.authority) <= room:
        return Expected(upstream.rcode, upstream.answer, upstream.authority)
    return Expected(upstream.rcode, tuple(r for r in upstream.answer if r.end <= room), is_cut=True)


@dataclasses.dataclass(frozen=True)
class Age:
    """How old, in whole seconds, what is in a reply may be, and the most that its TTLs may be."""
    most: int
    limit: int = MAX_TTL
    least: int = 0  # below 0 where the upstream's own count, asked for later, may be ahead

    def allows(self, ttl, upstream_ttl):
        fresh = min(upstream_ttl, self.limit)
        return max(fresh - self.most, min(fresh, 1)) <= ttl <= fresh - self.least


def problems(question, shape, expected, reply, age):
    """What is wrong with `reply`: sentences, none if it is as it must be."""
    found = []

    def check(is_right, text):
        if not is_right:
            found.append(text)

    check(reply.question == question.section(shape.name), "the question is not echoed")
    check(reply.rcode == expected.rcode, f"RCODE {reply.rcode}, not {expected.rcode}")
    flags = QR | RA | RD * shape.recursion_desired | CD * question.checking_disabled | \
        TC * expected.is_cut | expected.rcode & 15
    check(reply.flags == flags, f"flags {reply.flags:#06x}, not {flags:#06x}")
    check(reply.size <= shape.room, f"{reply.size} octets where {shape.room} fit")
    found += _edns_problems(question, shape, reply)
    for section in ("answer", "authority", "additional"):
        found += _section_problems(section, getattr(expected, section), getattr(reply, section),
                                   age)
    if expected.is_cut and not found:
        check([r.key for r in reply.answer] == [r.key for r in expected.answer],
              "the answer is no beginning of the whole one")
    return found


def _edns_problems(question, shape, reply):
    if (reply.edns is not None) != (shape.offers is not None):
        return [f"OPT in the reply: {reply.edns}"]
    if reply.edns is None:
        return []
    found = []
    if (reply.edns.version, reply.edns.flags) != (0, 0x8000 * question.dnssec_ok):
        found.append(f"OPT {reply.edns}")
    if any(code != EDE for code, _ in reply.edns.options):
        found.append(f"options that were not asked for: {reply.edns.options}")
    if reply.edns.size < 512:
        found.append(f"we take {reply.edns.size} octets")
    return found


def _section_problems(section, expected, actual, age):
    wanted, got = sorted(r.key for r in expected), sorted(r.key for r in actual)
    if wanted != got:
        return [f"{section}: {len(got)} records, not the {len(wanted)} expected"]
    ttls = {record.key: record.ttl for record in expected}
    return [f"{section}: TTL {record.ttl} where upstream said {ttls[record.key]}, age <= {age.most}"
            for record in actual if not age.allows(record.ttl, ttls[record.key])]


def problems_of_peers(ours, theirs):
    """What `ours`, the daemon's reply, says else than the whole reply of another resolver. Sections
    behind the answer are the taste of each."""
    def keys(message: Message):
        return sorted(record.key for record in message.answer)
    found = []
    if ours.rcode != theirs.rcode:
        found.append(f"RCODE {ours.rcode}, the peer's is {theirs.rcode}")
    if keys(ours) != keys(theirs):
        found.append(f"answer: {len(ours.answer)} records, the peer's {len(theirs.answer)}")
    return found
