// The dashboard: takes an overview a second and has each section show its part of it.

import { showAnswers } from "./answers.js";
import { hasCharts, redrawCharts } from "./charts.js";
import { byId, make, setText } from "./elements.js";
import { startExplain } from "./explain.js";
import { duration } from "./format.js";
import { History, Stats } from "./history.js";
import { Live } from "./live.js";
import { showPackets } from "./packets.js";
import { showQueue } from "./queue.js";
import { startRequests } from "./requests.js";
import { showSpenders, startSpenders } from "./spenders.js";
import { followTheme } from "./theme.js";
import { showUpstreams } from "./upstreams.js";
import { showVerdict } from "./verdict.js";
import { showZones } from "./zones.js";

const history = new History();
let lastSeen = null;

/// The counters that rates are made of, by the names that sections ask for.
const counters = ({ stats, zones, budgets }) => {
  const all = new Map();
  const add = (name, value) => {
    if (value !== undefined) all.set(name, (all.get(name) ?? 0) + value);
  };
  add("queries", stats.sum("sluice_client_queries_total"));
  add("hits", stats.sum("sluice_cache_lookups_total", { result: "hit" }));
  add("misses", stats.sum("sluice_cache_lookups_total", { result: "miss" }));
  add("lookups", stats.sum("sluice_cache_lookups_total"));
  for (const { labels, value } of stats.rows("sluice_zone_servfail_total")) {
    add("servfail", value);
    add(`servfail ${labels.cause}`, value);
  }
  for (const { labels, value } of stats.rows("sluice_budget_waits_total")) add(`waits ${labels.class}`, value);
  for (const part of ["sum", "count"])
    for (const { labels, value } of stats.rows(`sluice_budget_wait_seconds_${part}`))
      add(`wait ${part} ${labels.class}`, value);
  for (const zone of zones) {
    add(`packets ${zone.zone}`, zone.packets);
    add(`questions ${zone.zone}`, zone.questions);
  }
  for (const budget of budgets) {
    add(`own ${budget.budget}`, stats.sum("sluice_budget_packets_total", { budget: budget.budget }));
  }
  return all;
};

const showServer = ({ status }) => setText("server",
  `${status.version} on ${(status.listen ?? []).join(", ")}, up ${duration(status.uptime_seconds)}`);

const onOverview = (raw) => {
  lastSeen = new Date();
  const overview = { zones: [], upstreams: [], budgets: [], ...raw, stats: new Stats(raw.stats), history };
  history.push(overview.at_seconds, counters(overview));
  for (const show of [showServer, showVerdict, showPackets, showQueue, showAnswers, showSpenders,
    showZones, showUpstreams]) show(overview);
};

const kStates = {
  live: "Live",
  polling: "Live, every 2 s",
  silent: "Engine silent",
  lost: "Connection lost",
};

let countdown = null;

const showLoss = (text) => {
  byId("loss").hidden = text === "";
  setText("loss", text);
};

const onState = (state, detail) => {
  clearInterval(countdown);
  document.body.dataset.connection = state;
  byId("connection").dataset.state = state;
  setText("connection", kStates[state]);
  const since = lastSeen ? ` What you see is of ${lastSeen.toLocaleTimeString("en-GB")}.` : "";
  if (state === "lost") {
    showLoss(`Connection lost: the daemon does not answer.${since}`);
    const tell = () => setText("connection",
      `${kStates.lost}; next attempt in ${Math.max(0, Math.ceil((detail - Date.now()) / 1000))} s`);
    tell();
    countdown = setInterval(tell, 500);
  } else if (state === "silent") {
    showLoss(`The daemon answers, but its engine does not: ${detail}.${since}`);
  } else {
    showLoss("");
  }
};

const nameUplot = () => {
  if (!hasCharts()) return;
  byId("charts-by").replaceChildren("Charts by uPlot, ",
    make("a", { href: "uplot-licence.txt" }, "MIT licence"), ".");
};

followTheme(byId("theme"), redrawCharts);
startSpenders();
startExplain();
startRequests();
nameUplot();
new Live({ onOverview, onState }).start();
