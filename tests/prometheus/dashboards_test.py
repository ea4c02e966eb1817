"""The dashboards as files: what build writes, complete, and with nothing on top of anything else.
Whether they show anything is live_test's to say, whether Grafana takes them dashboard_types_test's."""

import json
import re
import subprocess
import sys
import unittest

import monitoring

WITH_UNIT = {"timeseries", "stat", "bargauge", "table", "heatmap", "state-timeline"}
# What may stand in an expr: the variables of its dashboard, and Grafana's own.
BUILT_IN = {"__rate_interval", "__range"}


def pages():
    return {file.name: json.loads(file.read_text()) for file in monitoring.DASHBOARDS}


class DashboardsTest(unittest.TestCase):
    def test_are_what_build_writes(self):
        done = subprocess.run([sys.executable, monitoring.METRICS / "grafana" / "build", "--check"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_begin_with_the_verdict(self):
        for file in monitoring.DASHBOARDS:
            self.assertIn("verdict", monitoring.panels(file)[0]["title"].lower(), file.name)

    def test_panels_are_explained_have_units_and_ask_the_chosen_source(self):
        for file in monitoring.DASHBOARDS:
            for panel in monitoring.panels(file):
                where = f"{file.name}: {panel['title']}"
                self.assertIn(panel["type"], WITH_UNIT, where)
                self.assertGreater(len(panel["description"]), 10, where)
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], where)
                self.assertTrue(panel["targets"], where)
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"]["uid"], "${datasource}", where)

    def test_thresholds_rise(self):
        for file in monitoring.DASHBOARDS:
            for panel in monitoring.panels(file):
                thresholds = panel["fieldConfig"]["defaults"].get("thresholds")
                if thresholds is None:
                    continue
                first, *values = [step["value"] for step in thresholds["steps"]]
                self.assertIsNone(first, panel["title"])
                self.assertEqual(values, sorted(set(values)), panel["title"])

    def test_numbers_are_unique_and_no_panel_lies_on_another(self):
        for name, page in pages().items():
            numbers = [panel["id"] for panel in page["panels"]]
            self.assertEqual(len(numbers), len(set(numbers)), name)
            cells = set()
            for panel in page["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
                covered = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                           for y in range(at["y"], at["y"] + at["h"])}
                self.assertFalse(cells & covered, f"{name}: {panel['title']}")
                cells |= covered

    def test_name_variables_metrics_and_dashboards_that_exist(self):
        uids = {page["uid"] for page in pages().values()}
        for file in monitoring.DASHBOARDS:
            page = json.loads(file.read_text())
            variables = {variable["name"] for variable in page["templating"]["list"]}
            for where, expr in monitoring.expressions(file).items():
                used = set(re.findall(r"\$\{?(\w+)", expr))
                self.assertLessEqual(used, variables | BUILT_IN, f"{file.name}: {where}")
            text = json.dumps(page)
            self.assertEqual(monitoring.unknown_metrics(text), [], file.name)
            self.assertLessEqual(set(re.findall(r"/d/([\w-]+)", text)), uids, file.name)

    def test_the_host_has_the_variables_that_the_fleet_leads_to(self):
        page = pages()["sluice.json"]
        variables = [variable["name"] for variable in page["templating"]["list"]]
        self.assertEqual(variables, ["datasource", "instance", "zone", "upstream", "budget"])
        self.assertIn("/d/sluice-host?var-instance=", json.dumps(pages()["fleet.json"]))


if __name__ == "__main__":
    unittest.main()
