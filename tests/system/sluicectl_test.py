"""The operator's tool: against a real daemon, and against one that is in the middle of trouble."""

import json
import os
import signal
import subprocess
import unittest

import fake_daemon
from lab import BIN, PATIENCE, SystemTest, wait_for

TOOL = BIN / "sluicectl"
NOBODY = 65534


def run(*arguments, **options):
    return subprocess.run([str(part) for part in (TOOL, *arguments)], capture_output=True,
                          timeout=PATIENCE, **{"text": True, **options})


class ToolTest(SystemTest):
    socket = None

    def ctl(self, *arguments, **options):
        return run("--socket", self.socket, *arguments, **options)

    def text(self, *arguments):
        """What it prints, if it says that all went well."""
        done = self.ctl(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout


class RealDaemon(ToolTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim()
        self.daemon = self.start_sluiced(self.vpc.port)
        self.socket = self.daemon.socket

    def test_a_pattern_picks_counters(self):
        lines = self.text("stats", "client_queries").splitlines()
        self.assertEqual([line.split()[0] for line in lines],
                         ["metric", 'sluice_client_queries_total{transport="tcp"}',
                          'sluice_client_queries_total{transport="udp"}'])
        picked = json.loads(self.text("stats", "--json", 'zone*zone="."'))
        self.assertIn('sluice_zone_queries_total{zone="."}', picked)
        self.assertFalse([series for series in picked if "in-addr" in series])

    def test_options_stand_before_or_behind_the_verb(self):
        for arguments in (("--json", "--socket", self.socket, "version"),
                          ("version", "--socket", self.socket, "--json"),
                          ("--socket", self.socket, "version", "--json")):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertRegex(json.loads(done.stdout)["version"], r"^\d+\.\d+\.\d+$")

    def test_a_bad_configuration_is_a_no_with_every_problem(self):
        self.daemon.write_config("[cache]\nmax_byte = 1\nmin_ttl = \"no\"\n")
        done = self.ctl("reload")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^sluicectl: .*\n  .*max_byte.*\n(  .*\n)*  .*min_ttl.*\n")


class FakeDaemonTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.socket = self.folder / "fake.sock"
        self.serve(fake_daemon.answer)

    def serve(self, answer):
        self.daemon = fake_daemon.FakeDaemon(self.socket, answer)
        self.addCleanup(self.daemon.stop)


class Reports(FakeDaemonTest):
    def test_a_diagnosis_ends_with_3_unless_all_is_well(self):
        done = self.ctl("diagnose")
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        self.assertRegex(done.stdout, r"^BUDGET LIMITED for 5 min 2 s\n")
        self.assertRegex(done.stdout, r"(?m)^   What to do: Look at ptr-batch\.service, ")
        self.assertEqual(self.ctl("--json", "diagnose").returncode, 3)

        self.daemon.stop()
        self.serve(lambda request: {"verdict": "healthy", "since_seconds": 7, "findings": []})
        done = self.ctl("diagnose")
        self.assertEqual((done.returncode, done.stdout),
                         (0, "HEALTHY for 7 s\nQuestions are answered, and packets are left.\n"
                             "There is nothing to do.\n"))

    def test_spenders_are_counted_in_the_window_that_is_asked_for(self):
        text = self.text("top", "--window", "hour", "--count", "1")
        self.assertEqual(self.daemon.requests[-1], {"verb": "top", "window": "hour"})
        self.assertIn(" 77 %", text)
        self.assertNotIn("shop.example", text)

    def test_any_octets_may_be_in_a_name(self):
        for typed, sent in ((b"www.example", "www.example."),
                            (b"b\xff\x1b.example.", "b\\255\\027.example."),
                            (b'a"\\\\.example', 'a"\\\\.example.'),
                            (b"\xc3\xbc b", "\\195\\188\\032b.")):
            done = self.ctl("explain", os.fsdecode(typed), "ptr")
            self.assertEqual((done.returncode, done.stderr), (0, ""), typed)
            self.assertEqual(self.daemon.requests[-1],
                             {"verb": "explain", "name": sent, "type": "PTR"})
            shown = self.text("cache", "show", os.fsdecode(typed))
            self.assertIn(f"  {sent} 48 IN A 192.0.2.1\n", shown)

    def test_the_cache_is_shown_and_emptied(self):
        self.assertIn("... and more: these are 1 of 123\n", self.text("cache", "dump"))
        self.assertEqual(self.text("cache", "flush", "a.example"), "1 response is forgotten\n")
        self.assertEqual(self.daemon.requests[-1],
                         {"verb": "cache", "action": "flush", "name": "a.example."})
        self.assertEqual(self.text("cache", "flush-tree", "example"),
                         "3 responses are forgotten\n")
        self.assertEqual(self.text("cache", "flush-all"), "123 responses are forgotten\n")

    def test_the_log_level_is_shown_and_set(self):
        self.assertEqual(self.text("log-level"), "the log level is info\n")
        self.assertEqual(self.text("log-level", "debug"), "the log level is debug, and was info\n")

    def test_a_question_that_waits_is_shown_with_its_spender(self):
        self.assertRegex(self.text("requests"),
                         r"(?m)^4\.3\.25\.104\.in-addr\.arpa\. +PTR +waiting, penalty .*"
                         r" ptr-batch\.service$")


class Recorder(FakeDaemonTest):
    def test_a_capture_is_the_daemons_to_the_octet(self):
        file = self.folder / "events.pcap"
        self.assertEqual(self.text("recorder", "--pcap", file),
                         f"812 events of the last 31 s are in {file}\n")
        self.assertEqual(file.read_bytes(), fake_daemon.PCAP)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_a_capture_may_go_through_a_pipe(self):
        done = self.ctl("recorder", "--pcap", "-", text=False)
        self.assertEqual((done.returncode, done.stdout), (0, fake_daemon.PCAP))

    def test_events_as_text_cannot_command_the_terminal(self):
        self.assertIn("\n0.001 \\027[2J answer\n", self.text("recorder"))

    def test_a_file_that_cannot_be_written_is_told(self):
        done = self.ctl("recorder", "--pcap", self.folder / "no" / "folder")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^sluicectl: cannot write .*: No such file or directory\n$")


class Refusals(FakeDaemonTest):
    def test_a_no_of_the_daemon_ends_with_1(self):
        self.daemon.stop()
        self.serve(lambda request: {"error": "the engine did not answer in time"})
        done = self.ctl("explain", "www.example")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "", "sluicectl: the engine did not answer in time\n"))
        done = self.ctl("--json", "explain", "www.example")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("error", json.loads(done.stdout))

    def test_without_permission_the_group_that_has_it_is_named(self):
        # Root may do everything, so it sends somebody else; anybody else shuts themselves out.
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        tool = TOOL
        if options:
            self.folder.chmod(0o755)
            tool = self.folder / "sluicectl"
            tool.write_bytes(TOOL.read_bytes())
            tool.chmod(0o755)
        self.socket.chmod(0o600 if options else 0)
        done = subprocess.run([tool, "--socket", self.socket, "status"], capture_output=True,
                              text=True, timeout=PATIENCE, **options)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"^sluicectl: no permission to use {self.socket}; run as root"
                                      rf" or as a member of group {self.socket.group()}\n$")

    def test_wrong_use_says_what_is_wrong_and_how_it_should_be(self):
        for arguments, reason, usage in (
                ((), "a verb is missing; there are status, ", r"VERB \.\.\."),
                (("stauts",), "no verb 'stauts'; did you mean status", r"VERB \.\.\."),
                (("cache", "dmup"), "no verb 'cache dmup'; did you mean cache dump", "VERB"),
                (("explain",), "explain: NAME is required", r"explain NAME \[TYPE\]"),
                (("explain", "A", "www.example"), "'www.example' is no type of records", "explain"),
                (("top", "--window", "day"), "'day' is none of minute, hour", "top"),
                (("top", "--count", "0"), "'0' is no whole number from 1 to 100", "top"),
                (("watch", "--interval", "0.1"), "'0.1' is no number from 0.2 to 3600", "watch"),
                (("log-level", "loud"), "'loud' is none of debug, info", "log-level"),
                (("status", "surplus"), "'surplus' is one word too many", "status"),
                (("status", "--loud"), "'--loud' is no option", "status"),
                (("status", "--socket"), "--socket takes one value", "status")):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(reason, done.stderr)
            self.assertRegex(done.stderr, rf"\nusage: sluicectl .*{usage}.*\n$")
        self.assertEqual(self.daemon.requests, [])


