// "Explain a name": what would happen to a question now, step by step.

import { byId, make } from "./elements.js";
import { count, duration, milliseconds, percent, some } from "./format.js";

// Each part of the reply that may be there, as a term and a description.
const facts = (reply) => {
  const { rule, cache, failure, subtree, in_flight: flight } = reply;
  return [
    rule && ["Rule", `${rule.zone} to ${rule.upstream || "nobody"}, weight ${count(rule.weight)}` +
      `${rule.silent ? ", all of its servers silent" : ""}`],
    reply.local && ["Known on the host", reply.local],
    cache && ["In the cache", `${cache.state} ${cache.rcode}, ${some(cache.records, "record")}, ` +
      `${duration(cache.age_seconds)} old, TTL ${duration(cache.ttl_seconds)}`],
    failure && ["Failed", `${failure.cause}, ${count(failure.streak)} in a row, asked again in ` +
      milliseconds(failure.retry_in_ms)],
    subtree && ["Subtree", `${subtree.suffix}: ${count(subtree.failures)} of ` +
      `${count(subtree.requests)} failed, held back with probability ${percent(subtree.probability)}`],
    flight && ["In flight", `${flight.state} for ${milliseconds(flight.age_ms)}, ` +
      `${count(flight.waiters)} waiting`],
    ...(reply.servers ?? []).map((server) => ["Server", `${server.server}, RTT ` +
      `${milliseconds(server.srtt_ms)}, time-out ${milliseconds(server.timeout_ms)}` +
      `${server.silent ? ", silent" : ""}`]),
    reply.budget && ["Budget", `${reply.budget.budget}: ${some(reply.budget.available, "packet")} could leave at once`],
  ].filter(Boolean);
};

const show = (reply) => {
  const place = byId("explanation");
  if (reply.error) return place.replaceChildren(make("p", { class: "problem" }, reply.error));
  place.replaceChildren(
    make("h3", {}, `${reply.name} ${reply.type}`),
    make("p", { class: "outcome" }, reply.outcome ?? ""),
    make("div", { class: "beside" },
      make("ol", { class: "steps" }, ...(reply.steps ?? []).map((step) => make("li", {}, step))),
      make("dl", { class: "facts" }, ...facts(reply).map(([term, text]) =>
        make("div", {}, make("dt", {}, term), make("dd", {}, text))))));
};

export const startExplain = () => {
  byId("explain").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const query = new URLSearchParams({ name: form.get("name").trim(), type: form.get("type").trim().toUpperCase() });
    try {
      show(await (await fetch(`api/v1/explain?${query}`, { cache: "no-store" })).json());
    } catch {
      show({ error: "The daemon did not answer." });
    }
  });
};
