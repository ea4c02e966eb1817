"""The budget as what really happens on the interface shapes it: packets of other programs are taken
off it, and dropped packets lower its rate for all who share it."""

import socket
import unittest

import wire
from lab import SystemTest, wait_for

ADDRESS = "127.0.0.3"  # nobody sends from here: what reaches the upstream was sent to it
CONFIG = """
[[budget]]
name = "eni"
limit = 400
burst = 20
reserve = 40
shared = "{budget}"
allowance_counter = "COUNTER"
[[upstream]]
name = "vpc"
servers = ["ADDRESS:{upstream}"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
""".replace("ADDRESS", ADDRESS)
COUNTED = 'sluice_budget_foreign_packets_total{budget="eni"}'
COUNTING = 'sluice_budget_counting_others{budget="eni"}'
RATE = 'sluice_budget_rate_packets{budget="eni"}'
CUTS = 'sluice_budget_rate_cuts_total{budget="eni"}'
DROPPED = 'sluice_budget_allowance_exceeded_total{budget="eni",kind="linklocal"}'


class ClosedLoop(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(address=ADDRESS, limit=0)
        self.counter = self.folder / "counter"
        self.counter.write_text("1000\n")
        self.config = CONFIG.replace("COUNTER", str(self.counter))

    def start_daemon(self, name):
        return self.start_sluiced(self.vpc.port, self.config, name=name,
                                  budget=self.folder / "budget")

    def wait_for_metric(self, daemon, series, condition):
        wait_for(lambda: condition(daemon.metrics()[series]), series)


class OtherPrograms(ClosedLoop):
    def test_are_counted_and_charged_by_one_of_the_sharers(self):
        daemons = [self.start_daemon("one"), self.start_daemon("two")]
        if not any(daemon.metrics()[COUNTING] for daemon in daemons):
            wait_for(lambda: any(d.metrics()[COUNTING] or "counting_others" in d.output
                                 or "not_counting" in d.output for d in daemons), "a verdict")
            if not any(daemon.metrics()[COUNTING] for daemon in daemons):
                self.skipTest("not permitted to count packets (CAP_NET_RAW)")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for number in range(300):
                stranger.sendto(wire.query(f"n{number}.example"), (ADDRESS, self.vpc.port))
        wait_for(lambda: sum(d.metrics()[COUNTED] for d in daemons) >= 300, "300 packets counted")

        self.assertEqual([d.metrics()[COUNTED] for d in daemons if d.metrics()[COUNTED]], [300])

    def test_are_counted_by_the_other_daemon_once_the_first_is_gone(self):
        first = self.start_daemon("one")
        wait_for(lambda: "counting" in first.output, "a verdict")
        if not first.metrics()[COUNTING]:
            self.skipTest("not permitted to count packets (CAP_NET_RAW)")
        second = self.start_daemon("two")
        self.assertEqual(second.metrics()[COUNTING], 0)
        first.stop()
        self.wait_for_metric(second, COUNTING, lambda value: value == 1)

    def test_own_packets_are_not_taken_for_strangers(self):
        daemon = self.start_daemon("one")
        client = wire.UdpClient(daemon.port)
        self.addCleanup(client.socket.close)
        for number in range(200):
            client.ask(f"n{number}.example")
        wait_for(lambda: daemon.metrics()['sluice_budget_packets_total{budget="eni"}'] >= 200, "all")
        self.assertEqual(daemon.metrics()[COUNTED], 0)


class DroppedPackets(ClosedLoop):
    def test_lower_the_rate_of_all_sharers_which_then_recovers(self):
        daemons = [self.start_daemon("one"), self.start_daemon("two")]
        for daemon in daemons:
            self.wait_for_metric(daemon, RATE, lambda rate: rate == 340)
        self.counter.write_text("1025\n")
        for daemon in daemons:
            self.wait_for_metric(daemon, RATE, lambda rate: 200 <= rate <= 250)
        for daemon in daemons:  # both follow the counter, so that either could take over
            self.wait_for_metric(daemon, CUTS, lambda cuts: cuts == 1)
            self.assertEqual(daemon.metrics()[DROPPED], 25)
        for daemon in daemons:
            self.wait_for_metric(daemon, RATE, lambda rate: rate > 255)


if __name__ == "__main__":
    unittest.main()
