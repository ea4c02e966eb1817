"""What can be looked at afterwards: the query log, and dnstap with the collector of its authors."""

import signal
import socket
import struct
import time
import unittest

import wire
from lab import PATIENCE, Process, SystemTest, Sluiced, hang_up, wait_for

CLIENT_QUERY, CLIENT_RESPONSE, FORWARDER_QUERY, FORWARDER_RESPONSE = 5, 6, 7, 8


class TraceTest(SystemTest):
    def start_with(self, section):
        self.vpc = self.start_vpcsim()
        self.daemon = self.start_sluiced(self.vpc.port, config=Sluiced.DEFAULT + section)
        self.client = wire.UdpClient(self.daemon.port)
        self.addCleanup(self.client.socket.close)

    def metric(self, series):
        return self.daemon.metrics()[series]


class QueryLog(TraceTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "queries.log"

    def configure(self, rest, file=None):
        self.start_with(f'[query_log]\nfile = "{file or self.file}"\n{rest}\n')

    def lines(self, count):
        """The first `count` lines, each as {key: value}."""
        def read():
            lines = self.file.read_text().splitlines() if self.file.exists() else []
            return lines if len(lines) >= count else None
        return [dict(field.split("=", 1) for field in line.split(" "))
                for line in wait_for(read, f"{count} lines of the query log")]

    def test_has_a_line_for_a_miss_and_one_for_a_hit(self):
        self.configure("sample = 1")
        self.client.ask("www.example.com")
        self.client.ask("www.example.com")
        miss, hit = self.lines(2)
        self.assertEqual(list(miss), ["time", "client", "name", "type", "class", "rcode", "source",
                                      "latency_ms", "upstream", "zone", "tries", "size", "ede"])
        self.assertRegex(miss["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        port = self.client.socket.getsockname()[1]
        for line in miss, hit:
            self.assertEqual(line["client"], f"127.0.0.1:{port}")
            self.assertEqual([line[key] for key in ("name", "type", "class", "rcode", "ede")],
                             ["www.example.com.", "A", "IN", "NOERROR", "-"])
            self.assertGreater(int(line["size"]), 30)
        self.assertEqual([miss[key] for key in ("source", "upstream", "zone", "tries")],
                         ["upstream", "vpc", ".", "1"])
        self.assertEqual([hit[key] for key in ("source", "upstream", "zone", "tries")],
                         ["cache", "-", "-", "-"])
        self.assertGreater(float(miss["latency_ms"]), float(hit["latency_ms"]))

    def test_says_what_its_fields_name_and_no_more(self):
        self.configure('sample = 1\nfields = ["ede", "rcode", "name", "source"]')
        reply = self.client.ask("secret.test", edns=wire.opt())
        self.client.ask("new\n name.example")
        local, odd = self.lines(2)
        self.assertEqual(local, {"name": "secret.test.", "rcode": "NXDOMAIN", "source": "local",
                                 "ede": str(reply.ede[0]) if reply.ede else "-"})
        self.assertEqual(odd["name"], r'"new\\010\\032name.example."')

    def test_has_one_of_so_many_queries(self):
        self.configure("sample = 10")
        for _ in range(31):
            self.client.ask("www.example.com")
        self.lines(3)
        wait_for(lambda: self.metric("sluice_query_log_lines_total") == 3, "3 lines counted")
        self.assertEqual(len(self.lines(3)), 3)

    def test_begins_a_new_file_when_the_old_one_was_renamed(self):
        self.configure("sample = 1")
        self.client.ask("old.example.com")
        self.lines(1)
        self.file.rename(self.folder / "queries.log.1")
        hang_up(self.daemon)
        self.daemon.wait_for_output("event=reloaded")
        self.client.ask("new.example.com")
        self.assertEqual([line["name"] for line in self.lines(1)], ["new.example.com."])

    def test_is_turned_on_by_a_reload(self):
        self.start_with("")
        self.client.ask("www.example.com")
        self.daemon.write_config(
            Sluiced.DEFAULT + f'[query_log]\nsample = 1\nfile = "{self.file}"\n')
        hang_up(self.daemon)
        self.daemon.wait_for_output("event=reloaded")
        self.client.ask("www.example.com")
        self.assertEqual([line["source"] for line in self.lines(1)], ["cache"])

    def test_goes_to_the_log_of_the_process_without_a_file(self):
        self.start_with('[query_log]\nsample = 1\nfields = ["name", "rcode"]\n')
        self.client.ask("www.example.com")
        self.daemon.wait_for_output(
            r"level=info event=query name=www\.example\.com\. rcode=NOERROR\n")

    def test_counts_what_the_disk_does_not_take(self):
        self.configure("sample = 1", file="/dev/full")
        self.client.ask("www.example.com")
        wait_for(lambda: self.metric("sluice_query_log_dropped_total") == 1, "a line dropped")
        self.assertEqual(self.metric("sluice_query_log_lines_total"), 0)


def fields_of(message):
    """{number: value} of a protocol buffer: integers and octets."""
    fields, at = {}, 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            octet = message[at]
            at += 1
            value |= (octet & 0x7f) << shift
            shift += 7
            if octet < 0x80:
                return value
    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        elif tag & 7 == 2:
            size = varint()
            value = message[at:at + size]
            at += size
        else:
            value = struct.unpack_from("<I", message, at)[0]
            at += 4
        fields[tag >> 3] = value
    return fields


def frames_of(data):
    """The data frames of a file in Frame Streams; control frames begin with a size of 0."""
    at = 0
    while at < len(data):
        size = struct.unpack_from("!I", data, at)[0]
        at += 4
        if size == 0:
            at += 4 + struct.unpack_from("!I", data, at)[0]
            continue
        yield data[at:at + size]
        at += size


class Dnstap(TraceTest):
    def setUp(self):
        super().setUp()
        self.need("fstrm_capture")
        self.socket = self.folder / "dnstap.sock"
        self.captures = 0

    def capture(self):
        """A collector; what it got is in the file of `messages`, once it is stopped."""
        self.captures += 1
        self.file = self.folder / f"capture{self.captures}.fstrm"
        self.socket.unlink(missing_ok=True)
        collector = self.start(Process(
            self.folder, f"capture{self.captures}",
            ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", self.socket, "-w", self.file]))
        wait_for(self.socket.exists, "the collector")
        return collector

    def configure(self, rest=""):
        self.start_with(f'[dnstap]\nsocket = "{self.socket}"\nidentity = "host-7"\n{rest}\n')

    def counted(self, result):
        return self.metric(f'sluice_dnstap_frames_total{{result="{result}"}}')

    def ask_until_sent(self, more):
        """Asks for new names until so many more messages are counted as sent."""
        before = self.counted("sent")
        end = time.monotonic() + PATIENCE
        while self.counted("sent") < before + more:
            self.assertLess(time.monotonic(), end, "nothing is sent")
            self.client.ask(f"n{time.monotonic_ns()}.example.com")
            time.sleep(0.1)

    def messages(self, collector):
        """[(fields of the frame, fields of its message)] that the collector got."""
        collector.child.send_signal(signal.SIGTERM)
        collector.wait()
        frames = [fields_of(frame) for frame in frames_of(self.file.read_bytes())]
        return [(frame, fields_of(frame[14])) for frame in frames]

    def test_tells_of_queries_to_upstreams_and_their_responses(self):
        collector = self.capture()
        self.configure()
        self.ask_until_sent(2)
        got = self.messages(collector)
        frame, query = next(pair for pair in got if pair[1][1] == FORWARDER_QUERY)
        response = next(message for _, message in got if message[1] == FORWARDER_RESPONSE and
                        wire.id_of(message[14]) == wire.id_of(query[10]))
        self.assertEqual((frame[1], frame[15]), (b"host-7", 1))
        self.assertTrue(frame[2].startswith(b"sluice "), frame[2])
        for message in query, response:
            self.assertEqual((message[2], message[3]), (1, 1), "over UDP and IPv4")
            self.assertEqual(message[5], socket.inet_aton("127.0.0.1"))
            self.assertEqual(message[7], self.vpc.port)
            self.assertAlmostEqual(message[8], time.time(), delta=60)
        self.assertGreaterEqual((response[12], response[13]), (query[8], query[9]))
        self.assertIn(b"\x07example\x03com\x00", query[10])
        self.assertEqual(len(wire.read(response[14]).addresses), 1)

    def test_tells_of_clients_when_it_is_asked_to(self):
        collector = self.capture()
        self.configure('messages = ["client_query", "client_response"]\nsample = 1')
        self.ask_until_sent(2)
        self.client.ask("twice.example.com")  # a miss, and then a hit
        self.client.ask("twice.example.com")
        self.daemon.stop()  # what was on its way is sent before it ends
        got = [message for _, message in self.messages(collector)
               if b"\x05twice" in message.get(10, message.get(14))]
        self.assertEqual([message[1] for message in got], [CLIENT_QUERY, CLIENT_RESPONSE] * 2)
        self.assertEqual({message[6] for message in got}, {self.client.socket.getsockname()[1]})

    def test_drops_and_counts_what_nobody_collects_and_finds_who_does(self):
        self.configure()
        self.client.ask("lost.example.com")
        wait_for(lambda: self.counted("dropped") == 2, "a query and a response dropped")
        first = self.capture()
        self.ask_until_sent(2)
        self.assertGreater(len(self.messages(first)), 0)
        # It has gone, and what was on its way to it is lost. Another takes its place.
        dropped = self.counted("dropped")
        self.client.ask("lost-again.example.com")
        wait_for(lambda: self.counted("dropped") > dropped, "messages dropped")
        second = self.capture()
        self.ask_until_sent(2)
        self.assertGreater(len(self.messages(second)), 0)

    def test_is_not_held_up_by_a_collector_that_does_nothing(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
            silent.bind(str(self.socket))
            silent.listen()
            self.configure('messages = ["client_query", "client_response", "forwarder_query"]\n'
                           "sample = 1")
            started = time.monotonic()
            for _ in range(1000):
                self.client.ask("www.example.com")
            self.assertLess(time.monotonic() - started, PATIENCE / 2)
            wait_for(lambda: self.counted("dropped") >= 2000, "messages dropped")
        self.assertEqual(self.counted("sent"), 0)


if __name__ == "__main__":
    unittest.main()
