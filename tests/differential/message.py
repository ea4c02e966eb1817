"""DNS messages as they are compared: every record of every section, names in RDATA written out, and
where in the message each record ends. Reads strictly: what is malformed is an error, never a guess.
Knows nothing of the product, and shares no code with it or with the servers beside it."""

import socket
import struct
import typing

NS, CNAME, SOA, PTR, HINFO, MX, TXT, AAAA, SRV, NAPTR, OPT = 2, 5, 6, 12, 13, 15, 16, 28, 33, 35, 41
DNAME, RRSIG, NSEC, IXFR, AXFR, ANY = 39, 46, 47, 251, 252, 255
MNEMONICS = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT",
             28: "AAAA", 33: "SRV", 35: "NAPTR", 39: "DNAME", 43: "DS", 46: "RRSIG", 47: "NSEC",
             48: "DNSKEY", 50: "NSEC3", 251: "IXFR", 252: "AXFR", 255: "ANY"}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED",
          6: "YXDOMAIN"}
CLASSES = {1: "IN", 3: "CH", 4: "HS", 255: "ANY"}

# Where names lie in RDATA: "n" is a name, "s" a character-string, a number so many octets, "*" the
# rest. RFC 3597 section 4 lists the types whose names a sender may compress or a receiver should
# be able to read compressed; letters in them may change with what a pointer aims at.
_FOLDED = {NS: "n", 3: "n", 4: "n", CNAME: "n", SOA: ("n", "n", 20), 7: "n", 8: "n", 9: "n",
           PTR: "n", 14: "nn", MX: (2, "n"), 17: "nn", 18: (2, "n"), 21: (2, "n"), DNAME: "n",
           24: (18, "n", "*"), 26: (2, "n", "n"), 30: ("n", "*"), SRV: (6, "n"),
           NAPTR: (4, *"sssn")}


class Malformed(Exception):
    """The octets are no DNS message."""


class Record(typing.NamedTuple):
    owner: bytes  # as it is on the wire, written out, folded
    type: int
    klass: int
    ttl: int
    rdata: bytes  # names written out and folded where they may have been compressed
    end: int      # offset behind it in the message it came in

    @property
    def key(self):
        """What makes it the same record, whatever its age."""
        return self.owner, self.type, self.klass, self.rdata


class Edns(typing.NamedTuple):
    size: int
    version: int
    flags: int
    options: tuple  # of (code, octets)


class Message(typing.NamedTuple):
    size: int
    id: int
    flags: int       # the whole second word of the header
    rcode: int       # with the OPT record's upper bits
    question: bytes  # the question section
    answer: tuple
    authority: tuple
    additional: tuple     # without OPT
    edns: Edns            # or None
    before_opt: int       # records of `additional` before OPT; all of them if there is none

    @property
    def question_end(self):
        return 12 + len(self.question)


def wire_name(*labels):
    """The name of these labels, octets or text."""
    octets = (label.encode() if isinstance(label, str) else label for label in labels)
    name = b"".join(bytes([len(label)]) + label for label in octets) + b"\0"
    assert len(name) <= 255, f"a name of {len(name)} octets"
    return name


def labels_of(name):
    labels, at = [], 0
    while name[at]:
        labels.append(name[at + 1:at + 1 + name[at]])
        at += 1 + name[at]
    return labels


def presentation(name):
    """A name as zone files and people read it (RFC 1035 section 5.1)."""
    def escaped(octet):
        plain = chr(octet) if octet < 0x80 else ""
        return plain if plain.isalnum() or plain and plain in "-_" else f"\\{octet:03}"
    return ".".join("".join(map(escaped, label)) for label in labels_of(name)) + "."


def _read_name(message, at, end):
    """The name at `at`, written out, and the offset behind it. A pointer aims before the name it is
    in (RFC 1035 section 4.1.4), so that reading ends."""
    parts, size, behind, before = [], 1, None, at
    while True:
        if at >= end:
            raise Malformed("a name is cut off")
        length = message[at]
        if length >= 0xc0:
            if at + 2 > end:
                raise Malformed("a pointer is cut off")
            behind = behind or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3fff
            if not 12 <= at < before:
                raise Malformed(f"a pointer to {at} from the name at {before}")
            before, end = at, len(message)
            continue
        if length > 63:
            raise Malformed(f"a label type of {length:#x}")
        if length == 0:
            return b"".join(parts) + b"\0", behind or at + 1
        size += 1 + length
        if at + 1 + length > end or size > 255:
            raise Malformed("a label is cut off, or a name is too long")
        parts.append(message[at:at + 1 + length])
        at += 1 + length


