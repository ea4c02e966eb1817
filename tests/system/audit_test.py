"""What sluiced says of a configuration that is right and yet will not work as intended, on the
command line and at the start. In a network of its own, else skipped."""

import pathlib
import re
import resource
import subprocess
import unittest

import private_network
from lab import BIN, PATIENCE, Sluiced, SystemTest, hang_up

PRESETS = pathlib.Path(__file__).parents[2] / "conf" / "presets"
PORT_RANGE = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")

# A program goes on to the second server after 5 s.
RESOLV_CONF = "nameserver 127.0.0.53\nnameserver 192.0.2.1\n"

RULES = """
[[budget]]
name = "eni"
reserve = 0
shared = ""
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
budget = "eni"
[[zone]]
name = ["hidden.blocked.example", "corp.example", "."]
upstream = "vpc"
[[blocklist]]
name = "ads"
file = "{budget}"
"""


def setUpModule():
    try:
        private_network.enter({"/etc/resolv.conf": RESOLV_CONF}, ())
    except private_network.NotPermitted as error:
        raise unittest.SkipTest(str(error)) from error


class Audit(SystemTest):
    def setUp(self):
        super().setUp()
        self.blocklist = self.folder / "ads.txt"
        self.blocklist.write_text("blocked.example\n")
        self.rules = RULES.replace("{budget}", str(self.blocklist))

    def check(self, path, **options):
        """The advice on a file that is right: [(key, text)]."""
        done = subprocess.run([BIN / "sluiced", "--check", "--config", path], capture_output=True,
                              text=True, timeout=PATIENCE, **options)
        self.assertEqual((done.returncode, done.stdout), (0, f"{path}: ok\n"), done.stderr)
        lines = [re.fullmatch(rf"{path}: warning: (\S+): (.+)", line)
                 for line in done.stderr.splitlines()]
        self.assertTrue(all(lines), done.stderr)
        return [line.groups() for line in lines]

    def config(self, text):
        path = self.folder / "audit.toml"
        path.write_text(text)
        return path

    def test_presets_need_no_advice(self):
        for preset in sorted(PRESETS.glob("*.toml")):
            with self.subTest(preset.name):
                self.assertEqual(self.check(preset), [])

    def test_the_check_tells_each_thing_in_a_line(self):
        advice = self.check(self.config('[server]\ndeadline = "5s"\n' +
                                        self.rules.replace("{upstream}", "5300")))

        self.assertEqual([key for key, _ in advice],
                         ["server.deadline", "budget[eni].reserve",
                          "zone[hidden.blocked.example.].name", "zone[corp.example.].name"])
        self.assertIn("192.0.2.1:53 after 5s", advice[0][1])

    def test_the_check_knows_the_hosts_limits(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
        advice = self.check(PRESETS / "aws-host.toml", preexec_fn=few_files)
        self.assertEqual([key for key, _ in advice], ["server.max_exchanges"])
        self.assertIn("1024, has room for 512", advice[0][1])

        before = PORT_RANGE.read_text()
        try:
            PORT_RANGE.write_text("50000 50999")
        except OSError as error:
            self.skipTest(f"no range of ports of our own: {error}")
        self.addCleanup(PORT_RANGE.write_text, before)
        advice = self.check(PRESETS / "aws-host.toml")
        self.assertEqual([key for key, _ in advice], ["server.max_exchanges"])
        self.assertIn("100 a second", advice[0][1])

    def test_the_start_logs_the_same_once(self):
        daemon = self.start(Sluiced(self.folder, 5300, self.rules)).wait_until_ready()
        hang_up(daemon)
        daemon.wait_for_output("event=reloaded")

        keys = re.findall(r"level=warning event=advice key=(\S+) advice=", daemon.output)
        self.assertEqual(keys, ["budget[eni].reserve", "zone[hidden.blocked.example.].name",
                                "zone[corp.example.].name"])


if __name__ == "__main__":
    unittest.main()
