"""Everything at once: a real Prometheus scrapes daemons of which one is in a storm, one is robbed of
its allowance and misconfigured, one has a silent upstream, one is well, one is idle, and one is not
there. Every query of both dashboards has an answer, and each alert is about whom it should be."""

import math
import re
import subprocess
import threading
import time
import unittest
import urllib.request

import monitoring
import wire
from lab import BIN, Process, SystemTest, hang_up, wait_for
from prometheus import Prometheus

STORM_SECONDS = 40  # it is stopped when everything has been seen
ENOUGH = 20.0  # seconds from the storm's beginning until the slowest alert fires
CONFIG = """
[[budget]]
name = "eni"
limit = 400
burst = 20
reserve = 20
shared = ""
count_others = false   # of each other: on loopback all of them are one interface
allowance_counter = "{budget}"
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
budget = "eni"
[[zone]]
name = "in-addr.arpa"
upstream = "vpc"
weight = 10
[[zone]]
name = "."
upstream = "vpc"
"""
# What Grafana puts in their place where scrapes are a second apart and half a minute is shown.
GRAFANA = {"$__rate_interval": "4s", "$__range": "30s"}
ALL_ZONES = ".*"
TWO_ZONES = r"(in-addr\\.arpa\\.|\\.)"  # as Grafana writes a choice of two into a string of PromQL

FIRES = {
    ("storm", "SluiceApproachingLimit"), ("storm", "SluiceSubtreePenalised"),
    ("storm", "SluiceNotHealthy"),
    ("robbed", "SluiceAllowanceExceededUnderOwnLimit"), ("robbed", "SluiceReloadFailed"),
    ("silent", "SluiceUpstreamDown"), ("silent", "SluiceServfailRatio"),
    ("silent", "SluiceNotHealthy"),
    ("gone", "SluiceDown"),
}
# Of the same trouble, seen from another side: how much of them depends on the machine's speed.
MAY_FIRE = {
    ("storm", "SluiceQueueAge"), ("storm", "SluiceClientStorm"), ("robbed", "SluiceNotHealthy"),
}


class Trickle(threading.Thread):
    """Twenty queries a second to each daemon, four for each name, until stop()."""

    def __init__(self, ports):
        """ports: {port of a daemon: zone of the names}"""
        super().__init__(daemon=True)
        self._clients = [(wire.UdpClient(port), zone) for port, zone in ports.items()]
        self._over = threading.Event()

    def run(self):
        number = 0
        while not self._over.wait(0.05):
            number += 1
            for client, zone in self._clients:
                client.send(wire.query(f"n{number // 4}.{zone}"))

    def stop(self):
        self._over.set()
        self.join()
        for client, _ in self._clients:
            client.socket.close()


