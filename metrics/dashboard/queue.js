// Questions that wait for a packet, by class.

import { Chart } from "./charts.js";
import { byId, setText } from "./elements.js";
import { count, milliseconds, rate } from "./format.js";
import { Lines } from "./history.js";
import { Table } from "./table.js";

const kClasses = [["first_try", "First tries"], ["retry", "Retries"], ["penalty", "Failing subtrees"],
  ["refresh", "Refreshes"], ["prefetch", "Prefetches"]];

const chart = new Chart(byId("queue-chart"),
  { title: "Questions waiting", labels: kClasses.map(([, label]) => label), format: count });
const lines = new Lines(kClasses.length);
const table = new Table(byId("queue"), {
  key: (row) => row.name,
  empty: "",
  columns: [
    { label: "Class", cell: (row) => row.label },
    { label: "Now", cell: (row) => count(row.depth), isNumber: true },
    { label: "Oldest", cell: (row) => milliseconds(row.oldest), isNumber: true },
    { label: "Had to wait", cell: (row) => `${rate(row.waits)}/s`, isNumber: true },
    { label: "Mean wait, 5 min", cell: (row) => milliseconds(row.mean), isNumber: true },
    { label: "Shed", cell: (row) => count(row.sheds), tone: (row) => (row.sheds > 0 ? "warning" : "none"), isNumber: true },
  ],
});

export const showQueue = ({ at_seconds, stats, history }) => {
  const rows = kClasses.map(([name, label]) => {
    const labels = { class: name };
    const oldest = stats.rows("sluice_budget_queue_oldest_seconds")
      .filter((row) => row.labels.class === name).map((row) => row.value);
    const mean = history.ratio(`wait sum ${name}`, `wait count ${name}`);
    return {
      name, label,
      depth: stats.sum("sluice_budget_queue_depth", labels),
      oldest: oldest.length ? 1000 * Math.max(...oldest) : undefined,
      waits: history.rate(`waits ${name}`),
      mean: mean === undefined ? undefined : 1000 * mean,
      sheds: stats.sum("sluice_budget_sheds_total", labels),
    };
  });
  lines.push(at_seconds, rows.map((row) => row.depth));
  chart.update(lines);
  table.update(rows);
  setText("now-waiting", count(stats.sum("sluice_budget_queue_depth")));
};
