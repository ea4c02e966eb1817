// Who spends packets on what. The minute comes with each overview, the hour when it is chosen.

import { byId, setText } from "./elements.js";
import { count, milliseconds, percent } from "./format.js";
import { Table } from "./table.js";

const kFirst = 10;
const kHourAgainMs = 10_000;

let window_ = "minute";
let showsAll = false;
let latest = null;
let hourAt = 0;

/// Where to look for the client, which its name alone does not say.
const detail = ({ client, detail: words, uid }) => {
  const user = typeof uid === "number" ? `user ${uid}` : "";
  return [words === client ? "" : words, `${client} ${words}`.includes(user) ? "" : user]
    .filter(Boolean).join(", ");
};

const table = new Table(byId("spenders"), {
  key: (row) => [row.client, row.detail, row.zone, row.suffix, row.type].join(" "),
  empty: "Nobody has spent a packet in this time.",
  columns: [
    { label: "Client", cell: (row) => row.client, detail, isName: true },
    { label: "Kind", cell: (row) => row.kind ?? "–" },
    { label: "Suffix", cell: (row) => row.suffix, isName: true },
    { label: "Type", cell: (row) => row.type },
    { label: "Zone", cell: (row) => row.zone, isName: true },
    { label: "Packets", cell: (row) => count(row.packets), isNumber: true },
    { label: "Share", cell: (row) => percent(row.share), share: (row) => row.share, isNumber: true },
    { label: "Failures", cell: (row) => count(row.failures), isNumber: true,
      tone: (row) => (row.failures > row.packets / 2 ? "warning" : "none") },
    { label: "Mean wait", cell: (row) => milliseconds(row.waits > 0 ? row.waited_ms / row.waits : undefined), isNumber: true },
  ],
});

const show = (top) => {
  latest = top;
  const rows = top.spenders ?? [];
  table.update(showsAll ? rows : rows.slice(0, kFirst));
  setText("spenders-note", `${count(top.packets)} packets in the last ${top.window}.`);
  const button = byId("spenders-all");
  button.hidden = rows.length <= kFirst;
  setText(button, showsAll ? `Show the first ${kFirst}` : `Show all ${rows.length}`);
};

const fetchTop = async () => {
  const wanted = window_;
  hourAt = Date.now();
  try {
    const top = await (await fetch(`api/v1/top?window=${wanted}`, { cache: "no-store" })).json();
    if (wanted !== window_) return;
    if (top.error) setText("spenders-note", top.error);
    else show(top);
  } catch {
    setText("spenders-note", "The daemon did not answer.");
  }
};

export const startSpenders = () => {
  byId("window").addEventListener("change", (event) => {
    window_ = event.target.value;
    fetchTop();
  });
  byId("spenders-all").addEventListener("click", () => {
    showsAll = !showsAll;
    show(latest);
  });
};

export const showSpenders = ({ top }) => {
  if (!top) return setText("spenders-note", "This daemon does not tell who spends its packets.");
  if (window_ === top.window) show(top);
  else if (Date.now() - hourAt > kHourAgainMs) fetchTop();
};
