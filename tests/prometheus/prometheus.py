"""A real Prometheus that watches daemons as metrics/prometheus/prometheus.yml says, in a minute that
lasts a second: windows and waits of rules and alerts are 60 times as short, and nothing else of them
differs."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import monitoring
from lab import PATIENCE, Process, free_port, wait_for

CONFIG = monitoring.METRICS / "prometheus" / "prometheus.yml"


def sixty_times_as_fast(rules):
    text = re.sub(r"\[(\d+)m\]", r"[\1s]", rules)
    return re.sub(r"(\bfor: \d+)m\b", r"\1s", text)


class Prometheus(Process):
    def __init__(self, folder, targets):
        config = folder / "prometheus.yml"
        text = CONFIG.read_text().replace("15s", "1s")
        config.write_text(text.replace('"127.0.0.1:9353"', ", ".join(f'"{t}"' for t in targets)))
        for file in (monitoring.RULES, monitoring.ALERTS):
            (folder / file.name).write_text(sixty_times_as_fast(file.read_text()))
        self.address = f"127.0.0.1:{free_port()}"
        super().__init__(folder, "prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address={self.address}", "--log.level=warn"])

    def wait_until_ready(self):
        def look():
            if self.child.poll() is not None:
                raise AssertionError(f"prometheus ended:\n{self.output}")
            try:
                return urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=PATIENCE)
            except (urllib.error.URLError, ConnectionError):
                return None
        wait_for(look, "Prometheus").close()
        return self

    def ask(self, path, **parameters):
        """The data of an answer of its API; an error of the query is an AssertionError."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error

    def query(self, expr):
        """[(labels, value)] of an instant query."""
        result = self.ask("query", query=expr)["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def alerts(self):
        """{(instance, alert, state)}; an alert about no instance has "" for it."""
        return {(alert["labels"].get("instance", ""), alert["labels"]["alertname"], alert["state"])
                for alert in self.ask("alerts")["alerts"]}

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
