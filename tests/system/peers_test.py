"""The daemon between real peers: NSD is the authority, Unbound the upstream that is asked. Whatever
Unbound says, the daemon says, once for each question and ageing from then on."""

import dataclasses
import ipaddress
import pathlib
import subprocess
import unittest

from lab import Process, SystemTest, free_port, wait_for

ZONE_FILE = pathlib.Path(__file__).parent / "zone.example"

ANSWERED = (
    ("www.example", "A"), ("www.example", "AAAA"), ("wWw.ExAmPlE", "A"), ("example", "MX"),
    ("example", "TXT"), ("example", "NS"), ("example", "SOA"), ("example", "CAA"),
    ("www.example", "HTTPS"), ("_dns.example", "SVCB"), ("_sip._tcp.example", "SRV"),
    ("_443._tcp.www.example", "TLSA"), ("phone.example", "NAPTR"), ("host.example", "SSHFP"),
    ("unheard-of.example", "TYPE65400"), ("chain.example", "A"), ("chain.example", "CNAME"),
    ("host.wild.example", "A"), ("a.b.wild.example", "TXT"), (r"two\ words\..example", "TXT"),
    ("host.old.example", "A"), ("old.example", "DNAME"), ("80.2.0.192.in-addr.arpa", "PTR"),
    (ipaddress.ip_address("2001:db8::80").reverse_pointer, "PTR"),
)
NEGATIVE = {
    ("nowhere.example", "A"): "NXDOMAIN",
    ("below.nowhere.example", "MX"): "NXDOMAIN",
    ("to-nowhere.example", "A"): "NXDOMAIN",
    ("only-four.example", "AAAA"): "NOERROR",
    ("to-nodata.example", "AAAA"): "NOERROR",
    ("_tcp.example", "SRV"): "NOERROR",  # an empty non-terminal
    ("host.wild.example", "AAAA"): "NOERROR",
    ("99.2.0.192.in-addr.arpa", "PTR"): "NXDOMAIN",
}
# Between 1232 and 4096 octets, above 4096, above 16384.
LARGE = {("large.example", "A"): 200, ("huge.example", "AAAA"): 250, ("texts.example", "TXT"): 100}

CONFIG = """
[[upstream]]
name = "unbound"
servers = ["127.0.0.1:{upstream}"]
[[zone]]
name = "."
upstream = "unbound"
"""


def large_sets():
    """The record sets of LARGE as lines of a zone file."""
    for (name, kind), count in LARGE.items():
        for i in range(1, count + 1):
            rdata = {"A": f"192.0.2.{i}", "AAAA": f"2001:db8::{i:x}", "TXT": f'"{i:0200}"'}[kind]
            yield f"{name}. 3600 IN {kind} {rdata}\n"


def reverse_zone(origin, pointers):
    lines = [f"{origin}. 3600 IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 600",
             f"{origin}. 3600 IN NS ns.example."]
    for address, name in pointers.items():
        lines.append(f"{ipaddress.ip_address(address).reverse_pointer}. 3600 IN PTR {name}.")
    return "\n".join(lines) + "\n"


@dataclasses.dataclass(frozen=True)
class Reply:
    """What dig printed, in a form that two servers' replies to one question have in common."""

    status: str
    flags: frozenset
    answer: dict  # {(owner, type, rdata): TTL}
    authority: dict
    text: str

    @classmethod
    def parse(cls, text):
        status, flags, section = "", frozenset(), None
        sections = {"ANSWER": {}, "AUTHORITY": {}}
        for line in text.splitlines():
            if "status: " in line:
                status = line.split("status: ")[1].split(",")[0]
            elif line.startswith(";; flags: "):
                flags = frozenset(line.removeprefix(";; flags: ").split(";")[0].split())
            elif line.startswith(";; ") and line.endswith(" SECTION:"):
                section = sections.get(line.removeprefix(";; ").removesuffix(" SECTION:"))
            elif line and not line.startswith(";") and section is not None:
                owner, ttl, _, kind, rdata = line.split(None, 4)
                section[owner.lower(), kind, rdata] = int(ttl)
        return cls(status, flags, sections["ANSWER"], sections["AUTHORITY"], text)

    @property
    def records(self):
        return {**self.answer, **self.authority}

    def says_the_same_as(self, other):
        return (self.status, set(self.answer), set(self.authority)) == \
            (other.status, set(other.answer), set(other.authority))


