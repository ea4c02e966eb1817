"""What RFC 8906 section 8 asks of every server, in its order, and the flags and options of EDNS."""

import struct
import unittest

import wire
from lab import AMPLE, SystemTest

NAME = "www.example.com"
ALL_FLAGS = wire.AA | wire.TC | wire.RA | 0x0040 | wire.AD | wire.CD  # 0x0040: the reserved bit
COOKIE, KEEPALIVE, PADDING, ECS, NSID = 10, 11, 12, 8, 3


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def options_of(reply):
    options, rest = {}, reply.options
    while rest:
        code, size = struct.unpack_from("!HH", rest)
        options[code] = rest[4:4 + size]
        rest = rest[4 + size:]
    return options


class Conformance(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(limit=1_000_000)
        self.daemon = self.start_sluiced(self.vpc.port, AMPLE)

    def each_transport(self):
        with wire.UdpClient(self.daemon.port) as udp, wire.TcpClient(self.daemon.port) as tcp:
            for client in (udp, tcp):
                with self.subTest(client=type(client).__name__):
                    yield client

    def tell(self, client, message):
        client.send(message)
        reply = wire.read(client.receive())
        self.assertEqual(reply.id, wire.id_of(message))
        self.assertTrue(reply.flags & wire.QR)
        return reply

    def test_8_1_1_known_types(self):
        for client in self.each_transport():
            reply = client.ask(NAME)
            self.assertEqual((reply.rcode, len(reply.answers)), (wire.NOERROR, 1))
            self.assertIsNone(reply.edns)

    def test_8_1_2_unknown_types(self):
        for client in self.each_transport():
            for type in (666, 1000, 32769, 65280, 65535):
                reply = client.ask(NAME, type)
                self.assertEqual((reply.rcode, reply.answers), (wire.NOERROR, []))

    def test_8_1_3_header_bits_are_ignored(self):
        for client in self.each_transport():
            for bit in range(16):
                if 1 << bit not in (wire.QR, 0x4000, 0x2000, 0x1000, 0x0800, 8, 4, 2, 1):
                    reply = client.ask(NAME, flags=wire.RD | 1 << bit)
                    self.assertEqual(reply.rcode, wire.NOERROR, hex(1 << bit))
                    self.assertFalse(reply.flags & (wire.AA | wire.TC | wire.AD | 0x0040))
            for rcode in range(1, 16):  # of a query: means nothing
                self.assertEqual(client.ask(NAME, flags=wire.RD | rcode).rcode, wire.NOERROR)

    def test_cd_is_copied_and_rd_too(self):
        for client in self.each_transport():
            self.assertTrue(client.ask(NAME, flags=wire.RD | wire.CD).flags & wire.CD)
            reply = client.ask(NAME, flags=wire.RD)
            self.assertEqual(reply.flags & (wire.CD | wire.RD | wire.RA), wire.RD | wire.RA)

    def test_8_1_4_unknown_opcodes(self):
        for client in self.each_transport():
            for opcode in range(1, 16):
                reply = self.tell(client, wire.header(1, opcode << 11, (0, 0, 0, 0)))
                self.assertEqual((reply.rcode, reply.opcode), (wire.NOTIMP, opcode))

    def test_8_2_1_minimal_edns(self):
        for client in self.each_transport():
            reply = client.ask(NAME, edns=wire.opt())
            self.assertEqual((reply.rcode, reply.edns), (wire.NOERROR, (0, 1232, 0)))

    def test_8_2_2_edns_version_1(self):
        for client in self.each_transport():
            reply = client.ask(NAME, edns=wire.opt(version=1))
            self.assertEqual((reply.rcode, reply.edns[0], reply.answers), (wire.BADVERS, 0, []))

    def test_8_2_3_unknown_edns_options(self):
        for client in self.each_transport():
            for code in (100, 65001, 65535, NSID, ECS, PADDING):
                reply = client.ask(NAME, edns=wire.opt(options=option(code, b"\0\1\0\0")))
                self.assertEqual(reply.rcode, wire.NOERROR)
                self.assertNotIn(code, options_of(reply))

    def test_8_2_4_edns_flags(self):
        for client in self.each_transport():
            for flag in range(15):
                reply = client.ask(NAME, edns=wire.opt(flags=1 << flag))
                self.assertEqual((reply.rcode, reply.edns), (wire.NOERROR, (0, 1232, 0)))
            reply = client.ask(NAME, edns=wire.opt(flags=0x8000))
            self.assertEqual(reply.edns, (0, 1232, 0x8000))

    def test_8_2_5_edns_version_1_with_flags(self):
        for client in self.each_transport():
            reply = client.ask(NAME, edns=wire.opt(version=1, flags=0x0080))
            self.assertEqual((reply.rcode, reply.edns), (wire.BADVERS, (0, 1232, 0)))

    def test_8_2_6_edns_version_1_with_options(self):
        for client in self.each_transport():
            reply = client.ask(NAME, edns=wire.opt(version=1, options=option(100)))
            self.assertEqual((reply.rcode, reply.edns[0]), (wire.BADVERS, 0))
            self.assertNotIn(100, options_of(reply))

    def test_8_2_7_truncated_responses_have_edns(self):
        with wire.UdpClient(self.daemon.port) as client:
            reply = client.ask("large.example", "TXT", edns=wire.opt(size=512))
            self.assertTrue(reply.flags & wire.TC)
            self.assertEqual(reply.edns[0], 0)
            self.assertLessEqual(reply.size, 512)

    def test_8_2_8_do_is_copied(self):
        for client in self.each_transport():
            self.assertEqual(client.ask(NAME, edns=wire.opt(flags=0x8000)).edns[2], 0x8000)

    def test_8_2_10_several_options_at_once(self):
        options = option(NSID) + option(COOKIE, b"8 octets") + option(ECS, b"\0\1\0\0") + \
            option(KEEPALIVE)
        with wire.TcpClient(self.daemon.port) as tcp:
            reply = tcp.ask(NAME, edns=wire.opt(options=options))
            answered = options_of(reply)
            self.assertEqual(set(answered), {COOKIE, KEEPALIVE})
            self.assertEqual(answered[COOKIE][:8], b"8 octets")
            self.assertEqual(len(answered[COOKIE]), 24)
            self.assertEqual(struct.unpack("!H", answered[KEEPALIVE])[0], 100)  # 10 s
        with wire.UdpClient(self.daemon.port) as udp:
            reply = udp.ask(NAME, edns=wire.opt(options=options))
            self.assertEqual(set(options_of(reply)), {COOKIE})

    def test_any_is_small_over_udp_and_whole_over_tcp(self):
        with wire.UdpClient(self.daemon.port) as udp, wire.TcpClient(self.daemon.port) as tcp:
            [(type, ttl, rdata)] = udp.ask(NAME, "ANY").answers
            self.assertEqual((type, rdata), (13, b"\7RFC8482\0"))
            self.assertNotIn(13, [type for type, _, _ in tcp.ask(NAME, "ANY").answers])

    def test_classes_other_than_in_are_forwarded(self):
        for client in self.each_transport():
            for klass in (2, wire.CH, 4, 254, 255, 65280):
                reply = client.ask("version.bind", "TXT", klass=klass)
                self.assertEqual(reply.question, wire.question("version.bind", "TXT", klass))


if __name__ == "__main__":
    unittest.main()
