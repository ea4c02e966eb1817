"""The dashboards against Grafana's own TypeScript types: a key that Grafana does not know, or a value
of another type, is an error of the compiler. Needs npm's typescript and @grafana/schema:

    ./dev test --all
"""

import json
import os
import pathlib
import subprocess
import unittest

import monitoring
from lab import SystemTest

MODULES = pathlib.Path(os.environ.get("SLUICE_NODE_MODULES",
                                      monitoring.ROOT / "build" / "npm" / "prometheus" / "node_modules"))
# Each kind of panel has options of its own, of which Dashboard knows nothing; some have settings of
# their own for each field.
KINDS = {"timeseries": "TimeSeries", "stat": "Stat", "bargauge": "BarGauge", "table": "Table",
         "heatmap": "Heatmap", "state-timeline": "StateTimeline"}
TYPES = "@grafana/schema/dist/esm/raw/composable/{folder}/panelcfg/x/{kind}PanelCfg_types.gen"

# Nothing need be there, and an enumerator may be written as its text.
PARTLY = """type Partly<T> = T extends string ? `${T}` : T extends (infer U)[] ? Partly<U>[]
  : T extends object ? {[K in keyof T]?: Partly<T[K]>} : T;
"""


def typed(file):
    """A TypeScript module that says of each part of a dashboard which type it has."""
    page = json.loads(file.read_text())
    lines = ["import type {Dashboard} from '@grafana/schema';"]
    for kind, name in KINDS.items():
        path = TYPES.format(folder=kind.replace("-", ""), kind=name)
        lines.append(f"import type * as {name} from '{path}';")
    lines += [PARTLY, f"export const page: Partly<Dashboard> = {json.dumps(page, indent=1)};"]
    for panel in monitoring.panels(file):
        kind, number = KINDS[panel["type"]], panel["id"]
        lines.append(f"export const options{number}: Partly<{kind}.Options> = "
                     f"{json.dumps(panel['options'])};")
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if custom is not None:
            lines.append(f"export const custom{number}: Partly<{kind}.FieldConfig> = "
                         f"{json.dumps(custom)};")
    return "\n".join(lines)


class DashboardTypesTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.need("node")
        for module in ("typescript", "@grafana/schema"):
            if not (MODULES / module).is_dir():
                self.skipTest(f"npm module {module} is not in {MODULES}")
        (self.folder / "node_modules").symlink_to(MODULES)

    def compile(self, texts):
        """What the compiler has to say of these modules."""
        names = [f"page{number}.ts" for number in range(len(texts))]
        for name, text in zip(names, texts):
            (self.folder / name).write_text(text)
        done = subprocess.run(
            ["node", MODULES / "typescript" / "bin" / "tsc", "--noEmit", "--strict",
             "--skipLibCheck", "--target", "es2022", "--module", "esnext", "--moduleResolution",
             "bundler", "--pretty", "false", *names],
            cwd=self.folder, capture_output=True, text=True, timeout=90)
        return done.stdout + done.stderr

    def test_are_of_grafanas_types(self):
        said = self.compile([typed(file) for file in monitoring.DASHBOARDS])
        self.assertEqual(said[:4000], "")

    def test_the_compiler_would_say_so(self):
        text = typed(monitoring.DASHBOARDS[0])
        mistakes = [('"gridPos":', '"gridPoss":'), ('"w": 6', '"w": "6"'),
                    ('"textMode": "name"', '"textMode": "nam"'),
                    ('"fillOpacity": 8,', '"fillOpacity": "8",')]
        for right, _ in mistakes:
            self.assertIn(right, text)
        said = self.compile([text.replace(right, wrong) for right, wrong in mistakes])
        for number in range(len(mistakes)):
            self.assertIn(f"page{number}.ts(", said, mistakes[number])


if __name__ == "__main__":
    unittest.main()