class PeersTest(SystemTest):
    """A daemon that forwards to Unbound, which asks NSD."""

    def setUp(self):
        super().setUp()
        self.need("nsd", "unbound", "dig")
        zones = self.zones()
        self.start_authority(zones)
        self.start_unbound(zones)
        self.daemon = self.start_sluiced(self.unbound, config=CONFIG)

    def zones(self):
        return {
            "example": ZONE_FILE.read_text() + "".join(large_sets()),
            "2.0.192.in-addr.arpa": reverse_zone("2.0.192.in-addr.arpa",
                                                 {"192.0.2.80": "www.example"}),
            "8.b.d.0.1.0.0.2.ip6.arpa": reverse_zone("8.b.d.0.1.0.0.2.ip6.arpa",
                                                     {"2001:db8::80": "www.example"}),
        }

    def start_authority(self, zones):
        """NSD for the zones, and for one whose file is missing: it answers SERVFAIL there."""
        self.authority = free_port()
        config = [f"server:\n ip-address: 127.0.0.1@{self.authority}\n server-count: 1\n"
                  f' username: ""\n chroot: ""\n database: ""\n zonesdir: "{self.folder}"\n'
                  f' pidfile: "{self.folder}/nsd.pid"\n xfrdfile: "{self.folder}/xfrd.state"\n'
                  f' xfrdir: "{self.folder}"\n zonelistfile: "{self.folder}/zone.list"\n'
                  " rrl-ratelimit: 0\n rrl-whitelist-ratelimit: 0\n"
                  "remote-control:\n control-enable: no\n"]
        for name, text in zones.items():
            (self.folder / f"{name}.zone").write_text(text)
        for name in (*zones, "broken.example"):
            config.append(f'zone:\n name: "{name}"\n zonefile: "{name}.zone"\n')
        (self.folder / "nsd.conf").write_text("".join(config))
        self.start(Process(self.folder, "nsd", ["nsd", "-d", "-c", self.folder / "nsd.conf"]))
        self.wait_for_server(self.authority)

    def start_unbound(self, zones):
        """A recursor that knows only our authority and cannot leave the loopback interface."""
        self.unbound = free_port()
        config = [f"server:\n interface: 127.0.0.1@{self.unbound}\n outgoing-interface: 127.0.0.1\n"
                  f' username: ""\n chroot: ""\n directory: "{self.folder}"\n pidfile: ""\n'
                  " use-syslog: no\n do-ip6: no\n do-not-query-localhost: no\n"
                  ' unblock-lan-zones: yes\n module-config: "iterator"\n']
        for name in zones:
            config.append(f'stub-zone:\n name: "{name}"\n stub-addr: 127.0.0.1@{self.authority}\n')
        (self.folder / "unbound.conf").write_text("".join(config))
        self.start(Process(self.folder, "unbound",
                           ["unbound", "-d", "-c", self.folder / "unbound.conf"]))
        self.wait_for_server(self.unbound)

    def wait_for_server(self, port):
        quick = ("dig", "+tries=1", "+time=1")
        wait_for(lambda: "NOERROR" in self.dig(port, "example", "SOA", tool=quick),
                 f"an answer on port {port}")

    def ask(self, port, *question):
        return Reply.parse(self.dig(port, *question))

    def packets_sent(self):
        return sum(value for name, value in self.daemon.metrics().items()
                   if name.startswith("sluice_zone_upstream_packets_total"))

    def check_same(self, *question):
        """The daemon's reply, after it was found to be Unbound's with no TTL above Unbound's. One
        second is forgiven: the two count whole seconds from different instants."""
        direct = self.ask(self.unbound, *question)
        ours = self.ask(self.daemon.port, *question)
        self.assertTrue(ours.says_the_same_as(direct), f"{direct.text}\n--- but\n{ours.text}")
        self.assertEqual(ours.flags, direct.flags, ours.text)
        for record, ttl in ours.records.items():
            self.assertLessEqual(ttl, direct.records[record] + 1, record)
        return ours

    def check_ages_without_asking(self, first):
        """`first` is {question: reply}. Asked again when a second has passed, each reply says the
        same with smaller TTLs, and no packet went upstream for it."""
        before = self.packets_sent()
        question, reply = list(first.items())[-1]
        wait_for(lambda: max(self.ask(self.daemon.port, *question).records.values()) <
                 max(reply.records.values()), "a TTL to count down")
        for question, reply in first.items():
            with self.subTest(question):
                again = self.ask(self.daemon.port, *question)
                self.assertTrue(again.says_the_same_as(reply), again.text)
                for record, ttl in again.records.items():
                    self.assertLess(ttl, reply.records[record], record)
        self.assertEqual(self.packets_sent(), before)


