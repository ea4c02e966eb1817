"""The incident in small: a storm of slow, failing reverse look-ups beside ordinary ones that must
not feel it, against one daemon and against two that share an interface's budget."""

import json
import signal
import time
import unittest

from lab import BIN, Process, SystemTest

LIMIT = 1024    # packets per second that the interface may send
GRANTED = 960   # of these, in any window of 1 s: limit - reserve
BURST = 60      # packets that a process may have paid for when it is killed
STORM_ZONE = "104.in-addr.arpa."


class Incident(Process):
    """The clients: a batch job's PTR look-ups and ordinary ones, both at a steady rate."""

    def __init__(self, folder, server, ptr_rate, ordinary_rate, seconds, seed=1):
        self.json = folder / f"incident-{seed}.json"
        super().__init__(folder, f"incident-{seed}", [
            BIN / "incident", "--server", server, "--ptr-rate", ptr_rate, "--ordinary-rate",
            ordinary_rate, "--duration", f"{seconds}s", "--drain", "1s", "--sockets", "500",
            "--seed", seed, "--json", self.json])

    def result(self):
        """What the clients saw, once they are done."""
        if self.wait() != 0:
            raise AssertionError(self.output)
        return json.loads(self.json.read_text())


class IncidentTest(SystemTest):
    def start_storm(self, daemon, **options):
        return self.start(Incident(self.folder, f"{daemon.address}:{daemon.port}", **options))

    def start_daemon(self, name="sluiced", listen="127.0.0.2:0"):
        # An address that nobody sends from: a port of it stays free while its daemon is away.
        daemon = self.start_sluiced(self.vpc.port, name=name, listen=listen,
                                    budget=self.folder / "budget")
        daemon.address = "127.0.0.2"
        return daemon

    def assert_within_budget(self, seen):
        self.assertEqual(seen["receive_overflows"] + seen["unrecorded"], 0, "the run is invalid")
        self.assertEqual(seen["dropped"], 0)
        self.assertLessEqual(seen["worst"]["1s"], GRANTED)

    def assert_none_lost(self, clients):
        ordinary = clients["ordinary"]
        self.assertEqual(clients["send_errors"] + ordinary["skipped"], 0, "the run is invalid")
        self.assertGreater(ordinary["asked"], 0)
        self.assertEqual(ordinary["lost"], 0, ordinary)

    def test_a_storm_costs_no_ordinary_look_up_and_no_packet_over_the_limit(self):
        self.vpc = self.start_vpcsim(limit=LIMIT)
        daemon = self.start_daemon()

        storm = self.start_storm(daemon, ptr_rate=3000, ordinary_rate=100, seconds=6)
        clients = storm.result()
        daemon.stop()
        seen = self.vpc.summary()

        self.assert_none_lost(clients)
        self.assert_within_budget(seen)
        zones = {zone["zone"]: zone for zone in seen["zones"]}
        self.assertLessEqual(zones[STORM_ZONE]["packets_per_question"], 1.3)
        # The budget was the bottleneck, so that keeping it meant something.
        self.assertGreater(seen["packets"], 0.8 * 900 * 6)

    def test_two_daemons_share_one_budget_and_one_of_them_may_crash(self):
        self.vpc = self.start_vpcsim(limit=LIMIT)
        survivor, victim = self.start_daemon("survivor"), self.start_daemon("victim")
        load = {"ptr_rate": 1500, "ordinary_rate": 50, "seconds": 6}
        beside_survivor = self.start_storm(survivor, seed=1, **load)
        beside_victim = self.start_storm(victim, seed=2, **load)

        time.sleep(2)  # the middle of the storm
        victim.signal(signal.SIGKILL)
        victim.wait()
        successor = self.start_daemon("successor", listen=f"{victim.address}:{victim.port}")
        clients = beside_survivor.result()
        beside_victim.result()
        asked = {daemon.name: daemon.metrics()['sluice_zone_questions_total{zone="."}']
                 for daemon in (survivor, successor)}
        successor.stop()
        word = survivor.metrics()
        survivor.stop()
        seen = self.vpc.summary()

        self.assert_none_lost(clients)
        self.assert_within_budget(seen)
        self.assertGreater(asked["successor"], 0, "nobody asked the restarted daemon")
        # One word for all three, the dead one's packets included.
        self.assertEqual(word['sluice_budget_private{budget="eni"}'], 0)
        paid = word['sluice_budget_shared_packets{budget="eni"}']
        self.assertLessEqual(seen["packets"], paid)
        self.assertLessEqual(paid, seen["packets"] + BURST)


if __name__ == "__main__":
    unittest.main()
