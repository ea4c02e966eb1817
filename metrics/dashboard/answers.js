// What clients get: from the cache or not, and the failures by cause.

import { Chart } from "./charts.js";
import { byId, setFacts, setText } from "./elements.js";
import { count, percent, rate } from "./format.js";
import { Lines } from "./history.js";
import { Table } from "./table.js";

const kCauses = {
  timeout: "No answer in time", upstream_servfail: "Upstream said SERVFAIL",
  upstream_refused: "Upstream refused", network: "Network error", bad_response: "Malformed response",
  cached: "Failed lately", shed_wait: "Waited too long for a packet", shed_queue: "Queue full",
  overload: "Tables full", no_upstream: "No upstream answers",
};
const kChartCauses = [["timeout", "time-outs"], ["upstream_servfail", "upstream"], ["cached", "failed lately"],
  ["shed", "shed"], ["other", "other"]];

const answersChart = new Chart(byId("answers-chart"),
  { title: "Queries per second", labels: ["hits", "misses"], format: rate });
const answersLines = new Lines(2);
const servfailChart = new Chart(byId("servfail-chart"),
  { title: "SERVFAIL per second", labels: kChartCauses.map(([, label]) => label), format: rate });
const servfailLines = new Lines(kChartCauses.length);
const table = new Table(byId("servfail"), {
  key: (row) => row.cause,
  empty: "None since the daemon started.",
  columns: [
    { label: "Cause", cell: (row) => kCauses[row.cause] ?? row.cause },
    { label: "Now", cell: (row) => `${rate(row.now)}/s`, isNumber: true },
    { label: "Last 5 min", cell: (row) => count(row.recent), isNumber: true },
    { label: "Since the start", cell: (row) => count(row.total), isNumber: true },
  ],
});

const chartCause = (cause) => cause.startsWith("shed_") ? "shed"
  : kChartCauses.some(([name]) => name === cause) ? cause : "other";

const showServfail = ({ at_seconds, stats, history }) => {
  const causes = new Set(stats.rows("sluice_zone_servfail_total").map((row) => row.labels.cause));
  const rows = [...causes].map((cause) => ({
    cause,
    now: history.rate(`servfail ${cause}`),
    recent: history.growth(`servfail ${cause}`)?.amount,
    total: stats.sum("sluice_zone_servfail_total", { cause }),
  })).filter((row) => row.total > 0);
  rows.sort((a, b) => b.total - a.total);
  table.update(rows);
  const now = (name) => [...causes].filter((cause) => chartCause(cause) === name)
    .reduce((sum, cause) => sum + (history.rate(`servfail ${cause}`) ?? NaN), 0);
  const rates = kChartCauses.map(([name]) => now(name)).map((value) => (Number.isNaN(value) ? null : value));
  servfailLines.push(at_seconds, rates);
  servfailChart.update(servfailLines);
  setText("now-servfail", rate(history.rate("servfail")));
};

export const showAnswers = (overview) => {
  const { at_seconds, stats, history, status } = overview;
  const [hits, misses] = ["hit", "miss"].map((result) =>
    stats.sum("sluice_cache_lookups_total", { result }));
  answersLines.push(at_seconds, [history.rate("hits"), history.rate("misses")]);
  answersChart.update(answersLines);
  const recent = history.ratio("hits", "lookups");
  setText("now-queries", rate(history.rate("queries")));
  setText("now-hits", percent(recent));
  setText("now-in-flight", count(status.in_flight));
  setFacts(byId("answers"), [
    ["Cache hits", count(hits)],
    ["Cache misses", count(misses)],
    ["Hit ratio, 5 min", percent(recent)],
    ["Hit ratio since the start", percent(hits / (hits + misses))],
    ["Stale answers", count(stats.sum("sluice_zone_stale_answers_total"))],
    ["Answered on the host", count(stats.sum("sluice_local_answers_total"))],
    ["Responses in the cache", count(stats.sum("sluice_cache_entries"))],
    ["Cache in use", percent(status.cache?.bytes / status.cache?.max_bytes)],
  ]);
  showServfail(overview);
};
