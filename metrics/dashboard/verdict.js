// The verdict: what is wrong, what shows it, what to do.

import { byId, make, setText } from "./elements.js";
import { duration } from "./format.js";

/// The words of every verdict, and how bad it is: the tone is a colour and a shape.
const kVerdicts = {
  healthy: ["Healthy", "good"],
  budget_limited: ["Budget limited", "warning"],
  interface_limited: ["Interface limited", "warning"],
  upstream_slow: ["Upstream slow", "warning"],
  client_storm: ["Client storm", "warning"],
  upstream_failing: ["Upstream failing", "bad"],
  upstream_silent: ["Upstream silent", "bad"],
  ports_exhausted: ["Ports exhausted", "bad"],
};

export const verdictWords = (verdict) => kVerdicts[verdict]?.[0] ?? verdict ?? "–";
export const verdictTone = (verdict) => kVerdicts[verdict]?.[1] ?? "none";

let shown = "";

/// `told`: what stands above the card, and need not be said again in it.
const findingCard = (finding, told) => {
  const heading = make("h3", {}, verdictWords(finding.verdict));
  if (finding.subject) heading.append(make("span", { class: "subject" }, finding.subject));
  const shows = make("div", { class: "shows" }, heading);
  if (finding.what && !told.startsWith(finding.what)) shows.append(make("p", {}, finding.what));
  if (finding.evidence?.length)
    shows.append(make("ul", { "aria-label": "Evidence" },
      ...finding.evidence.map((line) => make("li", {}, line))));
  const card = make("article", { class: "finding", "data-tone": verdictTone(finding.verdict) }, shows);
  if (finding.advice)
    card.append(make("p", { class: "advice" }, make("strong", {}, "What to do: "), finding.advice));
  return card;
};

export const showVerdict = ({ diagnosis }) => {
  const verdict = byId("verdict");
  if (!diagnosis?.verdict) {
    setText(verdict, "No diagnosis");
    setText("summary", "This daemon sends figures only; judge by what follows.");
    return;
  }
  setText(verdict, verdictWords(diagnosis.verdict));
  verdict.dataset.tone = verdictTone(diagnosis.verdict);
  const summary = diagnosis.summary ?? "";
  setText("summary", summary);
  const since = diagnosis.since_seconds;
  setText("verdict-since", typeof since === "number" ? `for ${duration(since)}` : "since the start");
  document.title = diagnosis.verdict === "healthy" ? "Sluice"
    : `${verdictWords(diagnosis.verdict)} – Sluice`;

  const findings = diagnosis.findings ?? [];
  const now = JSON.stringify([summary, findings]);
  if (now === shown) return;
  shown = now;
  byId("findings").replaceChildren(
    ...findings.map((finding) => findingCard(finding, summary)));
};
