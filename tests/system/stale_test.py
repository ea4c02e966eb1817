"""Real time and a real upstream that falls silent: stale answers, prefetch, and the way back."""

import time
import unittest

import wire
from lab import SystemTest, wait_for

STALE, NO_REACHABLE_AUTHORITY = 3, 22  # RFC 8914


class SilentUpstream(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(zones=["short.example=answer,ttl=1", "gone.example=silent"])
        self.daemon = self.start_sluiced(self.vpc.port)
        self.client = wire.UdpClient(self.daemon.port)
        self.addCleanup(self.client.socket.close)

    def ask(self, name):
        started = time.monotonic()
        reply = self.client.ask(name, edns=wire.opt())
        return reply, time.monotonic() - started

    def test_is_bridged_by_stale_data(self):
        reply, _ = self.ask("www.short.example")
        self.assertIsNone(reply.ede)
        self.vpc.stop()
        wait_for(lambda: self.ask("www.short.example")[0].answers[0][1] == 30, "a stale answer")
        reply, seconds = self.ask("www.short.example")
        self.assertEqual(reply.rcode, wire.NOERROR)
        self.assertEqual(reply.ede[0], STALE)
        self.assertLess(seconds, 1.9)

    def test_says_so_for_new_names_before_clients_give_up(self):
        reply, seconds = self.ask("new.gone.example")
        self.assertEqual(reply.rcode, wire.SERVFAIL)
        self.assertEqual(reply.ede[0], NO_REACHABLE_AUTHORITY)
        self.assertLess(seconds, 5)

    def test_never_happens_to_a_name_in_use_that_is_prefetched(self):
        def refreshed():
            self.ask("busy.short.example")
            return self.daemon.total("sluice_zone_refreshes_total") > 0
        wait_for(refreshed, "a prefetch in the last tenth of a second of TTL")


if __name__ == "__main__":
    unittest.main()
