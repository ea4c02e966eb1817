"""Recording rules and alerts as Prometheus' own tool sees them: sound, and with the values and the
alerts that their tests say."""

import re
import subprocess
import unittest

import monitoring
from lab import SystemTest


class RulesTest(SystemTest):
    def promtool(self, *arguments):
        self.need("promtool")
        done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_pass_promtools_lint(self):
        self.promtool("check", "rules", "--lint=all", "--lint-fatal", monitoring.RULES,
                      monitoring.ALERTS)

    def test_load_as_the_shipped_configuration_has_them(self):
        self.promtool("check", "config", monitoring.METRICS / "prometheus" / "prometheus.yml")

    def test_have_the_values_and_the_alerts_of_their_tests(self):
        self.promtool("test", "rules", *monitoring.RULE_TESTS)

    def test_each_alert_has_a_case_that_fires_and_one_that_must_not(self):
        # A list of expected alerts is exact, so that each instance of a case that is not in it is
        # one that must not fire.
        text = "\n".join(file.read_text() for file in monitoring.RULE_TESTS)
        for alert in monitoring.alert_names():
            fires = re.search(rf"alertname: {alert}\n\s+exp_alerts:\n", text)
            self.assertTrue(fires, f"no case in which {alert} fires")
            cases = [case for case in text.split("  - name: ") if f"alertname: {alert}\n" in case]
            instances = {instance for case in cases
                         for instance in re.findall(r'instance="(\w+)"', case)}
            fired = {instance for case in cases
                     for instance in re.findall(r'instance: "(\w+)"', case)}
            self.assertTrue(instances - fired, f"no case in which {alert} must not fire")

    def test_each_recording_rule_has_a_test_of_its_value(self):
        text = "\n".join(file.read_text() for file in monitoring.RULE_TESTS)
        for record in sorted(monitoring.recorded_metrics()):
            self.assertRegex(text, rf"expr: .*{record}\b")

    def test_name_metrics_that_exist(self):
        for file in (monitoring.RULES, monitoring.ALERTS):
            self.assertEqual(monitoring.unknown_metrics(file.read_text()), [], file.name)
        for file in monitoring.RULE_TESTS:
            self.assertEqual(monitoring.unknown_metrics(file.read_text()), [], file.name)


if __name__ == "__main__":
    unittest.main()
