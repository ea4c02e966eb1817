"""Forwarding loops: daemons that send each other's questions round, found by a probe that comes
back, whatever way it took."""

import threading
import unittest

import wire
from lab import SystemTest, free_port, wait_for

CONFIG = """
[[upstream]]
name = "neighbour"
servers = ["127.0.0.1:{upstream}"]
[[zone]]
name = "."
upstream = "neighbour"
"""


class Loops(SystemTest):
    def start_ring(self, size):
        ports = [free_port() for _ in range(size)]
        self.daemons = [
            self.start_sluiced(ports[(i + 1) % size], CONFIG, name=f"sluiced{i}",
                               listen=f"127.0.0.1:{ports[i]}") for i in range(size)]
        return self.daemons

    def ask_until_silent(self, daemon):
        """Enough questions that go round for the upstream to be given up."""
        def ask(i):
            with wire.UdpClient(daemon.port) as client:
                client.ask(f"n{i}.example.com", edns=wire.opt())
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def assert_found(self, daemon):
        wait_for(lambda: "event=forwarding_loop" in daemon.output, "the loop to be reported")
        self.assertGreater(daemon.total("sluice_upstream_loops_total"), 0)
        wait_for(lambda: daemon.total("sluice_upstream_looping") == 1, "the gauge")
        [server] = daemon.control("upstreams")
        self.assertTrue(server["looping"])
        with wire.UdpClient(daemon.port) as client:
            reply = client.ask("later.example.com", edns=wire.opt())
            self.assertEqual(reply.rcode, wire.SERVFAIL)
            self.assertIn("forwarding loop", reply.ede[1])

    def test_two_daemons_that_ask_each_other(self):
        first, _ = self.start_ring(2)
        self.ask_until_silent(first)
        self.assert_found(first)

    def test_a_ring_of_three(self):
        first, _, _ = self.start_ring(3)
        self.ask_until_silent(first)
        self.assert_found(first)

    def test_a_loop_sends_few_packets(self):
        first, second = self.start_ring(2)
        self.ask_until_silent(first)
        packets = sum(daemon.total("sluice_zone_upstream_packets_total")
                      for daemon in (first, second))
        # 10 questions, each with its few tries, on both sides; not one that goes round for ever.
        self.assertLess(packets, 100)


if __name__ == "__main__":
    unittest.main()
