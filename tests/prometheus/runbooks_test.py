"""Each alert has a page for who is woken by it, and the page names only what exists."""

import re
import subprocess
import unittest

import monitoring
from lab import BIN

SECTIONS = ["Confirm", "Likely causes, in order", "Now", "Later"]
MOST_LINES = 45  # one screen


def pages():
    return sorted(monitoring.RUNBOOKS.glob("*.md"))


class RunbooksTest(unittest.TestCase):
    def test_each_alert_links_the_page_of_its_name(self):
        text = monitoring.ALERTS.read_text()
        alerts = re.split(r"- alert: ", text)[1:]
        for alert in alerts:
            name = alert.split("\n")[0]
            self.assertRegex(alert, rf'runbook_url: "[^"]+/runbooks/{name}\.md"')
            for needed in (r"severity: (critical|warning|info)", r"\n        for: ", r"summary: ",
                           r"description: "):
                self.assertRegex(alert, needed, name)
            self.assertRegex(alert, r"\$value|\| value\b", f"{name} gives no figure")

    def test_each_alert_has_a_page_and_each_page_an_alert(self):
        self.assertEqual([page.stem for page in pages()], sorted(monitoring.alert_names()))

    def test_pages_have_one_form_and_fit_a_screen(self):
        for page in pages():
            text = page.read_text()
            self.assertEqual(re.findall(r"^## (.*)", text, re.MULTILINE), SECTIONS, page.name)
            self.assertTrue(text.startswith(f"# {page.stem}\n\n**It means** "), page.name)
            self.assertIn("**Users notice** ", text, page.name)
            self.assertIn("```promql\n", text, page.name)
            self.assertIn("sluicectl ", text, page.name)
            self.assertLessEqual(len(text.splitlines()), MOST_LINES, page.name)

    def test_pages_name_verbs_that_exist(self):
        tool = subprocess.run([BIN / "sluicectl", "--help"], capture_output=True, text=True,
                              timeout=20)
        verbs = set(re.findall(r"^\s{2,}([a-z-]+)\s", tool.stdout, re.MULTILINE))
        self.assertIn("status", verbs)
        for page in pages():
            named = set(re.findall(r"\bsluicectl ([a-z-]+)", page.read_text()))
            self.assertEqual(sorted(named - verbs), [], page.name)

    def test_pages_name_metrics_and_pages_that_exist(self):
        for page in pages():
            text = page.read_text()
            self.assertEqual(monitoring.unknown_metrics(text), [], page.name)
            for target in re.findall(r"\]\(([^)]+)\)", text):
                self.assertTrue((monitoring.RUNBOOKS / target).exists(), f"{page.name}: {target}")

    def test_pages_name_configuration_keys_that_exist(self):
        reference = (monitoring.ROOT / "conf" / "sluice.toml").read_text()
        keys = set(re.findall(r"^#?([a-z_]+) = ", reference, re.MULTILINE))
        for page in pages():
            for key in re.findall(r"`([a-z]+(?:_[a-z]+)*)`", page.read_text()):
                if not key.startswith("sluice_") and key != "kind":
                    self.assertIn(key, keys, page.name)


if __name__ == "__main__":
    unittest.main()