class WatchWithoutTerminal(FakeDaemonTest):
    def watch(self, *options, **environment):
        out = open(self.folder / "frames", "wb")
        self.addCleanup(out.close)
        child = subprocess.Popen(
            [TOOL, "watch", "--socket", self.socket, "--interval", "0.2", *options], stdout=out,
            stderr=subprocess.STDOUT, env={**os.environ, **environment})
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def frames(self):
        return (self.folder / "frames").read_text()

    def test_it_prints_a_frame_for_each_interval_until_it_is_stopped(self):
        child = self.watch()
        wait_for(lambda: self.frames().count("BUDGET LIMITED for") >= 3, "three frames")
        child.terminate()
        self.assertEqual(child.wait(PATIENCE), -signal.SIGTERM)
        self.assertIn("]  964 of 1024 packets/s\n", self.frames())
        self.assertNotIn("\x1b", self.frames())

    def test_with_json_a_line_is_an_overview(self):
        child = self.watch("--json")
        wait_for(lambda: self.frames().count("\n") >= 2, "two lines")
        child.terminate()
        child.wait(PATIENCE)
        for line in self.frames().splitlines():
            self.assertEqual(json.loads(line)["diagnosis"]["verdict"], "budget_limited")

    def test_a_daemon_that_goes_away_is_waited_for(self):
        self.watch()
        wait_for(lambda: "BUDGET" in self.frames(), "a frame")
        self.daemon.stop()
        wait_for(lambda: "sluicectl: no daemon: " in self.frames(), "the loss to be told")
        self.serve(fake_daemon.answer)
        wait_for(lambda: "BUDGET" in self.frames().rsplit("trying again\n", 1)[1], "its return")

    def test_a_daemon_that_is_not_there_is_not_waited_for(self):
        self.daemon.stop()
        done = self.ctl("watch")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^sluicectl: no daemon: ")

    def test_a_daemon_without_overviews_is_told_from_none(self):
        self.daemon.stop()
        self.serve(lambda request: {"error": "unknown verb"})
        done = self.ctl("watch")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "sluicectl: the daemon says: unknown verb\n"))

    def test_it_ends_when_nobody_reads_it(self):
        child = subprocess.Popen([TOOL, "watch", "--socket", self.socket, "--interval", "0.2"],
                                 stdout=subprocess.PIPE)
        self.addCleanup(child.kill)
        self.assertIn(b"sluiced", child.stdout.readline())
        child.stdout.close()
        self.assertEqual(child.wait(PATIENCE), -signal.SIGPIPE)


if __name__ == "__main__":
    unittest.main()
