"""Changes to a running daemon: its configuration and its end."""

import json
import re
import signal
import subprocess
import unittest

import wire
from lab import BIN, PATIENCE, SystemTest, hang_up, wait_for

UPSTREAMS = """
[[budget]]
name = "eni"
shared = ""
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
budget = "eni"
[[upstream]]
name = "other"
servers = ["127.0.0.1:{other}"]
"""
ROOT = """
[[zone]]
name = "."
upstream = "vpc"
"""
SLOW = """
[[zone]]
name = "slow.example"
upstream = "vpc"
weight = 10
"""


class DaemonTest(SystemTest):
    SERVER = ""

    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(zones=["slow.example=answer,delay=1s"])
        self.other = self.start_vpcsim(zones=[".=nxdomain"], name="other")
        self.upstreams = UPSTREAMS.replace("{other}", str(self.other.port))
        self.daemon = self.start_sluiced(self.vpc.port, self.upstreams + ROOT, server=self.SERVER)
        self.client = wire.UdpClient(self.daemon.port)
        self.addCleanup(self.client.socket.close)

    def reload(self, config, result="ok"):
        """Writes and signals; returns when the daemon says that it has read the file."""
        before = self.reloads(result)
        self.daemon.write_config(config)
        hang_up(self.daemon)
        wait_for(lambda: self.reloads(result) == before + 1, f"a reload that is {result}")

    def reloads(self, result):
        return self.daemon.metrics()[f'sluice_reloads_total{{result="{result}"}}']

    def send_and_wait_until_in_flight(self, name):
        message = wire.query(name, edns=wire.opt())
        self.client.send(message)
        wait_for(lambda: self.daemon.metrics()["sluice_questions_in_flight"] == 1, name)
        return message

    def rcode(self, name):
        return self.client.ask(name).rcode


class Reload(DaemonTest):
    SERVER = 'deadline = "3s"'

    def test_a_new_zone_takes_effect_and_what_is_cached_stays(self):
        self.assertEqual(self.rcode("known.corp.example"), wire.NOERROR)

        self.reload(self.upstreams + ROOT
                    + '[[zone]]\nname = "corp.example"\nupstream = "other"\n')

        self.assertEqual(self.rcode("new.corp.example"), wire.NXDOMAIN)
        packets = self.daemon.total("sluice_zone_upstream_packets_total")
        self.assertEqual(self.rcode("known.corp.example"), wire.NOERROR)
        self.assertEqual(self.daemon.total("sluice_zone_upstream_packets_total"), packets)

    def test_a_new_weight_takes_effect(self):
        self.reload(self.upstreams + ROOT + "weight = 7\n")
        [zone] = self.daemon.control("zones")
        self.assertEqual(zone["weight"], 7)

    def test_a_new_server_takes_effect_and_the_old_one_is_left_alone(self):
        self.assertEqual(self.rcode("known.example.com"), wire.NOERROR)

        self.reload(self.upstreams.replace("{upstream}", str(self.other.port)) + ROOT)
        self.assertEqual(self.vpc.summary()["packets"], 1)  # ends the old server

        self.assertEqual(self.rcode("new.example.com"), wire.NXDOMAIN)
        self.assertEqual(self.rcode("known.example.com"), wire.NOERROR)

    def test_a_question_in_flight_is_answered_though_its_zone_is_gone(self):
        self.reload(self.upstreams + ROOT + SLOW)
        message = self.send_and_wait_until_in_flight("host.slow.example")

        self.reload(self.upstreams + ROOT)

        reply = wire.read(self.client.receive_reply_to(message)[-1])
        self.assertEqual((reply.rcode, len(reply.addresses)), (wire.NOERROR, 1))

    def test_a_question_to_a_silent_server_gets_its_servfail_though_the_server_is_gone(self):
        message = self.send_and_wait_until_in_flight("host.silent.example")

        self.reload(self.upstreams.replace("{upstream}", str(self.other.port)) + ROOT)

        reply = wire.read(self.client.receive_reply_to(message)[-1])
        self.assertEqual((reply.rcode, reply.ede[0]), (wire.SERVFAIL, 22))

    def test_a_broken_file_changes_nothing(self):
        self.reload("[[zone]]\nname = \n", result="failed")
        self.reload(self.upstreams + ROOT + "wait = 3\n", result="failed")

        self.assertEqual((self.reloads("failed"), self.reloads("ok")), (2, 0))
        self.assertIn("level=error event=bad_config", self.daemon.output)
        self.assertEqual(self.rcode("www.example.com"), wire.NOERROR)
        self.assertEqual([zone["zone"] for zone in self.daemon.control("zones")], ["."])

    def test_the_control_tool_returns_the_problems(self):
        self.daemon.write_config(self.upstreams + ROOT + "weight = 0\nwait = 3\n")
        command = [str(BIN / "sluicectl"), "--socket", str(self.daemon.socket)]
        told = subprocess.run([*command, "--json", "reload"], capture_output=True, text=True,
                              timeout=PATIENCE)
        text = subprocess.run([*command, "reload"], capture_output=True, text=True,
                              timeout=PATIENCE)

        self.assertEqual((told.returncode, text.returncode), (1, 1))
        problems = json.loads(told.stdout)["problems"]
        keys = [re.match(rf"{self.daemon.config}:\d+: ([^:]+): ", each)[1] for each in problems]
        self.assertEqual(keys, ["zone[0].weight", "zone[0].wait"])
        self.assertEqual(text.stdout, "")
        for problem in problems:
            self.assertIn(problem, text.stderr)
        self.assertEqual(self.reloads("failed"), 2)

    def test_what_needs_a_restart_is_told_and_stays(self):
        text = self.daemon.config.read_text()
        self.daemon.config.write_text(text.replace("[server]", "[server]\nthreads = 2")
                                      + "max_wait = \"1s\"\n")
        self.assertEqual(self.daemon.control("reload"), {"result": "ok"})

        self.assertEqual(re.findall(r"event=needs_restart key=(\S+)", self.daemon.output),
                         ["server.threads"])
        self.assertEqual(self.daemon.control("status")["threads"], 1)
        self.assertEqual(self.rcode("www.example.com"), wire.NOERROR)


