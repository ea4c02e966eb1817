"""TCP clients that are in a hurry, slow, silent, greedy or broken (RFC 7766)."""

import select
import socket
import time
import unittest

import wire
from lab import AMPLE, SystemTest, is_sanitized, wait_for

PROBE = "www.example.com"
MAX_GROWTH = (256 if is_sanitized() else 8) << 20  # of the daemon, in octets
IDLE_SECONDS = 0.3
SHORT_IDLE = 'tcp_idle_timeout = "300ms"'


class TcpTest(SystemTest):
    SERVER = ""

    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(zones=["slow.example=answer,delay=1s"])
        self.daemon = self.start_sluiced(self.vpc.port, AMPLE, server=self.SERVER)

    def connect(self):
        client = wire.TcpClient(self.daemon.port)
        self.addCleanup(client.socket.close)
        return client

    def assert_is_well(self):
        with wire.UdpClient(self.daemon.port) as client:
            self.assertEqual(client.ask(PROBE).rcode, wire.NOERROR)

    def connections(self, event):
        return self.daemon.metrics()[f'sluice_client_connections_total{{event="{event}"}}']


class Streams(TcpTest):
    def test_queries_in_one_write_are_answered_as_their_answers_come(self):
        slow = wire.query("host.slow.example")
        fast = [wire.query(f"host-{i}.example.com") for i in range(19)]
        client = self.connect()
        client.send(slow, *fast)

        ids = [wire.id_of(client.receive()) for _ in range(20)]

        self.assertEqual(ids[-1], wire.id_of(slow))
        self.assertCountEqual(ids[:-1], [wire.id_of(each) for each in fast])

    def test_more_queries_than_are_worked_on_at_once_are_all_answered(self):
        queries = [wire.query(f"host-{i}.slow.example") for i in range(200)]
        client = self.connect()
        client.send(*queries)

        replies = [wire.read(client.receive()) for _ in queries]

        self.assertCountEqual([reply.id for reply in replies], map(wire.id_of, queries))
        self.assertEqual({reply.rcode for reply in replies}, {wire.NOERROR})

    def test_a_client_that_has_closed_its_half_gets_its_answer(self):
        client = self.connect()
        client.send(wire.query("other.slow.example"))
        client.end_input()

        self.assertEqual(wire.read(client.receive()).rcode, wire.NOERROR)
        self.assertIsNone(client.receive())

    def test_a_message_may_come_octet_by_octet(self):
        client = self.connect()
        for octet in wire.framed(wire.query(PROBE)):
            client.socket.sendall(bytes([octet]))
        self.assertEqual(wire.read(client.receive()).rcode, wire.NOERROR)

    def test_errors_of_form_are_answered_and_the_connection_goes_on(self):
        client = self.connect()
        client.send(wire.query(PROBE) + b"\0")
        self.assertEqual(wire.read(client.receive()).rcode, wire.FORMERR)
        self.assertEqual(client.ask(PROBE).rcode, wire.NOERROR)

    def test_a_stream_of_no_messages_is_closed(self):
        for octets in (b"\0\0", wire.framed(b"short"),
                       wire.framed(wire.query(PROBE, flags=wire.QR))):
            client = self.connect()
            client.socket.sendall(octets)
            self.assertTrue(client.is_closed_by_peer(), octets[:20])
        self.assert_is_well()

    def test_a_client_that_resets_takes_nobody_with_it(self):
        client = self.connect()
        client.send(wire.query("reset.slow.example"), wire.query(PROBE))
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.socket.close()

        wait_for(lambda: self.daemon.metrics()["sluice_client_connections_open"] == 0,
                 "the connection to be gone")
        self.assertEqual(self.connect().ask("reset.slow.example").rcode, wire.NOERROR)


class Idleness(TcpTest):
    SERVER = SHORT_IDLE

    def test_a_connection_without_a_query_is_closed(self):
        start = time.monotonic()
        client = self.connect()

        self.assertTrue(client.is_closed_by_peer())

        self.assertGreaterEqual(time.monotonic() - start, IDLE_SECONDS)
        self.assertEqual(self.connections("idle_closed"), 1)

    def test_a_message_that_never_ends_is_cut_off(self):
        client = self.connect()
        sent = 0
        message = wire.framed(b"\0" * 1000)
        for octet in message:
            if select.select([client.socket], [], [], 0.02)[0]:  # closed
                break
            client.socket.sendall(bytes([octet]))
            sent += 1

        self.assertLess(sent, len(message))
        self.assertTrue(client.is_closed_by_peer())
        self.assertEqual(self.connections("idle_closed"), 1)

    def test_another_protocol_is_cut_off(self):
        client = self.connect()
        client.socket.sendall(b"GET / HTTP/1.0\r\n\r\n")
        self.assertTrue(client.is_closed_by_peer())
        self.assert_is_well()

    def test_a_connection_is_not_idle_while_an_answer_is_owed(self):
        reply = self.connect().ask("host.slow.example")  # takes three times the idle time-out
        self.assertEqual(reply.rcode, wire.NOERROR)

    def test_a_client_that_never_reads_is_cut_off(self):
        self.connect().ask("large.example", "TXT")
        before = self.daemon.resident_bytes()
        greedy = self.connect()
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.socket.setblocking(False)
        frames = wire.framed(wire.query("large.example", "TXT")) * 1000
        try:
            while True:  # until the daemon takes no more, or has had enough
                greedy.socket.send(frames)
        except OSError:
            pass

        self.assert_is_well()
        wait_for(lambda: self.daemon.metrics()["sluice_client_connections_open"] == 0,
                 "the greedy client's connection to be closed")
        self.assertLess(self.daemon.resident_bytes() - before, MAX_GROWTH)


class ConnectionLimits(TcpTest):
    SERVER = "tcp_connections_per_client = 2"

    def test_a_connection_beyond_the_clients_share_is_closed_at_once(self):
        first, second = self.connect(), self.connect()
        self.assertEqual(first.ask(PROBE).rcode, wire.NOERROR)

        self.assertTrue(self.connect().is_closed_by_peer())

        self.assertEqual(self.connections("refused"), 1)
        self.assertEqual(second.ask(PROBE).rcode, wire.NOERROR)
        self.assertEqual(first.ask(PROBE).rcode, wire.NOERROR)

    def test_a_closed_connection_makes_room(self):
        first, second = self.connect(), self.connect()
        first.socket.close()
        wait_for(lambda: self.daemon.metrics()["sluice_client_connections_open"] == 1,
                 "the daemon to notice")
        self.assertEqual(self.connect().ask(PROBE).rcode, wire.NOERROR)
        self.assertEqual(second.ask(PROBE).rcode, wire.NOERROR)


if __name__ == "__main__":
    unittest.main()
