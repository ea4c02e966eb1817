// Packets against the limit, for each budget.

import { Chart } from "./charts.js";
import { byId, make, setFacts, setText } from "./elements.js";
import { count, rate } from "./format.js";
import { Lines } from "./history.js";

const kBudgetsMax = 8;
const kPeaks = [["1ms", "1 ms", 0.001], ["10ms", "10 ms", 0.01], ["100ms", "100 ms", 0.1], ["1s", "1 s", 1]];

const panels = new Map();

/// Packets that all sharers paid for in the last second, by the daemon's clock.
const used = ({ budget }, { stats }) => stats.sum("sluice_budget_used_packets", { budget });

class Panel {
  constructor(name) {
    this.lines = new Lines(4);
    this.interfaces = make("span", { class: "quiet" });
    this.problem = make("p", { class: "problem", hidden: "" });
    const figure = make("figure", { class: "chart" });
    this.chart = new Chart(figure, { title: "Packets per second", format: rate,
      labels: ["paid by all sharers", "by this daemon", "granted rate", "limit"] });
    this.facts = make("dl", { class: "facts" });
    this.peaks = make("dl", { class: "peaks" });
    for (const [, label] of kPeaks)
      this.peaks.append(make("div", {}, make("dt", {}, label), make("dd")));
    const side = make("div", {}, this.facts,
      make("h4", {}, "Most packets in any …", make("span", { class: "quiet" }, " since the last scrape")),
      this.peaks);
    this.element = make("article", { class: "budget" }, make("h3", {}, `${name} `, this.interfaces), this.problem,
      make("div", { class: "beside" }, figure, side));
    byId("budgets").append(this.element);
  }

  update(budget, overview) {
    const { stats, history } = overview;
    this.lines.push(overview.at_seconds, [used(budget, overview), history.rate(`own ${budget.budget}`), budget.rate, budget.limit]);
    this.chart.update(this.lines);
    setText(this.interfaces, budget.interfaces);
    this.problem.hidden = !budget.problem;
    setText(this.problem, budget.problem ? `Not shared: ${budget.problem}` : "");
    setFacts(this.facts, [
      ["Limit of the interface", `${count(budget.limit)} per second`],
      ["Granted", `${count(budget.rate)} per second, ${count(budget.burst)} at once`],
      ["Kept in reserve", count(budget.reserve)],
      ["Tokens left", count(budget.available)],
      ["Sent by this daemon", count(budget.packets)],
      ["Paid for by all", count(budget.packets_by_all)],
    ]);
    kPeaks.forEach(([window, , seconds], at) => {
      const peak = stats.sum("sluice_budget_peak_packets", { budget: budget.budget, window });
      const most = Math.min(budget.limit, Math.floor(budget.burst + budget.rate * seconds));
      const cell = this.peaks.children[at].lastElementChild;
      setText(cell, peak === undefined ? "–" : `${count(peak)} of ${count(most)}`);
      cell.style.setProperty("--share", `${Math.min(100, (100 * (peak ?? 0)) / most)}%`);
    });
  }
}

export const showPackets = (overview) => {
  const budgets = overview.budgets.slice(0, kBudgetsMax);
  for (const [name, panel] of panels)
    if (!budgets.some((budget) => budget.budget === name)) {
      panel.element.remove();
      panels.delete(name);
    }
  for (const budget of budgets) {
    if (!panels.has(budget.budget)) panels.set(budget.budget, new Panel(budget.budget));
    panels.get(budget.budget).update(budget, overview);
  }

  // The tile shows the budget that is nearest to its limit.
  const load = (budget) => (used(budget, overview) ?? 0) / budget.limit;
  const busiest = budgets.toSorted((a, b) => load(b) - load(a))[0];
  setText("now-packets", rate(busiest && used(busiest, overview)));
  setText("now-limit", busiest ? `per second of ${count(busiest.limit)}` : "no budget");
};
