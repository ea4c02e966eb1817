"""What time does to forwarded answers, and what they do not do to each other."""

import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))

import message
from comparison import Asker
from lab import AMPLE, SystemTest, wait_for
from message import wire_name
from questions import Question, Shape
from rdata import number_of
from servers import Nsd
from zones import HEAD

AGED = """
host       300 A     192.0.2.1
host      7200 TXT   "longer"
long    172800 A     192.0.2.2
both       600 CNAME host
old       5000 DNAME new
host.new    90 A     192.0.2.3
mail      1000 MX    1 host
"""
NAMES = (("host", "A"), ("host", "TXT"), ("long", "A"), ("both", "A"), ("host.old", "A"),
         ("mail", "MX"), ("nowhere", "A"), ("host", "AAAA"))
MAX_TTL = 86_400

# Both authorities have both zones, and differ in what they say of the other's.
ONE = {"one.example": "host A 192.0.2.1\nto-two CNAME host.two.example.\nold DNAME two.example.\n",
       "two.example": "host A 192.0.2.99\nto-one CNAME host.one.example.\n"}
TWO = {"one.example": "host A 192.0.2.98\n",
       "two.example": "host A 192.0.2.2\nto-one CNAME host.one.example.\n"}
TWO_RULES = AMPLE + """
[[upstream]]
name = "other"
servers = ["127.0.0.1:{other}"]
budget = "eni"
[[zone]]
name = "two.example"
upstream = "other"
"""


class CachingTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.need("nsd")

    def start_nsd(self, zones, name="nsd"):
        texts = {origin: HEAD.format(origin=origin, minimum=600) + text
                 for origin, text in zones.items()}
        return self.start(Nsd(self.folder, texts, name)).wait_until_ready()

    def start_daemon(self, upstream, config=AMPLE):
        self.daemon = self.start_sluiced(upstream, config=config)
        self.asker = Asker(self.daemon.port)
        self.addCleanup(self.asker.close)

    def ask(self, name, type):
        name = wire_name(*name.split("."))
        question = Question("", name, number_of(type), 1, False, False)
        shape = Shape("TCP", True, False, None, False, name)
        return message.read(self.asker.ask("TCP", lambda id: question.encode(shape, id)))


class Ageing(CachingTest):
    def test_ttls_count_down_with_the_clock(self):
        self.start_daemon(self.start_nsd({"ttl.example": AGED}).port)
        first = {}  # {question: (fresh reply, the moment before it was asked, the moment after)}
        for name, type in NAMES:
            before = time.monotonic()
            reply = self.ask(f"{name}.ttl.example", type)
            first[name, type] = reply, before, time.monotonic()
        began = time.monotonic()

        def is_two_seconds_older():
            for question, asked in first.items():
                self.check_age(question, *asked)
            return time.monotonic() - began > 2
        wait_for(is_two_seconds_older, "two seconds to pass")
        queries = self.daemon.total("sluice_upstream_exchanges_total")
        self.assertEqual(queries, len(NAMES), "what was stored was asked for again")

    def check_age(self, question, fresh, before, after):
        """The reply is `fresh`, as much older as the clock says."""
        name, type = question
        least = int(time.monotonic() - after)
        reply = self.ask(f"{name}.ttl.example", type)
        most = int(time.monotonic() - before)
        for section in ("answer", "authority", "additional"):
            ttls = {record.key: record.ttl for record in getattr(fresh, section)}
            aged = {record.key: record.ttl for record in getattr(reply, section)}
            self.assertEqual(aged.keys(), ttls.keys(), question)
            for key, ttl in aged.items():
                self.assertLessEqual(ttls[key], MAX_TTL)
                self.assertLessEqual(ttls[key] - most, ttl, question)
                self.assertLessEqual(ttl, ttls[key] - least, question)


class Coherence(CachingTest):
    """Two rules, two servers. Each says something wrong of the other's zone behind an alias: that
    is passed on with the alias, and believed of nothing else."""

    ANSWERS = {
        "to-two.one.example": {"192.0.2.99"},
        "host.old.one.example": {"192.0.2.99"},
        "host.two.example": {"192.0.2.2"},
        "to-one.two.example": {"192.0.2.98"},
        "host.one.example": {"192.0.2.1"},
    }

    def setUp(self):
        super().setUp()
        one, two = self.start_nsd(ONE, "one"), self.start_nsd(TWO, "two")
        self.config = TWO_RULES.replace("{other}", str(two.port))
        self.start_daemon(one.port, self.config)

    def check(self, names):
        for what in ("missed", "hit"):
            for name in names:
                with self.subTest(name, asked=what):
                    reply = self.ask(name, "A")
                    addresses = {".".join(map(str, record.rdata)) for record in reply.answer
                                 if record.type == 1}
                    self.assertEqual(addresses, self.ANSWERS[name])

    def test_what_an_alias_leads_to_is_stored_for_the_alias_only(self):
        self.check(list(self.ANSWERS))

    def test_an_alias_is_answered_by_the_server_of_its_own_zone(self):
        self.check(list(reversed(self.ANSWERS)))


if __name__ == "__main__":
    unittest.main()
