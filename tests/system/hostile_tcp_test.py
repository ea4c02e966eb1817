"""TCP clients that are in a hurry, slow, silent, greedy or broken (RFC 7766)."""

import resource
import select
import socket
import threading
import time
import unittest

import wire
from lab import AMPLE, SystemTest, is_sanitized, wait_for

PROBE = "www.example.com"
MAX_GROWTH = (256 if is_sanitized() else 8) << 20  # of the daemon, in octets
IDLE_SECONDS = 0.3
SHORT_IDLE = 'tcp_idle_timeout = "300ms"'
AT_ONCE = 1.0  # seconds: far less than it takes for any time-out to make room


class TcpTest(SystemTest):
    SERVER = ""

    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(zones=["slow.example=answer,delay=1s",
                                            "slower.example=answer,delay=3s"])
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

    def test_one_beyond_the_clients_share_takes_the_place_of_its_longest_idle_one(self):
        first, second = self.connect(), self.connect()
        self.assertEqual(first.ask(PROBE).rcode, wire.NOERROR)

        third = self.connect()
        self.assertEqual(third.ask(PROBE).rcode, wire.NOERROR)

        self.assertTrue(second.is_closed_by_peer())
        self.assertEqual(first.ask(PROBE).rcode, wire.NOERROR)

    def test_one_beyond_the_clients_share_is_closed_at_once_while_the_others_wait(self):
        first, second = self.connect(), self.connect()
        for index, client in enumerate((first, second)):
            client.send(wire.query(f"host-{index}.slower.example"))
        wait_for(lambda: self.daemon.metrics()['sluice_client_queries_total{transport="tcp"}'] == 2,
                 "both queries to have arrived")

        self.assertTrue(self.connect().is_closed_by_peer())

        self.assertEqual(self.connections("refused"), 1)
        for client in (first, second):
            self.assertEqual(wire.read(client.receive()).rcode, wire.NOERROR)

    def test_a_closed_connection_makes_room(self):
        first, second = self.connect(), self.connect()
        first.socket.close()
        wait_for(lambda: self.daemon.metrics()["sluice_client_connections_open"] == 1,
                 "the daemon to notice")
        self.assertEqual(self.connect().ask(PROBE).rcode, wire.NOERROR)
        self.assertEqual(second.ask(PROBE).rcode, wire.NOERROR)


class Crowds(TcpTest):
    """Many connections that ask nothing, within the limits that the daemon has of its own."""

    CROWD = 1000
    LIMIT, LIMIT_PER_CLIENT = 256, 64

    def setUp(self):
        super().setUp()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2 * self.CROWD), before[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)

    def connect_from(self, address):
        sock = socket.create_connection(("127.0.0.1", self.daemon.port), 20, (address, 0))
        self.addCleanup(sock.close)
        return sock

    def assert_is_answered_at_once(self, address):
        start = time.monotonic()
        sock = self.connect_from(address)
        sock.sendall(wire.framed(wire.query(PROBE)))
        self.assertTrue(select.select([sock], [], [], AT_ONCE)[0], f"no answer for {address}")
        self.assertGreater(len(sock.recv(65535)), 12)
        self.assertLess(time.monotonic() - start, AT_ONCE)

    def test_one_clients_idle_connections_keep_nobody_out(self):
        for _ in range(self.CROWD):
            self.connect_from("127.0.0.1")

        self.assert_is_answered_at_once("127.0.0.1")
        self.assert_is_answered_at_once("127.0.0.2")
        self.assertLessEqual(self.daemon.metrics()["sluice_client_connections_open"],
                             self.LIMIT_PER_CLIENT + 1)

    def test_many_clients_idle_connections_keep_nobody_out(self):
        for index in range(self.CROWD):
            self.connect_from(f"127.0.1.{index % 20 + 1}")

        self.assert_is_answered_at_once("127.0.0.1")
        self.assert_is_answered_at_once("127.0.1.1")
        self.assertLessEqual(self.daemon.metrics()["sluice_client_connections_open"], self.LIMIT)
        self.assertEqual(self.connections("refused"), 0)


class Floods(TcpTest):
    QUERIES = 10_000

    def test_a_pipelined_flood_delays_nobody_else(self):
        others = self.connect()
        self.assertEqual(others.ask(PROBE).rcode, wire.NOERROR)
        flood = self.connect()
        replies = []

        def read_all():
            while len(replies) < self.QUERIES:
                replies.append(wire.id_of(flood.receive()))

        reader = threading.Thread(target=read_all)
        writer = threading.Thread(
            target=flood.send, args=[wire.query(PROBE, id=id) for id in range(self.QUERIES)])
        reader.start()
        writer.start()
        asked, slowest = 0, 0.0
        while reader.is_alive():
            start = time.monotonic()
            self.assertEqual(others.ask(PROBE).rcode, wire.NOERROR)
            slowest = max(slowest, time.monotonic() - start)
            asked += 1
        writer.join()
        reader.join()

        self.assertGreater(asked, 1)
        self.assertLess(slowest, AT_ONCE)
        self.assertEqual(replies, list(range(self.QUERIES)))


if __name__ == "__main__":
    unittest.main()
