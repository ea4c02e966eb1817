"""Datagrams that no honest client sends, and upstreams that no honest operator runs."""

import random
import unittest

import wire
from lab import AMPLE, SystemTest, is_sanitized, wait_for

CONFIG = '[cache]\nmax_bytes = "1MiB"\n' + AMPLE
PROBE = "www.example.com"
MAX_GROWTH = (256 if is_sanitized() else 8) << 20  # of the daemon, in octets
NO_LIMIT = 1_000_000
ERROR_CODE_SIZE = 6


class HostileTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(limit=NO_LIMIT)
        self.daemon = self.start_sluiced(self.vpc.port, CONFIG, server="max_exchanges = 256")
        self.client = wire.UdpClient(self.daemon.port)
        self.addCleanup(self.client.socket.close)
        self.client.ask(PROBE)  # it is answered from the cache from now on

    def replies_to(self, message):
        """What the daemon says to `message`. A probe behind it, answered from the cache and so in
        its turn, tells when nothing more is to come, and that the daemon is still well."""
        probe = wire.query(PROBE)
        self.client.send(message)
        self.client.send(probe)
        *replies, answer = self.client.receive_reply_to(probe)
        self.assertEqual(wire.read(answer).rcode, wire.NOERROR)
        return replies

    def assert_silence(self, message):
        self.assertEqual(self.replies_to(message), [], message.hex())

    def assert_error(self, message, rcode):
        """One reply with this RCODE, which is no larger than the message but for the code of an
        extended error. Returns it."""
        replies = self.replies_to(message)
        self.assertEqual(len(replies), 1, message.hex())
        reply = wire.read(replies[0])
        self.assertEqual(reply.rcode, rcode, message.hex())
        self.assertEqual(reply.id, wire.id_of(message))
        self.assertEqual(reply.answers, [])
        self.assertLessEqual(reply.size, len(message) + ERROR_CODE_SIZE, message.hex())
        return reply


class HostileForms(HostileTest):
    def test_less_than_a_header_gets_no_reply(self):
        for size in range(12):
            self.assert_silence(wire.query(PROBE)[:size])

    def test_a_response_gets_no_reply(self):
        for flags in (wire.QR, wire.QR | wire.RD | wire.RA, 0xffff):
            self.assert_silence(wire.query(PROBE, flags=flags))

    def test_other_opcodes_are_not_implemented(self):
        for opcode in range(1, 16):
            message = wire.query(PROBE, flags=wire.RD | opcode << 11)
            reply = self.assert_error(message, wire.NOTIMP)
            self.assertEqual(reply.opcode, opcode)

    def test_there_is_exactly_one_question(self):
        question = wire.question(PROBE)
        self.assert_error(wire.header(1, counts=(0, 0, 0, 0)), wire.FORMERR)
        self.assert_error(wire.header(2, counts=(2, 0, 0, 0)) + question * 2, wire.FORMERR)
        self.assert_error(wire.header(3, counts=(65535, 0, 0, 0)) + question, wire.FORMERR)

    def test_a_question_that_is_cut_off_is_malformed(self):
        message = wire.query(PROBE)
        for size in range(12, len(message)):
            self.assert_error(message[:size], wire.FORMERR)

    def test_names_have_at_most_255_octets(self):
        label = b"\x3f" + b"a" * 63
        end = b"\0\0\1\0\1"
        longest = label * 3 + b"\x3d" + b"a" * 61
        self.assertEqual(len(longest) + 1, 255)
        self.client.send(wire.header(0x4001) + longest + end)
        self.assertEqual(wire.read(self.client.receive()).rcode, wire.NOERROR)
        too_long = label * 3 + b"\x3e" + b"a" * 62
        self.assert_error(wire.header(0x4002) + too_long + end, wire.FORMERR)
        self.assert_error(wire.header(0x4003) + label * 7 + end, wire.FORMERR)

    def test_unknown_label_types_and_pointers_in_the_question_are_malformed(self):
        for name in (b"\x40", b"\x41a\0", b"\x80a\0", b"\xbfa\0",
                     b"\xc0\x0c", b"\xc0\x0e\0", b"\xc0\x00", b"\xff\xff", b"\1a\xc0\x0c"):
            self.assert_error(wire.header(7) + name + b"\0\1\0\1", wire.FORMERR)

    def test_octets_behind_the_end_are_malformed(self):
        for garbage in (b"\0", b"\0" * 11, b"x" * 1000):
            self.assert_error(wire.query(PROBE) + garbage, wire.FORMERR)
            self.assert_error(wire.query(PROBE, edns=wire.opt()) + garbage, wire.FORMERR)

    def test_a_query_has_no_answers(self):
        answer = wire.record(b"\xc0\x0c", "A", wire.IN, 3600, bytes((192, 0, 2, 66)))
        message = wire.header(9, counts=(1, 1, 0, 0)) + wire.question(PROBE) + answer
        self.assert_error(message, wire.FORMERR)
        addresses = self.client.ask(PROBE).addresses
        self.assertNotIn("192.0.2.66", addresses)

    def test_counts_beyond_the_records_are_malformed(self):
        for counts in ((1, 0, 1, 0), (1, 0, 0, 1), (1, 0, 65535, 65535), (1, 65535, 0, 0)):
            self.assert_error(wire.header(10, counts=counts) + wire.question(PROBE), wire.FORMERR)


