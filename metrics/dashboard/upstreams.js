// Servers of upstreams, for each zone that asks them.

import { byId } from "./elements.js";
import { count, milliseconds, percent } from "./format.js";
import { Table } from "./table.js";
import { verdictTone, verdictWords } from "./verdict.js";

// A server that is silent for a zone is so whatever its upstream's verdict is.
const verdict = (row) => (row.silent ? "upstream_silent" : row.verdict ?? "healthy");
const state = (row) => (row.looping ? "Leads back to us" : verdictWords(verdict(row)));
const tone = (row) => (row.looping ? "bad" : verdictTone(verdict(row)));

const table = new Table(byId("upstreams"), {
  key: (row) => `${row.upstream} ${row.server} ${row.zone}`,
  empty: "No server is known yet.",
  columns: [
    { label: "Server", cell: (row) => row.server, isName: true },
    { label: "Upstream", cell: (row) => row.upstream },
    { label: "Zone", cell: (row) => row.zone, isName: true },
    { label: "State", cell: state, tone },
    { label: "RTT", cell: (row) => milliseconds(row.answered > 0 ? row.srtt_ms : undefined), isNumber: true },
    { label: "Time-out", cell: (row) => milliseconds(row.timeout_ms), isNumber: true },
    { label: "In flight", cell: (row) => count(row.in_flight), isNumber: true },
    { label: "Sent", cell: (row) => count(row.sends ?? row.sent), isNumber: true },
    { label: "Answered", cell: (row) => percent(row.sent > 0 ? row.answered / row.sent : undefined), isNumber: true },
    { label: "Late", cell: (row) => count(row.late), isNumber: true },
    { label: "Timed out", cell: (row) => count(row.timeouts), isNumber: true },
    { label: "Failed", cell: (row) => count(row.failed), isNumber: true },
    { label: "TCP", cell: (row) => (row.tcp_open ? "open" : "–") },
  ],
});

export const showUpstreams = ({ upstreams }) => table.update(upstreams);
