"""Each verdict on name resolution: a daemon is led into its trouble, says whose trouble it is by
every channel that it has, and is healthy again some time after it. One daemon for each, all at the
same time, for most of it is waiting."""

import signal
import socket
import struct
import time
import unittest

import private_network
import wire
from verdict_stage import CONFIG, ENTER, HEALTHY, LEAVE, VERDICTS, WINDOW, Stage, fresh

SLACK = 0.2  # between clocks
SERVFAILS = 'sluice_upstream_responses_total{upstream="vpc",zone=".",rcode="SERVFAIL"}'
UNWELL = 3  # sluicectl's exit status


class PortsExhausted(Stage):
    """Somebody else takes every port for UDP that this network has."""
    verdict, subject, suffix = "ports_exhausted", "vpc", "well.example"
    says = r"\d+ queries did not leave .*\bport\b"
    evidence = r"Sluice itself holds \d+ sockets"
    recorded = r"outcome n\d+\.well\.example\. A .*: no socket"

    def prepare(self):
        # As many as there may be scrapes, each of which uses up one for TCP.
        private_network.enter_another(40000, 40063)
        super().prepare()

    def begin(self):
        self.taken = []
        while True:
            self.taken.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                self.taken[-1].bind(("127.0.0.1", 0))
            except OSError:
                return

    def end(self):
        for taken in self.taken:
            taken.close()


class InterfaceLimited(Stage):
    verdict, subject, suffix = "interface_limited", "eni", "well.example"
    says = r"interface.* dropped 25 packets"
    evidence = r"others on this host"
    leaves_after = LEAVE - ENTER  # the count moves at the begin, and nothing is wrong after that
    recorded = r"query n\d+\.well\.example\. A from"

    def begin(self):
        self.counter.write_text("1025\n")

    def end(self):
        """Nothing: the count has moved once."""


class UpstreamSilent(Stage):
    """Two upstreams with one budget, of which one falls silent."""
    verdict, subject, suffix = "upstream_silent", "corp", "corp.example"
    says = r"upstream.* corp \(127\.0\.\d+\.1\)"
    evidence = r"\d+ tries sent, \d+ time-outs, 0 responses"
    recorded = r"timeout n\d+\.corp\.example\. A of"
    leaves_after = LEAVE  # silence is a state, which the first answer ends
    lasts = 13  # long enough for the other's verdict to change, if it did
    config = CONFIG + """
[[upstream]]
name = "corp"
servers = ["ADDRESS:CORP_PORT"]
budget = "eni"
[[zone]]
name = "corp.example"
upstream = "corp"
"""

    def start_daemon(self, **fill):
        self.corp = self.start_vpcsim("corp")
        return super().start_daemon(CORP_PORT=self.corp.port, **fill)

    def queries(self, tick):
        return [fresh("corp.example")]

    def begin(self):
        super().begin()
        self.corp.signal(signal.SIGSTOP)

    def end(self):
        # It is asked on: nothing but an answer shows that it is back.
        self.corp.signal(signal.SIGCONT)


class BudgetLimited(Stage):
    verdict, subject, suffix = "budget_limited", "eni", "busy.example"
    limit, burst = 40, 10
    says = r'budget "eni".* \d+ questions had to wait'
    evidence = r"of 30 that may be sent"
    recorded = r"waiting n\d+\.busy\.example\. A as first_try"

    def queries(self, tick):
        return [fresh("busy.example") for _ in range(10)]


class UpstreamFailing(Stage):
    verdict, subject, suffix = "upstream_failing", "vpc", "servfail.example"
    says = r"upstream.* vpc .*errors"
    evidence = r"names below servfail\.example\. fail"
    recorded = r"outcome n\d+\.servfail\.example\. A of .*: SERVFAIL"

    def queries(self, tick):
        return [fresh("servfail.example")]