class HostileEdns(HostileTest):
    def assert_bad_opt(self, counts, records):
        message = wire.header(11, counts=counts) + wire.question(PROBE) + records
        self.assert_error(message, wire.FORMERR)

    def test_there_is_one_opt_record_at_the_root_in_the_last_section(self):
        self.assert_bad_opt((1, 0, 0, 2), wire.opt() * 2)
        self.assert_bad_opt((1, 0, 0, 1), wire.opt(owner=wire.name("example")))
        self.assert_bad_opt((1, 0, 1, 0), wire.opt())

    def test_options_are_whole(self):
        for options in (b"\0", b"\0\x0a\0", b"\0\x0a\0\x08short", b"\0\x0a\xff\xff"):
            self.assert_bad_opt((1, 0, 0, 1), wire.opt(options=options))

    def test_a_later_version_is_answered_with_ours(self):
        for version in (1, 2, 255):
            reply = self.assert_error(wire.query(PROBE, edns=wire.opt(version=version)),
                                      wire.BADVERS)
            self.assertEqual(reply.edns[0], 0)

    def test_an_unknown_option_is_passed_over(self):
        reply = self.client.ask(PROBE, edns=wire.opt(options=b"\xff\xf0\0\3abc"))
        self.assertEqual(reply.rcode, wire.NOERROR)
        self.assertEqual(reply.edns[0], 0)

    def test_a_reply_is_no_larger_than_the_client_takes(self):
        self.daemon_knows("large.example", "TXT")
        for edns, most in ((None, 512), (wire.opt(size=0), 512), (wire.opt(size=600), 600),
                           (wire.opt(size=1232), 1232)):
            reply = self.client.ask("large.example", "TXT", edns=edns)
            self.assertLessEqual(reply.size, most)
            self.assertTrue(reply.flags & wire.TC)
            self.assertGreater(len(reply.answers), 0)

    def daemon_knows(self, name, type):
        with wire.TcpClient(self.daemon.port) as tcp:
            self.assertGreater(tcp.ask(name, type).size, 1232)


class HostileQuestions(HostileTest):
    def test_zone_transfers_are_refused(self):
        for type in ("AXFR", "IXFR"):
            reply = self.client.ask("example.com", type, edns=wire.opt())
            self.assertEqual(reply.rcode, wire.REFUSED)
            self.assertEqual(reply.ede[0], 21)
            self.assert_error(wire.query("example.com", type), wire.REFUSED)

    def test_types_of_a_message_are_no_types_of_a_question(self):
        for type in ("OPT", "TSIG"):
            self.assert_error(wire.query("example.com", type), wire.FORMERR)

    def test_other_classes_are_forwarded_as_they_are(self):
        before = self.daemon.total("sluice_zone_upstream_packets_total")
        for klass in (wire.CH, wire.ANY_CLASS):
            reply = self.client.ask("version.bind", "TXT", klass=klass)
            self.assertEqual(reply.rcode, wire.NOERROR)
            self.assertEqual(reply.question, wire.question("version.bind", "TXT", klass))
        after = self.daemon.total("sluice_zone_upstream_packets_total")
        self.assertEqual(after - before, 2)

    def test_without_recursion_desired_only_the_cache_answers(self):
        self.assertEqual(self.client.ask(PROBE, flags=0).rcode, wire.NOERROR)
        before = self.daemon.total("sluice_zone_upstream_packets_total")
        reply = self.client.ask("unknown.example.com", flags=0, edns=wire.opt())
        self.assertEqual(reply.rcode, wire.REFUSED)
        self.assertEqual(reply.ede[0], 20)
        self.assertFalse(reply.flags & wire.RD)
        after = self.daemon.total("sluice_zone_upstream_packets_total")
        self.assertEqual(after, before)

    def test_the_question_comes_back_letter_by_letter(self):
        for text in ("wWw.ExAmPlE.cOm", "WWW.EXAMPLE.COM"):
            reply = self.client.ask(text)
            self.assertEqual(reply.question, wire.question(text))
            self.assertEqual(reply.rcode, wire.NOERROR)


