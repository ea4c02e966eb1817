"""The daemon compared with the servers behind it and beside it, on thousands of generated
questions: with an authority that it forwards to, with a recursor that it forwards to, and with that
recursor as its peer, both asking the same authority."""

import collections
import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))

import model
from comparison import Account, Comparison, Setting
from lab import AMPLE, SystemTest
from message import labels_of, text
from questions import Questions
from servers import Nsd, Unbound, sign
from zones import Zones

SEED = int(os.environ.get("SEED", "1"))
LEAST_QUESTIONS = 2_000
THREADS = 6
AUTHORITY = Setting()
RECURSOR = Setting(rounding=1, cuts_nxdomain=True)
# What only the authority is asked: Unbound answers these by rules of its own, or counts TTLs of
# seconds to their end and asks again.
AUTHORITY_ONLY = {"transfers", "outside all zones", "other classes", "ANY", "TTLs"}
# Where a forwarder passes on a partial answer that a recursor completes.
PARTIAL = {"delegations", "signed delegations", "long CNAME chains", "CNAMEs to elsewhere"}
# A rule of their own lets reverse names out, those for documentation, too (RFC 6303 section 4).
CONFIG = AMPLE + """nxdomain_cut = {cut}
[[zone]]
name = "in-addr.arpa"
upstream = "vpc"
"""


class Differential(SystemTest):
    def setUp(self):
        super().setUp()
        self.need("nsd", "unbound", "ldns-keygen", "ldns-signzone")
        self.random = random.Random(SEED)
        self.zones = Zones(self.random)
        texts = dict(self.zones.texts)
        for origin, options in (("signed.example", ()), ("hashed.example", ("-n", "-t", "5"))):
            texts[origin] = sign(self.folder, origin, texts[origin], *options)
        self.nsd = self.start(Nsd(self.folder, texts)).wait_until_ready()
        children = self.start(Nsd(self.folder, self.zones.children, "children")).wait_until_ready()
        ports = {origin: self.nsd.port for origin in texts}
        ports |= {origin: children.port for origin in self.zones.children}
        self.unbound = self.start(Unbound(self.folder, ports)).wait_until_ready()

    def forward_to(self, server, name, setting):
        config = CONFIG.replace("{cut}", str(setting.cuts_nxdomain).lower())
        return self.start_sluiced(server.port, config=config, name=name)

    def test_forwarded_answers_are_those_of_the_server_asked(self):
        questions = Questions(self.random, self.zones)
        print(f"\nseed {SEED}, {len(questions.all)} questions")
        self.assertGreaterEqual(len(questions.all), LEAST_QUESTIONS)
        self.to_authority = self.forward_to(self.nsd, "to-authority", AUTHORITY)
        self.to_recursor = self.forward_to(self.unbound, "to-recursor", RECURSOR)
        began = time.monotonic()
        accounts = self.compare_all(questions)
        for what, account in accounts.items():
            print(f"\n{what}:\n{account.table()}")
        print(f"\n{time.monotonic() - began:.1f} s")
        for what, account in accounts.items():
            for difference in account.texts:
                print(f"\n--- {what}, seed {SEED}: {difference}")
        for what, account in accounts.items():
            with self.subTest(what):
                self.assertEqual(account.differing.total(), 0, dict(account.kinds))
        for daemon, what in ((self.to_authority, "authority"), (self.to_recursor, "recursor")):
            with self.subTest(f"hits of {daemon.name}"):
                hits = daemon.metrics()['sluice_cache_lookups_total{result="hit"}']
                self.assertEqual(hits, accounts[what].hits)

    def compare_all(self, questions):
        """Several threads share the work, so that all servers have some. What lies below one name
        stays together and in order: one question may decide what another is answered."""
        shares = collections.defaultdict(list)
        for question in questions.all:
            shapes = questions.shape(question), questions.shape(question)
            shares[tuple(labels_of(question.name)[-3:])].append((question, shapes))
        works = [list(itertools.chain(*list(shares.values())[i::THREADS])) for i in range(THREADS)]
        accounts = {"authority": Account(), "recursor": Account(), "peer": Account()}
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            for results in pool.map(self.compare_some, works):
                for what, account in results.items():
                    accounts[what].add(account)
        return accounts

    def compare_some(self, work):
        peers = Account()
        with contextlib.closing(Comparison(self.to_authority.port, self.nsd.port,
                                           AUTHORITY)) as authority, \
             contextlib.closing(Comparison(self.to_recursor.port, self.unbound.port,
                                           RECURSOR)) as recursor:
            for question, shapes in work:
                said, ours = authority.compare(question, shapes)
                if question.category in AUTHORITY_ONLY:
                    continue
                peer, _ = recursor.compare(question, shapes)
                if question.category not in PARTIAL and ours and peer and model.is_answer(said):
                    self.compare_peers(peers, question, ours, peer, shapes[0])
        return {"authority": authority.account, "recursor": recursor.account, "peer": peers}

    def compare_peers(self, account, question, ours, peer, shape):
        account.questions[question.category] += 1
        account.count(question, shape.transport)
        problems = model.problems_of_peers(ours, peer)
        if problems:
            account.differ(question, problems, "\n".join([
                question.text(shape), *(f"* {problem}" for problem in problems),
                "- Unbound:", text(peer), "- sluiced:", text(ours)]))


if __name__ == "__main__":
    unittest.main()