class LiveTest(SystemTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.need("prometheus", "promtool")
        vpc = self.start_vpcsim(limit=0)
        self.daemons = {}
        for name in ("storm", "robbed", "silent", "calm", "idle", "gone"):
            counter = self.folder / f"{name}-dropped"
            counter.write_text("1000\n")
            self.daemons[name] = self.start_sluiced(vpc.port, CONFIG, name=name, budget=counter)
        self.names = {daemon.admin: name for name, daemon in self.daemons.items()}
        self.prometheus = self.start(Prometheus(self.folder, self.names)).wait_until_ready()
        self.daemons["gone"].stop()

    def start_trouble(self):
        self.start(Process(self.folder, "incident", [
            BIN / "incident", "--server", f"127.0.0.1:{self.daemons['storm'].port}", "--ptr-rate",
            400, "--ordinary-rate", 320, "--duration", f"{STORM_SECONDS}s", "--drain", "0s",
            "--sockets", 200]))
        trickle = Trickle({self.daemons["calm"].port: "answer.example",
                           self.daemons["robbed"].port: "answer.example",
                           self.daemons["silent"].port: "silent.example"})
        trickle.start()
        self.addCleanup(trickle.stop)
        self.daemons["robbed"].write_config("[[budget]]\nlimit = -1\n")
        wait_for(lambda: self.seconds_watched() > 2, "a first look at every counter")
        hang_up(self.daemons["robbed"])

    def seconds_watched(self):
        """For how long all daemons' counters have been seen, but for the one that is gone."""
        seen = self.prometheus.query("min(count_over_time(up[5m]) and up == 1)")
        return seen[0][1] if seen else 0

    def drop_some(self):
        counter = self.folder / "robbed-dropped"
        counter.write_text(f"{int(counter.read_text()) + 20}\n")

    def alerts(self):
        """{(who, alert): state}"""
        return {(self.names.get(instance, instance), alert): state
                for instance, alert, state in self.prometheus.alerts()}

    def wait_for_alerts(self):
        """Goes on until all that must fire do, or the time is over; then what there is."""
        def look():
            time.sleep(0.5)  # there is something new once a second
            self.drop_some()
            alerts = self.alerts()
            return all(alerts.get(alert) == "firing" for alert in FIRES) or \
                self.seconds_watched() > ENOUGH
        wait_for(look, "the alerts", patience=40)
        return self.alerts()

    def as_grafana_would(self, expr, zone):
        chosen = {"$instance": self.daemons["storm"].admin, "$zone": zone, "$upstream": ".*",
                  "$budget": ".*", "$job": ".*", **GRAFANA}
        return re.sub(r"\$\w+", lambda name: chosen[name[0]], expr)

    def unanswered(self, queries):
        """Of {what: expr} those that have no value."""
        return [f"{what}: {expr}" for what, expr in queries.items()
                if all(math.isnan(value) for _, value in self.prometheus.query(expr))]

    def test_all_queries_have_answers_and_all_alerts_a_reason(self):
        self.start_trouble()
        alerts = self.wait_for_alerts()

        for file in monitoring.DASHBOARDS:
            for zone in ALL_ZONES, TWO_ZONES:
                with self.subTest(f"each query of {file.name} shows something", zone=zone):
                    self.assertEqual(self.unanswered({
                        what: self.as_grafana_would(expr, zone)
                        for what, expr in monitoring.expressions(file).items()}), [])
        with self.subTest("each recording rule has a value, and no rule an error"):
            rules = self.prometheus.rules()
            self.assertEqual([rule["lastError"] for rule in rules if rule["health"] != "ok"], [])
            records = {rule["name"] for rule in rules if rule["type"] == "recording"}
            self.assertEqual(records, monitoring.recorded_metrics())
            self.assertEqual(self.unanswered({name: name for name in sorted(records)}), [])
        with self.subTest("each query of the runbooks can be asked"):
            for page in sorted(monitoring.RUNBOOKS.glob("*.md")):
                for block in re.findall(r"```promql\n(.*?)```", page.read_text(), re.DOTALL):
                    for line in block.splitlines():
                        self.prometheus.query(line)
        with self.subTest("no alert about who is well"):
            self.assertEqual({alert for alert in alerts if alert[0] in ("calm", "idle")}, set())
        with self.subTest("alerts about who is not"):
            firing = {alert for alert, state in alerts.items() if state == "firing"}
            self.assertEqual(FIRES - firing, set(), alerts)
            self.assertEqual(firing - FIRES - MAY_FIRE, set(), alerts)
            others = {alert for alert, state in alerts.items() if state != "firing"}
            self.assertEqual(others - FIRES - MAY_FIRE, set(), "pending without a reason")
        with self.subTest("promtool has nothing to say of what is scraped"):
            self.check_scrape()

    def check_scrape(self):
        with urllib.request.urlopen(f"http://{self.daemons['storm'].admin}/metrics") as reply:
            scraped = reply.read()
        done = subprocess.run(["promtool", "check", "metrics"], input=scraped, capture_output=True,
                              timeout=60)
        self.assertEqual(done.stdout + done.stderr, b"")
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
