"""The dashboard in a real browser: beside a stand-in for the daemon, and beside the daemon."""

import os
import pathlib
import shutil
import subprocess
import unittest

import storm
import wire
from lab import SystemTest, wait_for

HERE = pathlib.Path(__file__).resolve().parent
NPM = pathlib.Path(os.environ.get("NPM", HERE.parents[1] / "build/npm"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 420  # seconds for a file of tests; a browser starts slowly on a machine at work

# More questions than packets, and one suffix that fails after a second.
FAILING = "25.104.in-addr.arpa."
STORM = """
[[budget]]
name = "eni"
limit = 300
reserve = 40
burst = 40
shared = ""
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
budget = "eni"
[[zone]]
name = ["in-addr.arpa", "."]
upstream = "vpc"
"""


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

    def test_it_shows_a_storm_at_a_daemon(self):
        vpc = self.start_vpcsim(zones=[f"{FAILING}=servfail,delay=800ms"], limit=300)
        daemon = self.start_sluiced(vpc.port, STORM)
        server = {"server": f"127.0.0.1:{daemon.port}", "seconds": PATIENCE}
        self.start(storm.LookUps(self.folder, "ptr_batch", below=FAILING.rstrip("."), type="PTR",
                                 rate=400, tries=3, patience=0.5, repeats=1, **server))
        self.start(storm.LookUps(self.folder, "web_shop", below="shop.example", rate=30, **server))
        wait_for(lambda: daemon.control("status")["verdict"] == "budget_limited", "the verdict")
        wait_for(lambda: any("sluice_top_packets{" in series and FAILING in series
                             for series in daemon.metrics()), "the spender in a scrape")

        self.run_in_browser("daemon_incident_test.mjs", URL=f"http://{daemon.admin}/",
                            SUFFIX=FAILING)


if __name__ == "__main__":
    unittest.main()
