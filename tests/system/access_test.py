"""Who may ask, how much, and what a flood in somebody else's name makes of it. In a network of its
own, whose addresses are no loopback addresses: such clients are a network's."""

import time
import unittest

import private_network
import wire
from lab import AMPLE, SystemTest, wait_for

SERVER, CLIENT, OTHER, STRANGER = "192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1"
RATE = 50
LARGE = ("large.example", "TXT")
ERROR_CODE_SIZE = 6  # of an extended error without a text
MOST_OVER_NETWORKS = 1232

_cannot_enter = None


def setUpModule():
    global _cannot_enter
    try:
        private_network.enter({}, [f"{address}/32" for address in
                                   (SERVER, CLIENT, OTHER, STRANGER)])
    except private_network.NotPermitted as error:
        _cannot_enter = str(error)


class AccessTest(SystemTest):
    def setUp(self):
        if _cannot_enter:
            self.skipTest(_cannot_enter)
        super().setUp()

    def start_daemon(self, server):
        self.vpc = self.start_vpcsim(limit=1_000_000)
        self.daemon = self.start_sluiced(self.vpc.port, AMPLE, server=server,
                                         listen=f"{SERVER}:0")

    def cache_large(self):
        with wire.TcpClient(self.daemon.port, SERVER) as tcp:
            self.assertGreater(tcp.ask(*LARGE).size, MOST_OVER_NETWORKS)

    def client(self, address):
        client = wire.UdpClient(self.daemon.port, SERVER, source=address)
        self.addCleanup(client.socket.close)
        return client

    def test_neighbours_are_answered_by_default(self):
        self.start_daemon("")
        self.assertEqual(self.client(CLIENT).ask("www.example.com").rcode, wire.NOERROR)

    def test_strangers_are_refused_in_as_many_octets_as_they_sent(self):
        self.start_daemon('allow = ["192.0.2.0/24"]')
        self.cache_large()
        self.assertEqual(self.client(CLIENT).ask("www.example.com").rcode, wire.NOERROR)

        stranger = self.client(STRANGER)
        for edns, extra in ((None, 0), (wire.opt(size=4096), ERROR_CODE_SIZE)):
            message = wire.query(*LARGE, edns=edns)
            stranger.send(message)
            reply = wire.read(stranger.receive())
            self.assertEqual((reply.rcode, reply.answers), (wire.REFUSED, []))
            self.assertEqual(reply.size, len(message) + extra)
        self.assertEqual(self.daemon.total("sluice_client_denied_total"), 2)

    def test_a_change_of_the_list_needs_no_restart(self):
        self.start_daemon('allow = []')
        self.assertEqual(self.client(CLIENT).ask("www.example.com").rcode, wire.REFUSED)

        self.daemon._fixed = self.daemon._fixed.replace("allow = []", f'allow = ["{CLIENT}"]')
        self.daemon.write_config(AMPLE)
        self.daemon.control("reload")

        wait_for(lambda: self.client(CLIENT).ask("www.example.com").rcode == wire.NOERROR,
                 "the client to be allowed")
        self.assertEqual(self.client(OTHER).ask("www.example.com").rcode, wire.REFUSED)

    def test_a_flood_in_the_name_of_a_client_is_not_amplified(self):
        self.start_daemon(f"client_rate = {RATE}")
        self.cache_large()
        victim = self.client(CLIENT)
        message = wire.query(*LARGE, edns=wire.opt(size=4096))
        sent = received = large = 0
        start = time.monotonic()
        for _ in range(100):
            for _ in range(20):
                victim.send(message)
                sent += len(message)
            for _ in range(20):
                reply = victim.receive()
                received += len(reply)
                large += len(reply) > len(message)
                self.assertLessEqual(len(reply), MOST_OVER_NETWORKS)
        elapsed = time.monotonic() - start

        allowed = RATE * (1 + elapsed) + 1
        self.assertLessEqual(large, allowed, "answers larger than their questions")
        self.assertLessEqual(received, sent + allowed * MOST_OVER_NETWORKS)
        self.assertGreater(self.daemon.total("sluice_client_limited_total"), 0)
        # Another client is not touched by it, and the victim itself is answered over TCP.
        self.assertEqual(self.client(OTHER).ask("www.example.com").rcode, wire.NOERROR)
        with wire.TcpClient(self.daemon.port, SERVER, source=CLIENT) as tcp:
            self.assertEqual(tcp.ask(*LARGE).flags & wire.TC, 0)

    def test_a_cookie_takes_its_client_out_of_the_limit(self):
        self.start_daemon("client_rate = 1")
        client = self.client(CLIENT)
        first = client.ask("www.example.com", edns=wire.opt(options=b"\0\x0a\0\x08clientid"))
        self.assertEqual(first.options[:12], b"\0\x0a\0\x18clientid")

        for _ in range(20):
            reply = client.ask("www.example.com", edns=wire.opt(options=first.options))
            self.assertEqual(reply.flags & wire.TC, 0)
        self.assertTrue(self.client(CLIENT).ask("www.example.com").flags & wire.TC)
        metrics = self.daemon.metrics()
        self.assertEqual(metrics['sluice_client_cookies_total{result="good"}'], 20)


if __name__ == "__main__":
    unittest.main()
