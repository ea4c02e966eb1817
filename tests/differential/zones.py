"""Generated zones, and what to ask of each: the material of the comparison.

Every zone is a text for NSD and ldns and adds to `targets`, which says by category which (name,
type) are worth asking. The same random numbers give the same zones."""

import rdata
from message import presentation, wire_name

HEAD = "$ORIGIN {origin}.\n$TTL 3600\n" \
       "@ SOA ns.{origin}. hostmaster.{origin}. 1 7200 3600 1209600 {minimum}\n" \
       "@ NS ns.{origin}.\nns A 192.0.2.53\nns AAAA 2001:db8::53\n"
LIFETIMES = (0, 1, 2, 59, 86_399, 86_400, 86_401, 604_800, 0x7fff_ffff)  # seconds


class Zones:
    """`texts`: {origin: zone file}; `children`: zones that only a second authority has; `targets`:
    {category: [(name, type number)]}; `origins` is every zone's name on the wire."""

    def __init__(self, random):
        self.random = random
        self.texts, self.children, self.targets = {}, {}, {}
        for make in (self._types, self._wildcards, self._aliases, self._dnames, self._odd_labels,
                     self._long_names, self._large_sets, self._negatives, self._ttls,
                     self._delegations, self._reverse):
            make()
        for origin in ("signed.example", "hashed.example"):
            self._to_be_signed(origin)

    def _add(self, category, name, *types):
        found = self.targets.setdefault(category, [])
        found += [(name, rdata.number_of(type)) for type in types]

    def _open(self, origin, minimum=600):
        """A list of lines to which to add; `_close` makes them the zone's text."""
        self._origin = origin.split(".")
        return [HEAD.format(origin=origin, minimum=minimum)]

    def _close(self, lines):
        self.texts[".".join(self._origin)] = "\n".join(lines) + "\n"

    def _name(self, *labels):
        return wire_name(*labels, *self._origin)

    def _label(self, most=12):
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self.random.choices(letters, k=self.random.randint(3, most)))

    def _ttl(self):
        return self.random.choice((60, 300, 3600, 7200, 86_400, 172_800))

    def _types(self):
        """Sets of every type, of one to five records."""
        lines = self._open("types.example")
        makers = rdata.TYPES | rdata.SIGNERS_TYPES
        for type, make in makers.items():
            for i in range(3):
                owner, ttl = self._name(f"{type.lower()}-{i}"), self._ttl()
                target = presentation(self._name(self._label()))
                records = {make(self.random, target) for _ in range(1 + i * 2)}
                lines += [f"{presentation(owner)} {ttl} {type} {record}"
                          for record in sorted(records)]
                self._add("types", owner, type)
                self._add("NODATA", owner, self.random.choice([t for t in makers if t != type]))
        for type in rdata.UNKNOWN_TYPES:
            for i in range(3):
                owner = self._name(f"type{type}-{i}")
                octets = self.random.randbytes(self.random.choice((0, 1, 4, 40, 255, 300)))
                lines.append(f"{presentation(owner)} {self._ttl()} TYPE{type} "
                             f"{rdata.generic(octets)}")
                self._add("unknown types", owner, f"TYPE{type}")
        self._add("types", self._name(), "SOA", "NS")
        self._add("unknown types", self._name("a-1"), *(f"TYPE{t}" for t in rdata.UNKNOWN_TYPES))
        self._close(lines)

    def _wildcards(self):
        lines = self._open("wild.example")
        for i in range(6):
            top = f"w{i}"
            lines += [f"*.{top} {self._ttl()} A {rdata.a(self.random)}",
                      f"*.{top} {self._ttl()} TXT {rdata.string(self.random)}",
                      f"*.{top} {self._ttl()} MX 10 ns", f"present.{top} AAAA 2001:db8::1",
                      f"below.no-wild.{top} A 192.0.2.9"]
            for _ in range(10):
                self._add("wildcards", self._name(self._label(), top), "A", "TXT", "AAAA")
                self._add("wildcards", self._name(self._label(), self._label(), top), "MX")
            self._add("wildcards", self._name("*", top), "A", "TXT")
            self._add("wildcards", self._name("present", top), "A", "AAAA")
            self._add("wildcards", self._name(self._label(), "no-wild", top), "A")
            self._add("wildcards", self._name("no-wild", top), "A")
        lines += ["*.alias CNAME ns", "*.away CNAME www.types.example.", "*.gone CNAME nowhere"]
        for top in ("alias", "away", "gone"):
            for _ in range(4):
                self._add("wildcards", self._name(self._label(), top), "A", "CNAME", "TXT")
        self._close(lines)

    def _aliases(self):
        """Chains of CNAMEs that end with data, with nothing, nowhere, elsewhere, never."""
        lines = self._open("alias.example")
        ends = {"data": "ns", "nowhere": "nowhere", "away": "a-1.types.example.",
                "away-nowhere": "nowhere.types.example.", "outside": "www.example.net.",
                "wild": "any.w1.wild.example.", "child": "www.c0.deleg.example.", "end": "end"}
        lines.append("end TXT \"no address here\"")
        for end, target in ends.items():
            for length in (1, 2, 3, 5, 9, 16):
                category = "long CNAME chains" if length > 8 else \
                    "CNAMEs to elsewhere" if end in ("outside", "child") else "CNAME chains"
                names = [f"{end}-{length}-{i}" for i in range(length)]
                for name, then in zip(names, [*names[1:], target]):
                    lines.append(f"{name} {self._ttl()} CNAME {then}")
                self._add(category, self._name(names[0]), "A", "AAAA", "CNAME", "MX")
        lines += ["loop-a CNAME loop-b", "loop-b CNAME loop-a", "self CNAME self"]
        self._add("long CNAME chains", self._name("loop-a"), "A", "CNAME")
        self._add("long CNAME chains", self._name("self"), "A", "CNAME")
        self._close(lines)

    def _dnames(self):
        lines = self._open("renamed.example")
        lines += ["old DNAME new", "x.new A 192.0.2.91", "y.new AAAA 2001:db8::92",
                  "*.z.new A 192.0.2.93", "away DNAME w2.wild.example.",
                  "first DNAME second", "second DNAME new",
                  "lost DNAME nowhere.void.example.", f"tiny 600 DNAME {'.'.join(['d' * 60] * 3)}",
                  "to-old CNAME x.old", "to-away CNAME any.away"]
        for top in ("old", "away", "first", "second", "lost"):
            self._add("DNAME", self._name(top), "DNAME", "A", "TXT")
            for labels in (("x",), ("y",), ("q", "z"), ("none",), (self._label(), self._label())):
                self._add("DNAME", self._name(*labels, top), "A", "AAAA", "CNAME")
        for alias in ("to-old", "to-away"):
            self._add("DNAME", self._name(alias), "A", "MX")
        self._add("DNAME", self._name("e" * 50, "tiny"), "A")
        for letter in "fgh":  # YXDOMAIN (RFC 6672 section 2.2)
            self._add("DNAME too long", self._name(letter * 63, "tiny"), "A", "AAAA")
        self._close(lines)

    def _odd_label(self):
        odd = (b"\0", b"a.b", b"two words", b"\xff" * 63, b"\\", b'"quoted"', b"@", b"*", b"$x",
               b"(;)", b"x" * 63, b"\x7f\x80", b"_under", b"MiXeD", b"-", b"1")
        if self.random.random() < 0.5:
            return self.random.choice(odd)
        return self.random.randbytes(self.random.choice((1, 2, 5, 31, 63)))

    def _odd_labels(self):
        """Owners and targets of any octets."""
        lines, seen = self._open("odd.example"), set()
        while len(seen) < 70:
            labels = [self._odd_label() for _ in range(self.random.randint(1, 2))]
            owner, target = self._name(*labels), self._name(self._odd_label())
            if owner.lower() in seen or b"*" in labels[1:]:
                continue
            seen.add(owner.lower())
            spelled = presentation(owner)
            lines += [f"{spelled} A {rdata.a(self.random)}",
                      f"{spelled} MX 5 {presentation(target)}",
                      f"{spelled} SRV 1 2 3 {presentation(target)}"]
            self._add("odd labels", owner, "A", "MX", "SRV", "AAAA")
            self._add("odd labels", self._name(self._odd_label(), self._label()), "A")
        self._close(lines)

    def _long_names(self):
        """Names of up to 255 octets, as owners and in RDATA."""
        lines = self._open("long.example")
        for size in range(244, 256):
            room = size - len(self._name()) - 3 * 64 - 1
            name = self._name(*("lmn"[i] * 63 for i in range(3)), "o" * room)
            assert len(name) == size
            owner = presentation(name)
            lines += [f"{owner} A {rdata.a(self.random)}", f"{owner} MX 1 {owner}",
                      f"{owner} SRV 1 1 1 {owner}", f"to-{size} CNAME {owner}",
                      f"minfo-{size} MINFO {owner} {owner}"]
            self._add("long names", name, "A", "MX", "SRV", "TXT")
            self._add("long names", self._name(f"to-{size}"), "A", "CNAME")
            self._add("long names", self._name(f"minfo-{size}"), "MINFO")
            self._add("long names", self._name(*("nml"[i] * 63 for i in range(3)), "p" * room), "A")
        many = wire_name(*["m"] * 120, "long", "example")
        lines.append(f"{presentation(many)} A 192.0.2.120")
        self._add("long names", many, "A", "AAAA")
        self._close(lines)

    def _text_set(self, owner, octets):
        """Lines of TXT records of `owner` that take so many octets in an answer."""
        lines = []
        while octets >= 12 + 4:
            size = min(octets, 12 + self.random.choice((40, 120, 256)))
            size = octets if octets - size < 12 + 4 else size
            if size - 12 > 256:
                size = 12 + 128
            tag = f"{len(lines):03}"
            lines.append(f'{owner} TXT "{tag:.<{size - 12 - 1}}"')
            octets -= size
        return lines

    def _large_sets(self):
        """Sets around each size that matters, up to the largest that a message holds."""
        lines = self._open("large.example")
        for limit in (512, 1232, 4096, 16_384):
            category = f"near {limit} octets"
            for i in range(20):
                owner = self._name(f"near-{limit}-{i}")
                beside = 12 + len(owner) + 4 + self.random.choice((0, 11, 11 + 16, 11 + 16 + 44))
                lines += self._text_set(presentation(owner),
                                        limit - beside + self.random.randint(-14, 14))
                self._add(category, owner, "TXT")
        for i, size in enumerate((30_000, 50_000, 64_000, 65_300, 65_420, 65_440, 65_460, 65_470,
                                  65_475, 65_480, 65_485, 65_490, 65_500, 66_000)):
            owner = self._name(f"huge-{i}")
            lines += self._text_set(presentation(owner), size)
            self._add("near 65535 octets", owner, "TXT")
        for count in (20, 40, 80, 120, 250, 511, 512, 513, 600):
            owner = self._name(f"many-{count}")
            lines += [f"{presentation(owner)} AAAA 2001:db8::{i:x}" for i in range(1, count + 1)]
            lines.append(f"to-{count} 60 CNAME {presentation(owner)}")
            lines += [f"mail-{count} MX {i} mx-{i}.many" for i in range(count)]
            self._add("many records", owner, "AAAA", "A")
            self._add("many records", self._name(f"to-{count}"), "AAAA")
            self._add("many records", self._name(f"mail-{count}"), "MX")
        lines += [f"mx-{i}.many {kind}" for i in range(600)
                  for kind in (f"A 192.0.2.{i % 254 + 1}", f"AAAA 2001:db8::{i + 1:x}")]
        self._close(lines)

    def _negatives(self):
        """Names that are not there, names without the type, and names that only lie between."""
        lines = self._open("void.example", minimum=300)
        for i in range(8):
            lines += [f"host{i} A {rdata.a(self.random)}", f"a.b.c.ent{i} A {rdata.a(self.random)}"]
            self._add("NODATA", self._name(f"host{i}"), "AAAA", "MX", "TXT", "SRV", "HTTPS", "CAA")
            for labels in (("b", "c"), ("c",), ()):
                self._add("empty non-terminals", self._name(*labels, f"ent{i}"), "A", "AAAA", "NS")
            self._add("NXDOMAIN", self._name("x", "b", "c", f"ent{i}"), "A", "AAAA")
        for _ in range(60):
            label = self._label()
            self._add("NXDOMAIN", self._name(label), "A", "AAAA")
            self._add("below NXDOMAIN", self._name(label), "MX")
            self._add("below NXDOMAIN", self._name(self._label(), label), "MX")
        self._close(lines)

    def _ttls(self):
        lines = self._open("ttl.example", minimum=2_000_000)
        for i, ttl in enumerate(LIFETIMES):
            lines += [f"t{i} {ttl} A {rdata.a(self.random)}", f"t{i} {ttl} TXT \"{ttl}\"",
                      f"to-t{i} 3000 CNAME t{i}", f"from-t{i} {ttl} CNAME ns"]
            for top in ("t", "to-t", "from-t"):
                self._add("TTLs", self._name(f"{top}{i}"), "A", "TXT", "AAAA")
        self._close(lines)

    def _delegations(self):
        """Children with glue, without, with a wrong depth; their own zones are the second
        authority's."""
        lines = self._open("deleg.example")
        for i in range(5):
            lines += [f"c{i} {self._ttl()} NS ns.c{i}", f"c{i} NS ns.types.example.",
                      f"ns.c{i} A 192.0.2.{100 + i}", f"ns.c{i} AAAA 2001:db8::{100 + i:x}",
                      f"far.away.c{i}x NS ns.c{i}"]
            for labels in ((), ("www",), ("ns",), ("deep", "down")):
                self._add("delegations", self._name(*labels, f"c{i}"), "A", "NS", "DS", "MX")
            self._add("delegations", self._name("www", "far", "away", f"c{i}x"), "A")
            self._add("delegations", self._name("away", f"c{i}x"), "A", "NS")
            origin = f"c{i}.deleg.example"
            self.children[origin] = HEAD.format(origin=origin, minimum=60) + "www A 192.0.2.77\n"
        self._close(lines)

    def _reverse(self):
        lines = self._open("2.0.192.in-addr.arpa")
        for i in range(1, 60):
            lines.append(f"{i} {self._ttl()} PTR host{i}.void.example.")
            self._add("reverse", self._name(str(i)), "PTR")
            self._add("reverse", self._name(str(i + 100)), "PTR")
        self._close(lines)

    def _to_be_signed(self, origin):
        """A zone of everything, for a signer to read."""
        lines = self._open(origin)
        category = origin.replace(".example", " zone")
        for type, make in rdata.TYPES.items():
            if type in ("DS", "DLV", "CDS", "CDNSKEY", "CSYNC", "ZONEMD"):
                continue
            owner = self._name(f"{type.lower()}-0")
            lines.append(f"{presentation(owner)} {self._ttl()} {type} "
                         f"{make(self.random, presentation(self._name(self._label())))}")
            self._add(category, owner, type, "A", "TXT")
        for top in ("w0", "w1"):
            lines += [f"*.{top} A {rdata.a(self.random)}",
                      f"*.{top} TXT {rdata.string(self.random)}"]
            for _ in range(5):
                self._add(category, self._name(self._label(), top), "A", "AAAA", "TXT")
        lines += ["chain-a CNAME chain-b", "chain-b CNAME a-0", "astray CNAME nowhere",
                  "old DNAME new", "x.new A 192.0.2.70", "a.b.c.ent A 192.0.2.71",
                  "safe NS ns.safe",
                  "ns.safe A 192.0.2.72", f"safe DS {rdata.TYPES['DS'](self.random, '')}",
                  "unsafe NS ns.unsafe", "ns.unsafe A 192.0.2.73"]
        for labels in (("chain-a",), ("astray",), ("x", "old"), ("none", "old"), ("b", "c", "ent"),
                       ()):
            self._add(category, self._name(*labels), "A", "MX", "NS", "DS" if labels else "TXT")
        self._add("signed delegations", self._name(), "DS")  # which is the parent's to answer
        for labels in (("safe",), ("www", "safe"), ("unsafe",), ("www", "unsafe")):
            self._add("signed delegations", self._name(*labels), "A", "MX", "DS", "NS")
        self._add(category, self._name(), "SOA", "DNSKEY", "NSEC", "RRSIG", "NSEC3PARAM")
        self._add(category, self._name("a-0"), "RRSIG", "NSEC")
        for _ in range(30):
            self._add(category, self._name(self._label()), "A", "MX")
        for _ in range(10):
            label = self._label()
            self._add(category, self._name(label), "TXT")
            self._add(category, self._name("below", label), "TXT")
        self._close(lines)