class Stop(DaemonTest):
    SERVER = 'deadline = "20s"'

    def test_sigterm_answers_what_has_been_asked_and_ends_with_0(self):
        message = self.send_and_wait_until_in_flight("host.slow.example")
        self.daemon.signal(signal.SIGTERM)

        reply = wire.read(self.client.receive_reply_to(message)[-1])

        self.assertEqual((reply.rcode, len(reply.addresses)), (wire.NOERROR, 1))
        self.assertEqual(self.daemon.wait(), 0)
        self.assertIn("event=stopped unanswered=0", self.daemon.output)

    def test_sigterm_answers_over_tcp_too(self):
        with wire.TcpClient(self.daemon.port) as tcp:
            tcp.send(wire.query("host.slow.example"))
            wait_for(lambda: self.daemon.metrics()["sluice_questions_in_flight"] == 1,
                     "the question to be in flight")
            self.daemon.signal(signal.SIGTERM)

            self.assertEqual(wire.read(tcp.receive()).rcode, wire.NOERROR)
            self.assertIsNone(tcp.receive())
        self.assertEqual(self.daemon.wait(), 0)

    def test_the_drain_has_an_end(self):
        self.send_and_wait_until_in_flight("host.silent.example")
        self.daemon.signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(), 0)
        self.assertIn("event=stopped unanswered=1", self.daemon.output)

    def test_a_second_sigterm_waits_for_nobody(self):
        self.send_and_wait_until_in_flight("host.silent.example")
        self.daemon.signal(signal.SIGTERM)
        self.daemon.wait_for_output("event=draining in_flight=1")
        self.daemon.signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(), 0)
        self.assertNotIn("event=stopped", self.daemon.output)  # the end of a drain

    def test_sigint_is_a_sigterm(self):
        self.daemon.signal(signal.SIGINT)
        self.assertEqual(self.daemon.wait(), 0)
        self.assertFalse(self.daemon.socket.exists())


if __name__ == "__main__":
    unittest.main()