class HostileUpstream(HostileTest):
    def truth(self, name):
        """What the upstream says itself, behind its forgery."""
        with wire.UdpClient(self.vpc.port) as client:
            message = wire.query(name)
            client.send(message)
            while True:
                reply = wire.read(client.receive_reply_to(message)[-1])
                if reply.question == wire.question(name):
                    return reply

    def test_forged_replies_do_not_count(self):
        for zone in ("wrongid", "wrongquestion"):
            name = f"host.{zone}.example"
            reply = self.client.ask(name)
            self.assertEqual(reply.rcode, wire.NOERROR)
            self.assertEqual(reply.question, wire.question(name))
            self.assertEqual(len(reply.addresses), 1)
            self.assertEqual(reply.addresses, self.truth(name).addresses)
        self.assertEqual(self.daemon.total("sluice_upstream_mismatched_total"), 2)

    def test_a_malformed_response_ends_in_servfail_that_says_so(self):
        reply = self.client.ask("host.malformed.example", edns=wire.opt())
        self.assertEqual((reply.rcode, reply.ede[0]), (wire.SERVFAIL, 24))
        again = self.client.ask("host.malformed.example", edns=wire.opt())
        self.assertEqual((again.rcode, again.ede[0]), (wire.SERVFAIL, 13))

    def test_a_server_that_knows_no_edns_is_asked_without(self):
        reply = self.client.ask("host.formerr.example")
        self.assertEqual(reply.rcode, wire.NOERROR)
        self.assertEqual(len(reply.addresses), 1)
        self.assertEqual(self.daemon.total("sluice_upstream_edns_refused_total"), 1)

    def test_failures_of_the_upstream_say_whose_they_are(self):
        for zone in ("servfail", "refused"):
            reply = self.client.ask(f"host.{zone}.example", edns=wire.opt())
            self.assertEqual(reply.rcode, wire.SERVFAIL)
            self.assertIn("vpc 127.0.0.1", reply.ede[1])


class Mutations(HostileTest):
    SEEDS = (wire.query(PROBE, id=1), wire.query("4.3.2.1.in-addr.arpa", "PTR", id=2),
             wire.query("a.b.c.d.example.net", "AAAA", edns=wire.opt(), id=3),
             wire.query("example.org", "TXT", id=4,
                        edns=wire.opt(flags=0x8000, options=b"\0\x0a\0\x08cookies!")))
    BATCH = 50
    LONGEST = max(map(len, SEEDS)) + 3 * 4  # three mutations add up to four octets each

    def setUp(self):
        super().setUp()
        self.random = random.Random(20240701)

    def mutated(self):
        message = bytearray(self.random.choice(self.SEEDS))
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randrange(len(message))
            match self.random.randrange(8):
                case 0:
                    del message[at:at + self.random.randint(1, 4)]
                case 1:
                    message[at:at] = self.random.randbytes(self.random.randint(1, 4))
                case 2 | 3 | 4:
                    message[at] = self.random.randrange(256)
                case _:
                    message[at] ^= 1 << self.random.randrange(8)
        return bytes(message)

    def mutated_frame(self):
        frame = bytearray(wire.framed(self.mutated()))
        if self.random.random() < 0.1:
            frame[self.random.randrange(2)] = self.random.randrange(256)
        return bytes(frame)

    def storm(self, packets):
        """So many mutated datagrams, in batches, so that none is lost before it is read."""
        for _ in range(packets // self.BATCH):
            for _ in range(self.BATCH):
                self.client.send(self.mutated())
            probe = wire.query(PROBE)
            self.client.send(probe)
            for reply in self.client.receive_reply_to(probe):
                self.check_reply(reply)

    def check_reply(self, octets):
        """Well-formed, whatever the question was, and no larger than it deserves."""
        reply = wire.read(octets)
        if reply.rcode in (wire.FORMERR, wire.NOTIMP, wire.BADVERS):
            self.assertLessEqual(reply.size, self.LONGEST + ERROR_CODE_SIZE)
        elif reply.edns is None:
            self.assertLessEqual(reply.size, 512)

    def assert_counters_add_up(self, messages):
        """Each message was answered, dropped for a reason, or a retransmit of one that waits."""
        settled = lambda: self.daemon.metrics()["sluice_waiters"] == 0
        wait_for(settled, "everything in flight to be answered")
        self.assertEqual(self.daemon.total("sluice_client_queries_total"), messages)
        self.assertEqual(self.daemon.total(
            "sluice_client_replies_total", "sluice_client_drops_total",
            "sluice_zone_retransmits_absorbed_total"), messages)

    def test_100_000_datagrams_do_no_harm(self):
        sent_before = self.daemon.total("sluice_client_queries_total")
        self.storm(20_000)
        before = self.daemon.resident_bytes()

        self.storm(80_000)

        self.assertLess(self.daemon.resident_bytes() - before, MAX_GROWTH)
        self.assert_counters_add_up(sent_before + 100_000 + 100_000 / self.BATCH)
        self.assertEqual(self.client.ask(PROBE).rcode, wire.NOERROR)

    def test_10_000_messages_over_tcp_do_no_harm(self):
        before = self.daemon.resident_bytes()
        for _ in range(2_000):
            frames = b"".join(self.mutated_frame() for _ in range(5))
            with wire.TcpClient(self.daemon.port) as client:
                client.socket.sendall(frames)
                client.end_input()
                self.assertTrue(client.is_closed_by_peer(), frames.hex())

        self.assertLess(self.daemon.resident_bytes() - before, MAX_GROWTH)
        wait_for(lambda: self.daemon.metrics()["sluice_client_connections_open"] == 0,
                 "the last connection to be gone")
        metrics = self.daemon.metrics()
        self.assertEqual(metrics['sluice_client_connections_total{event="accepted"}'], 2_000)
        self.assert_counters_add_up(self.daemon.total("sluice_client_queries_total"))


if __name__ == "__main__":
    unittest.main()