def _read_rdata(message, type, at, end):
    form = _FOLDED.get(type)
    if form is None:
        return message[at:end]
    parts = []
    for field in form:
        if field == "n":
            name, at = _read_name(message, at, end)
            parts.append(name.lower())  # length octets are below the letters
            continue
        size = {"*": end - at}.get(field, field)
        if field == "s":
            size = 1 + message[at] if at < end else 1
        if at + size > end:
            raise Malformed(f"RDATA of type {type} is too short")
        parts.append(message[at:at + size])
        at += size
    if at != end:
        raise Malformed(f"RDATA of type {type} is too long")
    return b"".join(parts)


def _read_record(message, at):
    owner, at = _read_name(message, at, len(message))
    if at + 10 > len(message):
        raise Malformed("a record is cut off")
    type, klass, ttl, size = struct.unpack_from("!HHIH", message, at)
    end = at + 10 + size
    if end > len(message):
        raise Malformed("RDATA is cut off")
    return Record(owner.lower(), type, klass, ttl, _read_rdata(message, type, at + 10, end), end)


def _read_edns(record):
    options, at = [], 0
    while at < len(record.rdata):
        if at + 4 > len(record.rdata):
            raise Malformed("an option is cut off")
        code, size = struct.unpack_from("!HH", record.rdata, at)
        options.append((code, record.rdata[at + 4:at + 4 + size]))
        at += 4 + size
    if at != len(record.rdata) or record.owner != b"\0":
        raise Malformed("an OPT record is malformed")
    return Edns(record.klass, record.ttl >> 16 & 0xff, record.ttl & 0xffff, tuple(options))


def read(message):
    if len(message) < 12:
        raise Malformed(f"{len(message)} octets")
    id, flags, questions, *counts = struct.unpack_from("!6H", message)
    at = 12
    for _ in range(questions):
        at = _read_name(message, at, len(message))[1] + 4
    if at > len(message):
        raise Malformed("the question is cut off")
    question, sections, opt, before_opt = message[12:at], [], None, None
    for count in counts:
        records = []
        for _ in range(count):
            record = _read_record(message, at)
            at = record.end
            if record.type != OPT:
                records.append(record)
                continue
            if opt or len(sections) != 2:
                raise Malformed("an OPT record where none may be")
            opt, before_opt = record, len(records)
        sections.append(tuple(records))
    if at != len(message):
        raise Malformed(f"{len(message) - at} octets behind the last record")
    rcode = flags & 15 | (opt.ttl >> 24 << 4 if opt else 0)
    before_opt = len(sections[2]) if before_opt is None else before_opt
    return Message(len(message), id, flags, rcode, question, *sections,
                   _read_edns(opt) if opt else None, before_opt)


def type_name(type):
    return MNEMONICS.get(type, f"TYPE{type}")


def _rdata_text(record):
    if record.type == 1 and len(record.rdata) == 4:
        return socket.inet_ntop(socket.AF_INET, record.rdata)
    if record.type == AAAA and len(record.rdata) == 16:
        return socket.inet_ntop(socket.AF_INET6, record.rdata)
    if _FOLDED.get(record.type) == "n":
        return presentation(record.rdata)
    dots = "..." if len(record.rdata) > 48 else ""
    return f"\\# {len(record.rdata)} {record.rdata[:48].hex()}{dots}"


def record_text(record):
    klass = CLASSES.get(record.klass, f"CLASS{record.klass}")
    return f"{presentation(record.owner)} {record.ttl} {klass} {type_name(record.type)} " \
           f"{_rdata_text(record)}"


def text(message, most=12):
    """A message for people; of each section the first `most` records."""
    if message is None:
        return "  (none)"
    names = (("aa", 0x400), ("tc", 0x200), ("rd", 0x100), ("ra", 0x80), ("z", 0x40), ("ad", 0x20),
             ("cd", 0x10))
    flags = " ".join(name for name, bit in names if message.flags & bit)
    lines = [f"  {RCODES.get(message.rcode, message.rcode)}, flags: {flags}, {message.size} octets,"
             f" question {message.question.hex()}"]
    for name in ("answer", "authority", "additional"):
        records = getattr(message, name)
        if records:
            lines.append(f"  {name}: {len(records)}")
        lines += [f"    {record_text(record)}" for record in records[:most]]
        if len(records) > most:
            lines.append(f"    ... and {len(records) - most} more")
    if message.edns:
        lines.append(f"  {message.edns}")
    return "\n".join(lines)
