// Questions in flight, loaded when the operator asks: it is the costliest look at the engine.

import { byId, setText } from "./elements.js";
import { count, milliseconds } from "./format.js";
import { Table } from "./table.js";

const kShown = 20;
/// What a question waits as; one that has been asked is in no queue.
const kClasses = { first_try: "first try", retry: "retry", penalty: "behind all others",
  refresh: "refresh", prefetch: "prefetch" };

const table = new Table(byId("requests"), {
  key: (row) => [row.name, row.type, row.zone, row.age_ms].join(" "),
  empty: "",
  columns: [
    { label: "Name", cell: (row) => row.name, isName: true },
    { label: "Type", cell: (row) => row.type },
    { label: "State", cell: (row) => [row.state, kClasses[row.class]].filter(Boolean).join(", "), isWide: true },
    { label: "Age", cell: (row) => milliseconds(row.age_ms), isNumber: true },
    { label: "Tries", cell: (row) => count(row.tries), isNumber: true },
    { label: "Waiters", cell: (row) => count(row.waiters), isNumber: true },
    { label: "Client", cell: (row) => row.spender || row.client || "–", isName: true },
  ],
});

const load = async () => {
  try {
    const reply = await (await fetch("api/v1/requests", { cache: "no-store" })).json();
    if (reply.error) return setText("requests-note", reply.error);
    const oldest = reply.requests.toSorted((a, b) => b.age_ms - a.age_ms);
    table.update(oldest.slice(0, kShown));
    const at = new Date().toLocaleTimeString("en-GB");
    const more = reply.cut ? " or more" : "";
    setText("requests-note", oldest.length === 0 ? `Nothing was in flight at ${at}.`
      : `${count(oldest.length)}${more} in flight at ${at}.`);
    setText("requests-load", "Load again");
  } catch {
    setText("requests-note", "The daemon did not answer.");
  }
};

export const startRequests = () => {
  byId("requests-load").addEventListener("click", load);
};
