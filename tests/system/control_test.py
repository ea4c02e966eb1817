"""The control tool and the pages over HTTP of a running daemon."""

import json
import subprocess
import unittest
import urllib.error
import urllib.request

import wire
from lab import BIN, PATIENCE, SystemTest, wait_for

VERBS = {  # and what people find in the text
    "status": r"(?m)^ready +yes$",
    "stats": r'(?m)^sluice_client_queries_total\{transport="udp"\} +1$',
    "zones": r"(?m)^in-addr\.arpa\.? +0 ",
    "upstreams": r"(?m)^vpc +127\.0\.0\.1:\d+ ",
    "budget": r"(?m)^limit +1024 packets/s$",
    "requests": r"(?m)^nothing in flight$",
    "reload": r"^the new configuration is in force$",
    "version": r"^\d+\.\d+\.\d+$",
}


class ControlTool(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim()
        self.daemon = self.start_sluiced(self.vpc.port)
        self.client = wire.UdpClient(self.daemon.port)
        self.addCleanup(self.client.socket.close)

    def ctl(self, *arguments, path=None):
        command = [BIN / "sluicectl", "--socket", path or self.daemon.socket, *arguments]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=PATIENCE)

    def test_each_verb_has_a_text_for_people_and_json_for_programs(self):
        self.client.ask("www.example.com")
        for verb, pattern in VERBS.items():
            text = self.ctl(verb)
            self.assertEqual((text.returncode, text.stderr), (0, ""), verb)
            self.assertRegex(text.stdout, pattern)
            machine = self.ctl("--json", verb)
            self.assertEqual((machine.returncode, machine.stderr), (0, ""), verb)
            json.loads(machine.stdout)

    def test_the_numbers_are_those_of_the_queries(self):
        self.client.ask("www.example.com")
        self.client.ask("www.example.com")
        self.client.ask("4.3.2.1.in-addr.arpa", "PTR")

        status = self.daemon.control("status")
        self.assertEqual((status["pid"], status["ready"]), (self.daemon.child.pid, True))
        self.assertEqual(status["listen"], [f"127.0.0.1:{self.daemon.port}"])
        zones = {zone["zone"].rstrip("."): zone for zone in self.daemon.control("zones")}
        self.assertEqual((zones[""]["queries"], zones[""]["packets"]), (1, 1))
        self.assertEqual((zones["in-addr.arpa"]["queries"], zones["in-addr.arpa"]["weight"]),
                         (1, 10))
        self.assertEqual(self.daemon.control("budget")[0]["packets"], 2)
        self.assertEqual(sum(each["answered"] for each in self.daemon.control("upstreams")), 2)
        self.assertEqual(self.daemon.control("version")["version"], status["version"])

    def test_questions_in_flight_are_listed_with_their_client(self):
        self.client.send(wire.query("host.silent.example", "AAAA"))
        [request] = wait_for(lambda: self.daemon.control("requests")["requests"], "the question")

        self.assertEqual((request["name"].rstrip("."), request["type"], request["waiters"]),
                         ("host.silent.example", "AAAA", 1))
        self.assertEqual(request["client"],
                         "127.0.0.1:%d" % self.client.socket.getsockname()[1])
        self.assertRegex(self.ctl("requests").stdout, r"(?m)^host\.silent\.example\.? +AAAA ")

    def test_without_a_daemon_it_says_so(self):
        done = self.ctl("status", path=self.folder / "nowhere.sock")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"^sluicectl: no daemon: .*{self.folder}/nowhere\.sock.*\n$")

        self.daemon.child.kill()
        self.daemon.wait()
        done = self.ctl("status")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^sluicectl: no daemon: .*\n$")

    def test_wrong_use_ends_with_2(self):
        for arguments in ((), ("stats", "pattern", "surplus"), ("no-such-verb",), ("--no-such-flag", "stats")):
            self.assertEqual(self.ctl(*arguments).returncode, 2, arguments)


class Pages(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim()
        self.daemon = self.start_sluiced(self.vpc.port)

    def get(self, path, **options):
        """Status and text of a page."""
        request = urllib.request.Request(f"http://{self.daemon.admin}{path}", **options)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def test_health_and_readiness_are_ok(self):
        self.assertEqual(self.get("/health"), (200, "ok\n"))
        self.assertEqual(self.get("/ready"), (200, "ok\n"))

    def test_metrics_are_in_the_exposition_format(self):
        status, text = self.get("/metrics")
        self.assertEqual(status, 200)
        self.assertRegex(text, r"(?m)^# TYPE sluice_client_queries_total counter$")
        self.assertRegex(text, r'(?m)^sluice_build_info\{version="\d+\.\d+\.\d+"\} 1$')
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) .*|sluice_[a-z_]+(\{[^{}]*\})? \S+)$')

    def test_the_api_says_what_the_control_tool_says(self):
        for verb in ("zones", "budget", "requests"):
            status, text = self.get(f"/api/v1/{verb}")
            self.assertEqual((status, json.loads(text)), (200, self.daemon.control(verb)), verb)
        overview = json.loads(self.get("/api/v1/overview")[1])
        for part in ("at_seconds", "status", "stats", "zones", "upstreams", "budgets"):
            self.assertIn(part, overview)
        for verb in ("reload", "cache", "recorder", "no-such-verb"):
            self.assertEqual(self.get(f"/api/v1/{verb}")[0], 404, verb)

    def test_a_stream_shows_an_overview_a_second_and_ends_with_the_daemon(self):
        url = f"http://{self.daemon.admin}/api/v1/live"
        with urllib.request.urlopen(url, timeout=PATIENCE) as stream:
            events = []
            while len(events) < 2:
                line = stream.readline()
                if line.startswith(b"data: "):
                    events.append(json.loads(line[len(b"data: "):]))
            self.assertAlmostEqual(events[1]["at_seconds"] - events[0]["at_seconds"], 1, delta=0.8)
            self.daemon.child.terminate()
            stream.read()
        self.assertEqual(self.daemon.wait(), 0)

    def test_what_is_not_there_or_not_allowed_is_told(self):
        self.assertEqual(self.get("/no-such-page")[0], 404)
        self.assertEqual(self.get("/metrics", method="DELETE")[0], 405)
        self.assertEqual(self.get("/metrics", headers={"Host": "attacker.example"})[0], 421)

    def test_a_draining_daemon_is_healthy_but_not_ready(self):
        with wire.UdpClient(self.daemon.port) as client:
            client.send(wire.query("host.silent.example"))
            wait_for(lambda: self.daemon.metrics()["sluice_questions_in_flight"] == 1,
                     "the question to be in flight")
            self.daemon.child.terminate()
            wait_for(lambda: self.get("/ready") == (503, "not ready\n"), "the drain to begin")
            self.assertEqual(self.get("/health"), (200, "ok\n"))


if __name__ == "__main__":
    unittest.main()