class UpstreamSlow(Stage):
    verdict, subject, suffix = "upstream_slow", "vpc", "slow.example"
    zones = ("slow.example=answer,delay=800ms",)
    says = r"upstream.* vpc answers late, \d+ of \d+ responses"
    evidence = r"\d+ tries sent and \d+ time-outs"
    recorded = r"outcome n\d+\.slow\.example\. A of"

    def queries(self, tick):
        return [fresh("slow.example")]


class ClientStorm(Stage):
    """The same query again and again while its answer takes 300 ms, and a broken name, too."""
    verdict, subject, suffix = "client_storm", "vpc", "slow.example"
    zones = ("slow.example=answer,delay=300ms",)
    says = r"clients.* [1-9]\d* retransmits and [1-9]\d* queries"
    evidence = r"none of these cost a packet"
    recorded = r"absorbed n\d+\.slow\.example\. A from"

    def queries(self, tick):
        if tick % 20 == 0:
            self.latest = fresh("slow.example")
        again = [self.latest] * 4 if tick % 20 < 5 and hasattr(self, "latest") else []
        return again + [wire.query("broken.servfail.example")] * 3


class BriefFailure(Stage):
    """A second of errors among ten that are well."""
    verdict = HEALTHY

    def queries(self, tick):
        return [fresh("well.example"), fresh("servfail.example")]

    def perform(self):
        self.traffic.trouble = lambda tick: [fresh("well.example")]
        self.await_time(self.started + WINDOW + 1)  # the window is full of health
        self.began = time.time()
        self.begin()
        self.await_time(self.began + 1)
        self.traffic.trouble = lambda tick: [fresh("well.example")]
        self.await_time(self.began + 1 + 2 * ENTER)
        self.after = self.look()


STAGES = (PortsExhausted, InterfaceLimited, UpstreamSilent, BudgetLimited, UpstreamFailing,
          UpstreamSlow, ClientStorm, BriefFailure)


def setUpModule():
    try:
        private_network.enter({}, ())
        stages = STAGES
    except private_network.NotPermitted:
        stages = STAGES[1:]
    Verdicts.stages = {kind: kind(number) for number, kind in enumerate(stages)}
    for stage in Verdicts.stages.values():
        stage.start()


def tearDownModule():
    for stage in Verdicts.stages.values():
        stage.join()


def questions_of(pcap):
    """(server, name) of each message in a capture file of UDP in IPv4."""
    order = {b"\xa1\xb2\xc3\xd4": ">", b"\xd4\xc3\xb2\xa1": "<"}[pcap[:4]]  # microseconds
    assert struct.unpack_from(order + "I", pcap, 20)[0] == 101, "LINKTYPE_RAW"
    at = 24
    while at < len(pcap):
        kept, size = struct.unpack_from(order + "8xII", pcap, at)
        packet = pcap[at + 16:at + 16 + kept]
        assert kept <= size and packet[0] == 0x45 and packet[9] == 17, "UDP in IPv4"
        message = packet[28:]
        is_response = wire.QR & struct.unpack_from("!2xH", message)[0]
        server = packet[12:16] if is_response else packet[16:20]
        yield socket.inet_ntoa(server), name_at(message, 12)
        at += 16 + kept


def name_at(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels)


