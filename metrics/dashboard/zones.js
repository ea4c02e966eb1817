// Zone rules: what each costs, and the subtrees that fail.

import { byId } from "./elements.js";
import { count, duration, ratio } from "./format.js";
import { Table } from "./table.js";
import { verdictWords } from "./verdict.js";

const kTooMuch = 2;  // packets for each question: beyond, an upstream is slow or fails

const tone = (amplification) => (amplification > kTooMuch ? "warning" : "none");

const zones = new Table(byId("zones"), {
  key: (zone) => zone.zone,
  empty: "No zone rules.",
  columns: [
    { label: "Zone", cell: (zone) => zone.zone, isName: true },
    { label: "Upstream", cell: (zone) => zone.upstream || "answered here" },
    { label: "Weight", cell: (zone) => count(zone.weight), isNumber: true },
    { label: "Queries", cell: (zone) => count(zone.queries), isNumber: true },
    { label: "Questions", cell: (zone) => count(zone.questions), isNumber: true },
    { label: "Packets", cell: (zone) => count(zone.packets), isNumber: true },
    { label: "Amplification, 5 min", cell: (zone) => ratio(zone.recent), tone: (zone) => tone(zone.recent), isNumber: true },
    { label: "Since the start", cell: (zone) => ratio(zone.questions > 0 ? zone.amplification : undefined),
      tone: (zone) => tone(zone.amplification), isNumber: true },
    { label: "Clients' own", cell: (zone) => ratio(zone.clients), tone: (zone) => tone(zone.clients), isNumber: true },
    { label: "Waiting", cell: (zone) => count(zone.queue_depth), isNumber: true },
    { label: "SERVFAIL", cell: (zone) => count(zone.servfail), isNumber: true },
    { label: "State", cell: (zone) => zone.silent ? verdictWords("upstream_silent")
        : zone.failing?.length ? `${count(zone.failing.length)} failing` : verdictWords("healthy"),
      tone: (zone) => (zone.silent ? "bad" : zone.failing?.length ? "warning" : "none") },
  ],
});

const failing = new Table(byId("failing"), {
  key: (row) => `${row.suffix} ${row.zone}`,
  empty: "None: no suffix fails far more than it succeeds.",
  columns: [
    { label: "Suffix", cell: (row) => row.suffix, isName: true },
    { label: "Zone", cell: (row) => row.zone, isName: true },
    { label: "Questions", cell: (row) => count(row.requests), isNumber: true },
    { label: "Failures", cell: (row) => count(row.failures), isNumber: true },
    { label: "Known for", cell: (row) => duration(row.age_ms / 1000), isNumber: true },
  ],
});

export const showZones = ({ zones: rows, stats, history, diagnosis }) => {
  zones.update(rows.map((zone) => ({
    ...zone,
    recent: history.ratio(`packets ${zone.zone}`, `questions ${zone.zone}`),
    clients: zone.questions > 0
      ? stats.sum("sluice_zone_client_amplification_ratio", { zone: zone.zone })
        ?? (zone.questions + zone.retransmits) / zone.questions
      : undefined,
  })));
  failing.update(diagnosis?.failing ?? rows.flatMap((zone) =>
    (zone.failing ?? []).map((suffix) => ({ suffix, zone: zone.zone }))));
};
