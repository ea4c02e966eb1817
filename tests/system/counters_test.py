"""The daemon's own counters, to the packet, against what reached the emulated upstream and what the
clients saw. Whoever trusts them needs no packet capture."""

import collections
import pathlib
import signal
import unittest

from lab import SystemTest, wait_for
from wire import NOERROR, NXDOMAIN, SERVFAIL, TC, TcpClient, UdpClient, opt, query, read

ZONES = ("nxdomain.example.", "servfail.example.", "refused.example.", "malformed.example.",
         "formerr.example.", "silent.example.", "wrongid.example.", "wrongquestion.example.",
         "tc.example.", "large.example.", "slow.example.", ".")
TCP_ZONES = ("tc.example.", "large.example.")
FAILING_ZONES = ("servfail.example.", "malformed.example.")  # whose names are asked twice
AT_REST = ("sluice_zone_queue_depth", "sluice_budget_queue_depth", "sluice_questions_in_flight",
           "sluice_waiters", "sluice_exchanges_open", "sluice_upstream_in_flight")
ADDRESS = "127.0.0.3"  # nobody sends from it: no stray packet spoils a count
NAMES = 5  # distinct ones asked in each zone

# Why a question got SERVFAIL, as the reply itself says: by the code of its Extended DNS Error (RFC
# 8914), and for "other error" by its zone.
CAUSE_OF_CODE = {13: "cached", 22: "timeout", 24: "bad_response"}
CAUSE_OF_ZONE = {"servfail.example.": "upstream_servfail",
                 "refused.example.": "upstream_refused", ".": "shed_wait"}


def zone_of(name):
    return next(zone for zone in ZONES if zone == "." or f"{name}.".endswith("." + zone))


