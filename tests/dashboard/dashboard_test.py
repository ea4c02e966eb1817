"""The dashboard in a real browser: beside a stand-in for the daemon, and beside the daemon."""

import os
import pathlib
import shutil
import subprocess
import unittest

import wire
from lab import SystemTest

HERE = pathlib.Path(__file__).resolve().parent
NPM = pathlib.Path(os.environ.get("NPM", HERE.parents[1] / "build/npm"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 280  # seconds for a file of tests; a browser starts slowly on a machine at work


class Dashboard(SystemTest):
    def setUp(self):
        super().setUp()
        self.need("node")
        self.browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if self.browser is None:
            self.skipTest("not installed: chromium (./dev test --all installs it)")
        for package in ("tests/node_modules/playwright-core", "dashboard/node_modules/uplot"):
            if not (NPM / package).is_dir():
                self.skipTest(f"not installed: {NPM / package} (./dev test --all installs it)")

    def run_in_browser(self, file, **environment):
        done = subprocess.run(
            ["node", "--test", HERE / file], capture_output=True, text=True, timeout=PATIENCE,
            env={**os.environ, "CHROMIUM": self.browser, "NPM": str(NPM), **environment})
        self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-2000:])

    def test_it_shows_an_incident(self):
        self.run_in_browser("incident_page_test.mjs")

    def test_it_shows_the_figures_of_a_daemon(self):
        vpc = self.start_vpcsim()
        daemon = self.start_sluiced(vpc.port)
        with wire.UdpClient(daemon.port) as client:
            for at in range(20):
                client.ask(f"host-{at % 10}.example.com")
            client.ask("1.1.16.104.in-addr.arpa", "PTR")
        self.run_in_browser("daemon_page_test.mjs", URL=f"http://{daemon.admin}/",
                            PID=str(daemon.child.pid))
        self.assertEqual(daemon.wait(), 0)


if __name__ == "__main__":
    unittest.main()