class Verdicts(unittest.TestCase):
    stages = {}  # by class; each is alive in a thread of its own

    def stage(self, kind):
        if kind not in self.stages:
            self.skipTest("no network namespace of our own")
        return self.stages[kind].finish()

    def check(self, kind):
        stage = self.stage(kind)
        self.check_health(stage.before)
        self.check_trouble(stage, stage.during)
        self.check_health(stage.after)
        self.check_times(stage)
        self.check_dump(stage)

    def check_metrics(self, look, verdict, upstreams):
        """One verdict is 1, in all and by upstream; changes are counted as they are logged."""
        for name in VERDICTS:
            series = f'sluice_verdict{{verdict="{name}"}}'
            self.assertEqual(look.metrics[series], name == verdict, series)
            for upstream, own in upstreams.items():
                series = f'sluice_upstream_verdict{{upstream="{upstream}",verdict="{name}"}}'
                self.assertEqual(look.metrics[series], name == own, series)
        self.assertEqual(look.metrics["sluice_verdict_changes_total"], len(look.changes))

    def check_health(self, look):
        told = look.diagnosis
        upstreams = {row["upstream"]: row["verdict"] for row in told["upstreams"]}
        self.assertEqual(told["verdict"], HEALTHY)
        self.assertEqual(set(upstreams.values()), {HEALTHY})
        self.assertEqual((told["findings"], look.status), ([], 0))
        self.check_metrics(look, HEALTHY, upstreams)

    def check_trouble(self, stage, look):
        told = look.diagnosis
        upstreams = {row["upstream"]: row["verdict"] for row in told["upstreams"]}
        finding = told["findings"][0]
        self.assertEqual(told["verdict"], stage.verdict)
        self.assertEqual(look.status, UNWELL)
        self.assertIn(stage.verdict, upstreams.values())
        self.assertEqual((finding["verdict"], finding["subject"]), (stage.verdict, stage.subject))
        self.assertRegex(finding["what"], stage.says)
        self.assertRegex("\n".join(finding["evidence"]), stage.evidence)
        self.assertTrue(finding["advice"])
        self.assertTrue(told["summary"].startswith(finding["what"]), told["summary"])
        self.check_metrics(look, stage.verdict, upstreams)

    def check_times(self, stage):
        changes = stage.after.changes
        self.assertEqual((changes[0].verdict, changes[-1].verdict), (stage.verdict, HEALTHY))
        # On the way back it may be something milder for a while, but never health again and again.
        ranks = [VERDICTS.index(change.verdict) for change in changes]
        self.assertEqual(ranks, sorted(set(ranks)))
        self.assertGreaterEqual(changes[0].at - stage.began, ENTER - SLACK)
        self.assertGreaterEqual(changes[-1].at - stage.ended, stage.leaves_after - SLACK)
        self.assertLessEqual(changes[-1].at - stage.ended, 2 * (WINDOW + LEAVE))

    def check_dump(self, stage):
        text = stage.kept[".txt"].decode()
        self.assertTrue(text.startswith(f"# {stage.verdict};"), text[:100])
        self.assertRegex(text, stage.recorded)
        captured = list(questions_of(stage.kept[".pcap"]))
        self.assertEqual({server for server, _ in captured}, {stage.address})
        self.assertTrue([name for _, name in captured if name.endswith(stage.suffix)])

    def test_ports_exhausted(self):
        self.check(PortsExhausted)

    def test_interface_limited(self):
        self.check(InterfaceLimited)

    def test_upstream_silent(self):
        self.check(UpstreamSilent)

    def test_budget_limited(self):
        self.check(BudgetLimited)

    def test_upstream_failing(self):
        self.check(UpstreamFailing)

    def test_upstream_slow(self):
        self.check(UpstreamSlow)

    def test_client_storm(self):
        self.check(ClientStorm)

    def test_is_that_of_the_worse_of_two_upstreams(self):
        stage = self.stage(UpstreamSilent)
        lines = [line for line in stage.after.lines if line["verdict"] == stage.verdict]
        self.assertIn(("corp", stage.verdict), {(line["upstream"], line["upstream_verdict"])
                                                for line in lines})

    def test_of_a_well_upstream_does_not_suffer_from_a_silent_sharer_of_its_budget(self):
        lines = self.stage(UpstreamSilent).after.lines
        self.assertEqual({line["upstream_verdict"] for line in lines if line["upstream"] == "vpc"},
                         {HEALTHY})

    def test_does_not_change_for_a_second_of_errors(self):
        after = self.stage(BriefFailure).after
        self.assertGreaterEqual(after.metrics[SERVFAILS], 10)
        self.assertEqual(after.changes, [])
        self.check_health(after)


if __name__ == "__main__":
    unittest.main()
