"""What the tests of metrics/prometheus, metrics/grafana and metrics/runbooks share: where the files
are, and what they name."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
METRICS = ROOT / "metrics"
RULES = METRICS / "prometheus" / "rules.yml"
ALERTS = METRICS / "prometheus" / "alerts.yml"
RULE_TESTS = sorted((METRICS / "prometheus" / "tests").glob("*.yml"))
RUNBOOKS = METRICS / "runbooks"
DASHBOARDS = [METRICS / "grafana" / "sluice.json", METRICS / "grafana" / "fleet.json"]

HISTOGRAM_SERIES = ("_bucket", "_sum", "_count")


def exported_metrics():
    """The names in metrics/README.md, which a test of the exporter holds against its tables."""
    table = (METRICS / "README.md").read_text().split("<!-- metrics: begin -->")[1]
    return set(re.findall(r"^\| `(sluice_\w+)`", table, re.MULTILINE))


def recorded_metrics():
    return set(re.findall(r"- record: (\S+)", RULES.read_text()))


def alert_names():
    return re.findall(r"- alert: (\w+)", ALERTS.read_text())


def unknown_metrics(text):
    """The metrics that `text` names and nothing exports or records."""
    known = exported_metrics() | recorded_metrics()
    named = set(re.findall(r"\b(?:\w+:)?sluice_\w+(?::\w+)?", text))
    for suffix in HISTOGRAM_SERIES:
        named = {name[:-len(suffix)] if name not in known and name.endswith(suffix) else name
                 for name in named}
    return sorted(named - known)


def panels(file):
    """The panels of a dashboard that show something."""
    page = json.loads(file.read_text())
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def expressions(file):
    """{title of a panel and letter of its query: expr}"""
    return {f"{panel['title']} ({target['refId']})": target["expr"]
            for panel in panels(file) for target in panel["targets"]}
