"""The questions of the comparison: which name, type and class, and in which shape each is asked."""

import dataclasses
import struct

import rdata
from message import ANY, AXFR, IXFR, labels_of, presentation, type_name, wire_name
from wire import AD, CD, RD, header, opt

IN, CH, HS, ANY_CLASS = 1, 3, 4, 255
DO = 0x8000
UNKNOWN_OPTION = struct.pack("!HH4s", 65_001, 4, b"what")
SIZES = (0, 512, 1232, 4096, 65_535)  # that a client offers; less than 512 means 512
# Categories of which a question with other flags says more than another question.
FEW_TARGETS = {"signed zone", "hashed zone", "signed delegations", "DNAME too long", "many records",
               "other classes", "near 512 octets", "near 1232 octets", "near 4096 octets",
               "near 16384 octets", "near 65535 octets"}


@dataclasses.dataclass(frozen=True)
class Shape:
    """What of a question changes the reply but not the answer."""
    transport: str           # "UDP" or "TCP"
    recursion_desired: bool
    authentic_data: bool
    offers: int              # octets, in an OPT record; None: no OPT record
    has_option: bool         # one that nobody knows
    name: bytes              # the name with its letters as the client spells them

    @property
    def room(self):
        """Octets that the reply may have (RFC 6891 section 6.2.3). The most that IPv4 carries over
        UDP is 65,507."""
        if self.transport == "TCP":
            return 65_535
        return max(512, min(self.offers or 0, 65_507))


@dataclasses.dataclass(frozen=True)
class Question:
    """What a cache tells apart. `name` is folded."""
    category: str
    name: bytes
    type: int
    klass: int
    dnssec_ok: bool
    checking_disabled: bool

    @property
    def key(self):
        return dataclasses.replace(self, category="")

    @property
    def parents(self):
        """The keys of the same question for each name above."""
        labels = labels_of(self.name)
        return [dataclasses.replace(self.key, name=wire_name(*labels[i:]))
                for i in range(1, len(labels))]

    def section(self, name):
        return name + struct.pack("!HH", self.type, self.klass)

    def encode(self, shape, id):
        flags = RD * shape.recursion_desired | AD * shape.authentic_data | \
            CD * self.checking_disabled
        edns = b"" if shape.offers is None else opt(
            shape.offers, flags=DO * self.dnssec_ok, options=UNKNOWN_OPTION * shape.has_option)
        return header(id, flags, (1, 0, 0, 1 if edns else 0)) + self.section(shape.name) + edns

    def text(self, shape):
        flags = [name for name, is_set in (
            ("rd", shape.recursion_desired), ("ad", shape.authentic_data), ("do", self.dnssec_ok),
            ("cd", self.checking_disabled), ("option", shape.has_option)) if is_set]
        offer = "no EDNS" if shape.offers is None else f"EDNS {shape.offers}"
        return f"{self.category}: {presentation(shape.name)} class {self.klass} " \
               f"{type_name(self.type)} over {shape.transport}, {offer}, {' '.join(flags)}\n" \
               f"  query {self.encode(shape, 0).hex()}"


class Questions:
    """Questions about `zones`, each with another key, and shapes to ask them in."""

    def __init__(self, random, zones):
        self.random = random
        self._seen = set()
        self.all = [question for category, targets in self._targets(zones).items()
                    for target in targets for question in self._variants(category, *target)]
        # Not shuffled wholly: what lies below NXDOMAIN is asked when that is known, or not yet.
        random.shuffle(self.all)

    def _targets(self, zones):
        """{category: [(name, type, class)]}"""
        targets = {category: [(name, type, IN) for name, type in found]
                   for category, found in zones.targets.items()}
        existing = [name for name, _, _ in targets["types"] + targets["signed zone"]]
        chosen = self.random.sample(existing, 40)
        targets["ANY"] = [(name, ANY, IN) for name in chosen]
        apexes = [wire_name(*origin.split(".")) for origin in zones.texts]
        targets["transfers"] = [(name, type, IN) for name in apexes for type in (AXFR, IXFR)]
        txt = rdata.number_of("TXT")
        targets["other classes"] = [
            *((wire_name(*name), txt, CH) for name in (
                ("version", "bind"), ("version", "server"), ("id", "server"),
                ("hostname", "bind"), ("nothing", "bind"))),
            *((name, txt, CH) for name in chosen[:5]),
            *((name, txt, klass) for name, klass in zip(chosen, (HS, ANY_CLASS, 65_280)))]
        targets["outside all zones"] = [(wire_name(f"host-{i}", "example", "net"), 1, IN)
                                        for i in range(10)]
        return targets

    def _variants(self, category, name, type, klass):
        """The question with one of the four keys that its flags make, or with two."""
        flags = [(False, False), (True, False), (False, True), (True, True)]
        is_signed = category in ("signed zone", "hashed zone", "signed delegations")
        weights = (2, 5, 1, 1) if is_signed else (5, 2, 1, 1)
        count = 2 if category in FEW_TARGETS else 1
        for dnssec_ok, checking_disabled in sorted({*self.random.choices(flags, weights, k=count)}):
            question = Question(category, name.lower(), type, klass, dnssec_ok, checking_disabled)
            if question.key not in self._seen:
                self._seen.add(question.key)
                yield question

    def shape(self, question):
        """A random shape in which `question` can be asked."""
        sizes = SIZES if question.dnssec_ok else (None, None, *SIZES)
        offers = self.random.choice(sizes)
        letters = bytes(octet ^ 0x20 if chr(octet).isalpha() and octet < 0x80 and
                        self.random.random() < 0.5 else octet for octet in question.name)
        # RFC 8482 leaves open what ANY with RD=0 gets, and so do we.
        asks_recursion = question.type == ANY or self.random.random() < 0.9
        return Shape(transport=self.random.choice(("UDP", "UDP", "TCP")),
                     recursion_desired=asks_recursion,
                     authentic_data=self.random.random() < 0.2, offers=offers,
                     has_option=offers is not None and self.random.random() < 0.2,
                     name=self.random.choice((question.name, letters)))