def connections_to(port):
    """TCP connections from this host to `port` of it that are established."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(fields[2].endswith(f":{port:04X}") and fields[3] == "01"
               for fields in map(str.split, lines))


class Tally:
    """What the clients did and saw."""

    def __init__(self):
        self.questions = collections.defaultdict(set)    # by zone, the distinct ones
        self.queries = collections.Counter()             # by transport
        self.replies = collections.Counter()             # by transport
        self.answers = collections.Counter()             # by zone and RCODE
        self.servfails = collections.Counter()           # by zone and cause
        self.truncated = 0

    def sent(self, name, transport="udp"):
        self.questions[zone_of(name)].add(name)
        self.queries[transport] += 1

    def received(self, name, message, transport="udp"):
        reply, zone = read(message), zone_of(name)
        self.replies[transport] += 1
        self.truncated += bool(reply.flags & TC)
        if reply.rcode == SERVFAIL:
            code = reply.ede[0]
            self.servfails[zone, CAUSE_OF_CODE.get(code) or CAUSE_OF_ZONE[zone]] += 1
        else:
            self.answers[zone, reply.rcode] += 1


class CountersTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.tally = Tally()

    def start_pair(self, zones, behaviour=(), limit=1024, burst=60, reserve=64):
        """The upstream, and the daemon with a rule for each of `zones`."""
        self.vpc = self.start_vpcsim(zones=behaviour, limit=limit, address=ADDRESS)
        budget = (f'[[budget]]\nname = "eni"\nshared = ""\n'
                  f'limit = {limit}\nburst = {burst}\nreserve = {reserve}\n')
        upstream = (f'[[upstream]]\nname = "vpc"\nbudget = "eni"\n'
                    f'servers = ["{ADDRESS}:{self.vpc.port}"]\n')
        rules = (f'[[zone]]\nname = "{zone}"\nupstream = "vpc"\n' for zone in zones)
        self.daemon = self.start_sluiced(self.vpc.port, budget + upstream + "".join(rules),
                                         listen=f"{ADDRESS}:0")

    def client(self):
        client = UdpClient(self.daemon.port, ADDRESS)
        self.addCleanup(client.socket.close)
        return client

    def ask(self, names):
        """Asks all `names` at once and waits for as many replies."""
        client, asked = self.client(), {}
        for name in names:
            message = query(name, edns=opt())
            asked[message[:2]] = name
            self.tally.sent(name)
            client.send(message)
        for _ in asked:
            message = client.receive()
            self.tally.received(asked[message[:2]], message)

    def assert_counted(self, expected):
        """`expected` maps series, as they are scraped, to values."""
        wrong = {series: (value, self.counted.get(series)) for series, value in expected.items()
                 if self.counted.get(series) != value}
        self.assertEqual(wrong, {}, "series: (expected, counted)")

    def sum_of(self, metric, label=""):
        return sum(value for series, value in self.counted.items()
                   if series.split("{")[0] == metric and label in series)

    def come_to_rest(self):
        """Scrapes when nothing is on its way any more, and stops the upstream."""
        wait_for(lambda: self.daemon.total(*AT_REST) == 0, "nothing to be on its way")
        wait_for(lambda: connections_to(self.vpc.port) == 0, "the idle connection to be closed")
        self.counted = self.daemon.metrics()
        # It reports after what had arrived by then, so the end of a connection is in its summary.
        self.vpc.signal(signal.SIGUSR1)
        self.vpc.wait_for_output("packets received")
        self.seen = self.vpc.summary()
        self.seen_in = {zone["zone"]: zone for zone in self.seen["zones"]}
        self.assertEqual(self.seen["receive_overflows"], 0, "the run is invalid")


class MixedWorkload(CountersTest):
    """One workload of every kind, and then each counter that it moved."""

    def setUp(self):
        super().setUp()
        self.start_pair(ZONES, behaviour=["slow.example=answer,delay=1s"])
        self.run_workload()
        self.come_to_rest()

    def run_workload(self):
        silent = self.client()
        message = query("a.silent.example", edns=opt())
        self.tally.sent("a.silent.example")
        silent.send(message)

        names = {zone: [f"{i}.{zone.strip('.') or 'good.example'}" for i in range(NAMES)]
                 for zone in ZONES if zone != "silent.example."}
        for zone in names:
            self.ask(names[zone])
            if zone in FAILING_ZONES:
                self.ask(names[zone])
        self.ask(names["."])
        self.ask_over_tcp("over-tcp.good.example")
        self.ask_together("together.slow.example")

        self.tally.received("a.silent.example", silent.receive_reply_to(message)[-1])

    def ask_over_tcp(self, name):
        with TcpClient(self.daemon.port, ADDRESS) as client:
            self.tally.sent(name, "tcp")
            client.send(query(name, edns=opt()))
            self.tally.received(name, client.receive(), "tcp")

    def ask_together(self, name):
        """Three clients ask the same, the first one three times."""
        clients = [self.client() for _ in range(3)]
        for client in (clients[0], clients[0], *clients):
            self.tally.sent(name)
            client.send(query(name, edns=opt(), id=7))
        for client in clients:
            self.tally.received(name, client.receive())

    def test_counts_what_happened(self):
        with self.subTest("packets, all"):
            self.assert_counted(
                {'sluice_budget_packets_total{budget="eni"}': self.seen["packets"]})
            self.assertEqual(
                self.sum_of("sluice_zone_upstream_packets_total", 'transport="udp"'),
                self.seen["udp_packets"])
            self.assertEqual(
                self.sum_of("sluice_zone_upstream_packets_total", 'transport="tcp"'),
                self.seen["tcp_packets"])
        with self.subTest("packets and questions of each zone"):
            self.check_zones()
        with self.subTest("failures"):
            self.check_failures()
        with self.subTest("messages"):
            self.check_messages()
        with self.subTest("clients"):
            self.check_clients()

    def check_zones(self):
        for zone in ZONES:
            questions = len(self.tally.questions[zone])
            label = f'zone="{zone}"'
            self.assertEqual(self.seen_in[zone]["distinct_questions"], questions)
            if zone in FAILING_ZONES:  # a failure is remembered for 1 s: less than a host may stall
                questions += NAMES - self.tally.servfails[zone, "cached"]
            self.assert_counted({f"sluice_zone_questions_total{{{label}}}": questions})
            packets = self.sum_of("sluice_zone_upstream_packets_total", label)
            self.assert_counted(
                {f"sluice_zone_amplification_ratio{{{label}}}": packets / questions})
            if zone in TCP_ZONES:
                continue
            self.assertEqual(packets, self.seen_in[zone]["packets"], zone)
            self.assert_counted({f"sluice_zone_retries_total{{{label}}}": packets - questions})
        # Three tries that are not answered, and one before the upstream's lack of EDNS is known.
        self.assertGreater(self.seen_in["silent.example."]["packets"], 1)
        self.assertGreater(self.seen_in["formerr.example."]["packets"], NAMES)

    def check_failures(self):
        counted = collections.Counter()
        for series, value in self.counted.items():
            if series.startswith("sluice_zone_servfail_total") and value:
                labels = dict(label.split("=") for label in series[:-1].split("{")[1].split(","))
                counted[labels["zone"].strip('"'), labels["cause"].strip('"')] = value
        self.assertEqual(counted, self.tally.servfails)
        self.assertEqual({cause for _, cause in counted},
                         {"cached", "timeout", "bad_response", "upstream_servfail",
                          "upstream_refused"})
        wrong_replies = sum(self.seen_in[zone]["packets"]
                            for zone in ("wrongid.example.", "wrongquestion.example."))
        self.assertEqual(self.sum_of("sluice_upstream_mismatched_total"), wrong_replies)
        failures = 'sluice_upstream_failures_total{upstream="vpc",zone="%s",kind="%s"}'
        self.assert_counted({
            failures % (f"{kind}.example.", kind): self.seen_in[f"{kind}.example."]["packets"]
            for kind in ("servfail", "refused", "malformed")})
        self.assertGreaterEqual(self.counted[failures % ("silent.example.", "timeout")],
                                self.seen_in["silent.example."]["packets"])

    def check_messages(self):
        """Octets and responses, but for the answers to wrong questions, which are no responses."""
        messages = self.seen["messages"]
        octets = "sluice_upstream_octets_total"
        self.assertEqual(self.sum_of(octets, 'direction="sent"'), messages["query_octets"])
        self.assertEqual(self.sum_of(octets, 'direction="received"'), messages["reply_octets"])
        self.assertEqual(sum(self.sum_of("sluice_upstream_tries_total", f'attempt="{attempt}"')
                             for attempt in ("first", "retry")), messages["queries"])
        for rcode, replies in messages["replies"].items():
            counted = self.sum_of("sluice_upstream_responses_total", f'rcode="{rcode}"')
            wrong = self.sum_of("sluice_upstream_mismatched_total") if rcode == "NOERROR" else 0
            self.assertEqual(counted + wrong, replies, rcode)
        self.assertEqual(self.sum_of("sluice_upstream_rtt_seconds_count"),
                         self.sum_of("sluice_upstream_responses_total"))

    def check_clients(self):
        hits = NAMES
        self.assert_counted({
            'sluice_client_queries_total{transport="udp"}': self.tally.queries["udp"],
            'sluice_client_queries_total{transport="tcp"}': self.tally.queries["tcp"],
            'sluice_client_replies_total{transport="udp"}': self.tally.replies["udp"],
            'sluice_client_replies_total{transport="tcp"}': self.tally.replies["tcp"],
            'sluice_client_truncated_total': self.tally.truncated,
            'sluice_cache_lookups_total{result="hit"}': hits,
            'sluice_cache_answers_total{rcode="NOERROR"}': hits,
            'sluice_client_questions_total{type="A"}': sum(self.tally.queries.values()),
            'sluice_zone_coalesced_total{zone="slow.example."}': 2,
            'sluice_zone_retransmits_absorbed_total{zone="slow.example."}': 2})
        self.assertEqual(self.tally.truncated, NAMES)
        for (zone, rcode), replies in self.tally.answers.items():
            name = {NOERROR: "NOERROR", NXDOMAIN: "NXDOMAIN"}[rcode]
            self.assert_counted({f'sluice_zone_answers_total{{zone="{zone}",rcode="{name}"}}':
                                 replies - (hits if zone == "." else 0)})
        # Whatever the cache did not answer became one of these.
        self.assertEqual(
            self.sum_of("sluice_zone_queries_total"),
            sum(self.sum_of(f"sluice_zone_{what}_total") for what in
                ("questions", "coalesced", "retransmits_absorbed", "failure_cache_hits")))


class Shortage(CountersTest):
    """More questions at once than the budget has packets for before they have waited too long."""

    ASKED = 120
    LIMIT, RESERVE = 60, 20

    def test_counts_what_was_shed_and_leaves_nobody_in_the_queue(self):
        self.start_pair(["."], limit=self.LIMIT, burst=10, reserve=self.RESERVE)

        self.ask([f"{i}.good.example" for i in range(self.ASKED)])
        self.come_to_rest()

        shed = self.tally.servfails[".", "shed_wait"]
        self.assertGreater(shed, 0)
        self.assertGreater(self.tally.answers[".", NOERROR], 0)
        self.assertEqual(shed + self.tally.answers[".", NOERROR], self.ASKED)
        self.assert_counted({
            'sluice_zone_servfail_total{zone=".",cause="shed_wait"}': shed,
            'sluice_zone_answers_total{zone=".",rcode="NOERROR"}': self.ASKED - shed,
            'sluice_zone_questions_total{zone="."}': self.ASKED,
            'sluice_budget_packets_total{budget="eni"}': self.seen["packets"],
            'sluice_zone_queue_depth{zone="."}': 0,
            'sluice_budget_queue_depth{budget="eni",class="first_try"}': 0,
            'sluice_questions_in_flight': 0})
        self.assertGreaterEqual(self.counted['sluice_zone_queue_depth_max{zone="."}'], shed)
        self.assertGreaterEqual(self.counted['sluice_budget_waits_total{budget="eni",class="first_try"}'], shed)
        self.assertEqual(self.seen["dropped"], 0)
        self.assertLessEqual(self.seen["worst"]["1s"], self.LIMIT - self.RESERVE)


if __name__ == "__main__":
    unittest.main()
