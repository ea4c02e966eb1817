"""The incident in small: a storm of slow, failing reverse look-ups beside ordinary ones that must
not feel it, against one daemon and against two that share an interface's budget."""

import json
import signal
import unittest

from lab import BIN, Process, Sluiced, SystemTest, wait_for

LIMIT = 1024    # packets per second that the interface may send
GRANTED = 960   # of these, in any window of 1 s: limit - reserve
BURST = 60      # packets that a process may have paid for when it is killed
ADDRESS = "127.0.0.2"  # nobody sends from it: no stray replies, and a port of it stays free
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
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(limit=LIMIT, address=ADDRESS)

    def start_storm(self, daemon, **options):
        return self.start(Incident(self.folder, f"{ADDRESS}:{daemon.port}", **options))

    def start_daemon(self, name="sluiced", port=0):
        return self.start_sluiced(self.vpc.port, Sluiced.DEFAULT.replace("127.0.0.1", ADDRESS),
                                  name=name, listen=f"{ADDRESS}:{port}",
                                  budget=self.folder / "budget")

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
        daemon = self.start_daemon()

        clients = self.start_storm(daemon, ptr_rate=3000, ordinary_rate=100, seconds=6).result()
        daemon.signal(signal.SIGKILL)  # the clients are gone, so there is nothing to drain
        seen = self.vpc.summary()

        self.assert_none_lost(clients)
        self.assert_within_budget(seen)
        zones = {zone["zone"]: zone for zone in seen["zones"]}
        self.assertLessEqual(zones[STORM_ZONE]["packets_per_question"], 1.3)
        # The storm filled the budget, so that keeping it meant something.
        self.assertGreater(seen["packets"], 0.8 * (GRANTED - BURST) * 6)

    def test_two_daemons_share_one_budget_and_one_of_them_may_crash(self):
        survivor, victim = self.start_daemon("survivor"), self.start_daemon("victim")
        load = {"ptr_rate": 1500, "ordinary_rate": 50, "seconds": 4}
        beside_survivor = self.start_storm(survivor, seed=1, **load)
        beside_victim = self.start_storm(victim, seed=2, **load)

        wait_for(lambda: victim.total("sluice_zone_questions_total") > 2000, "the storm to rage")
        victim.signal(signal.SIGKILL)
        victim.wait()
        successor = self.start_daemon("successor", port=victim.port)
        clients = beside_survivor.result()
        beside_victim.result()
        for daemon in (survivor, successor):
            wait_for(lambda: daemon.total("sluice_questions_in_flight") == 0, "the storm's end")
        asked = successor.metrics()['sluice_zone_questions_total{zone="."}']
        budget = survivor.control("budget")[0]
        seen = self.vpc.summary()

        self.assert_none_lost(clients)
        self.assert_within_budget(seen)
        self.assertGreater(asked, 0, "no ordinary look-up reached the restarted daemon")
        # All three spent the same word; the dead one may have paid for packets it never sent.
        self.assertNotEqual(budget["file"], "")
        self.assertLessEqual(seen["packets"], budget["packets_by_all"])
        self.assertLessEqual(budget["packets_by_all"], seen["packets"] + BURST)


if __name__ == "__main__":
    unittest.main()