class Peers(PeersTest):
    def test_every_type_of_record_is_passed_on_and_ages_in_the_cache(self):
        first = {}
        for question in ANSWERED:
            with self.subTest(question):
                first[question] = self.check_same(*question)
                self.assertEqual(first[question].status, "NOERROR")
                self.assertTrue(first[question].answer)
                authority = self.ask(self.authority, *question)
                for record, ttl in first[question].answer.items():
                    self.assertLessEqual(ttl, authority.answer[record], record)
        self.check_ages_without_asking(first)

    def test_negative_answers_keep_their_soa_and_are_cached(self):
        first = {}
        for question, status in NEGATIVE.items():
            with self.subTest(question):
                first[question] = self.check_same(*question)
                self.assertEqual(first[question].status, status)
                self.assertEqual([kind for _, kind, _ in first[question].authority], ["SOA"])
                self.assertLessEqual(max(first[question].authority.values()), 600)  # RFC 2308
        self.check_ages_without_asking(first)

    def test_an_answer_too_large_for_udp_is_truncated_and_comes_over_tcp(self):
        first = {}
        for question, count in LARGE.items():
            with self.subTest(question):
                first[question] = self.check_same(*question, "+bufsize=512")
                self.assertIn("Truncated, retrying in TCP mode", first[question].text)
                self.assertEqual(len(first[question].answer), count)

                cut = self.ask(self.daemon.port, *question, "+bufsize=512", "+ignore")
                self.assertIn("tc", cut.flags)
                self.assertEqual(cut.status, "NOERROR")
                self.assertEqual(len(self.ask(self.daemon.port, *question, "+tcp").answer), count)
        self.check_ages_without_asking(first)

    def test_a_client_on_this_host_gets_over_udp_what_it_offers_to_take(self):
        for question, bufsize in ((("large.example", "A"), 4096),
                                  (("huge.example", "AAAA"), 16384)):
            with self.subTest(question):
                reply = self.ask(self.daemon.port, *question, f"+bufsize={bufsize}", "+ignore")
                self.assertNotIn("tc", reply.flags)
                self.assertEqual(len(reply.answer), LARGE[question])

    def test_a_record_with_ttl_zero_is_asked_for_each_time(self):
        self.check_same("never-stored.example", "A")
        before = self.packets_sent()
        self.check_same("never-stored.example", "A")
        self.assertGreater(self.packets_sent(), before)

    def test_a_broken_zone_is_servfail_with_the_reason(self):
        reply = self.check_same("www.broken.example", "A")
        self.assertEqual(reply.status, "SERVFAIL")
        self.assertIn("said SERVFAIL", reply.text)


class SignedPeers(PeersTest):
    def zones(self):
        """The zone signed with a new key."""
        self.need("ldns-keygen", "ldns-signzone")

        def run(*command):
            return subprocess.run(command, cwd=self.folder, check=True, timeout=60,
                                  capture_output=True, text=True).stdout.strip()
        key = run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "example")
        run("ldns-signzone", "-f", "signed", ZONE_FILE, key)
        return {"example": (self.folder / "signed").read_text()}

    def test_signatures_arrive_when_asked_for_and_only_then(self):
        for question in (("www.example", "A"), ("nowhere.example", "A"), ("example", "DNSKEY")):
            with self.subTest(question):
                signed = self.check_same(*question, "+dnssec")
                self.assertIn("RRSIG", {kind for _, kind, _ in signed.records})

                plain = self.check_same(*question)
                self.assertNotIn("RRSIG", {kind for _, kind, _ in plain.records})


if __name__ == "__main__":
    unittest.main()
