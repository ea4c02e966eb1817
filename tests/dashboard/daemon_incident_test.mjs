// The page of a running daemon, at URL, while a program storms at it with look-ups below SUFFIX: it shows
// what the API tells at that moment, and is legible however much there is to tell.

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { accessibilityFaults, kNarrow, kWide, openPage, overflow, screenshot, startBrowser } from "./stage.mjs";

const url = process.env.URL;
const suffix = process.env.SUFFIX;
const kHistoryMs = 6_000;  // that charts of a screenshot have something to show
let browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

const api = async (target) => (await fetch(new URL(`api/v1/${target}`, url))).json();

/// Keeps the overview that the page has shown last.
const rememberOverview = () => {
  globalThis.EventSource = class extends EventSource {
    constructor(target) {
      super(target);
      this.addEventListener("message", (event) => { globalThis.latest = JSON.parse(event.data); });
    }
  };
};

const opened = (options, body) => async () => {
  const { page, complaints, close } = await openPage(browser, url, { prepare: rememberOverview, ...options });
  try {
    await page.locator("#now-queries", { hasText: /\d/ }).waitFor();
    await body(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
};

/// What the page shows, and the overview that it shows: both of one moment.
const look = (page) => page.evaluate(() => {
  const texts = (selector, within = document) => [...within.querySelectorAll(selector)].map((each) => each.textContent);
  const cells = (table, ...labels) => [...document.querySelectorAll(`#${table} tbody tr`)].map((row) =>
    labels.map((label) => {
      const cell = row.querySelector(`[data-label="${label}"]`);
      return (cell.querySelector("span") ?? cell).textContent;
    }));
  return {
    overview: globalThis.latest,
    verdict: document.getElementById("verdict").textContent,
    summary: document.getElementById("summary").textContent,
    findings: [...document.querySelectorAll(".finding")].map((card) => ({
      heading: texts("h3", card)[0], text: card.textContent, evidence: texts("li", card) })),
    spenders: cells("spenders", "Client", "Suffix", "Type", "Packets"),
    failing: cells("failing", "Suffix", "Zone", "Questions", "Failures"),
  };
});

const words = (verdict) => (verdict[0].toUpperCase() + verdict.slice(1)).replaceAll("_", " ");
const figure = (value) => value.toLocaleString("en-GB");

it("shows the verdict, the findings, who spends and what fails", opened({}, async (page) => {
  const { overview, ...shown } = await look(page);
  const { diagnosis, top } = overview;

  assert.equal(shown.verdict, words(diagnosis.verdict));
  assert.equal(shown.summary, diagnosis.summary);
  assert.equal(shown.findings.length, diagnosis.findings.length);
  diagnosis.findings.forEach((finding, at) => {
    const card = shown.findings[at];
    assert.equal(card.heading, words(finding.verdict) + finding.subject);
    assert.ok(`${shown.summary} ${card.text}`.includes(finding.what), finding.what);
    assert.deepEqual(card.evidence, finding.evidence);
    assert.ok(card.text.endsWith(finding.advice), finding.advice);
  });
  assert.deepEqual(shown.spenders, top.spenders.slice(0, 10).map((row) =>
    [row.client, row.suffix, row.type, figure(row.packets)]));
  assert.deepEqual(shown.failing, diagnosis.failing.map((row) =>
    [row.suffix, row.zone, figure(row.requests), figure(row.failures)]));
}));

it("shows what the API and the metrics tell", opened({}, async (page) => {
  const shown = await look(page);
  const told = await api("overview");
  const metrics = (await (await fetch(new URL("metrics", url))).text()).split("\n");

  assert.equal(shown.verdict, words(told.diagnosis.verdict));
  assert.ok(metrics.includes(`sluice_verdict{verdict="${told.diagnosis.verdict}"} 1`));
  assert.equal(shown.findings[0].heading, words(told.diagnosis.findings[0].verdict) + told.diagnosis.findings[0].subject);
  const [{ client, type }] = told.top.spenders;
  assert.deepEqual(shown.spenders[0].slice(0, 3), [client, suffix, type]);
  const series = metrics.find((line) => line.startsWith(`sluice_top_packets{client="${client}"`) && line.includes(suffix));
  assert.ok(Number(series.split(" ").at(-1)) > 0);
  assert.deepEqual(shown.failing.map(([name]) => name), told.diagnosis.failing.map((row) => row.suffix));

  // Counters grow meanwhile: what was shown came before what is told now.
  const packets = (overview) => overview.stats['sluice_budget_packets_total{budget="eni"}'];
  assert.ok(packets(shown.overview) <= packets(told));
  assert.ok(packets(told) <= Number(metrics.find((line) => line.startsWith("sluice_budget_packets_total{")).split(" ")[1]));
}));

it("shows how long questions wait, by class", opened({}, async (page) => {
  await page.waitForTimeout(kHistoryMs);
  const row = page.locator("#queue tbody tr", { hasText: "Failing subtrees" });
  assert.match(await row.locator('[data-label="Mean wait, 5 min"]').innerText(), /^\d[\d.]*\s(ms|s)$/);
}));

it("switches from the minute to the hour and back", opened({}, async (page) => {
  for (const [name, window] of [["Hour", "hour"], ["Minute", "minute"]]) {
    await page.getByRole("radio", { name }).check();
    await page.locator("#spenders-note", { hasText: `in the last ${window}.` }).waitFor();
    const { spenders } = await look(page);
    assert.equal(spenders[0][1], suffix);
  }
}));

it("explains a name that fails and one that does not", opened({}, async (page) => {
  for (const [name, type] of [[`200.200.${suffix}`, "PTR"], ["host-0.shop.example.", "A"]]) {
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("combobox", { name: "Type" }).fill(type);
    await page.keyboard.press("Enter");
    await page.locator("#explanation h3", { hasText: `${name} ${type}` }).waitFor();
    const { outcome } = await api(`explain?name=${name}&type=${type}`);
    const seconds = /\d+ s /;  // pass between one look and the other
    assert.equal((await page.locator(".outcome").innerText()).replace(seconds, ""), outcome.replace(seconds, ""));
  }
}));

for (const [name, viewport] of Object.entries({ wide: kWide, narrow: kNarrow }))
  for (const colorScheme of ["light", "dark"])
    it(`is legible and without faults of access, ${name} and ${colorScheme}`, opened({ viewport, colorScheme },
      async (page) => {
        await page.getByRole("textbox", { name: "Name" }).fill(`200.200.${suffix}`);
        await page.getByRole("combobox", { name: "Type" }).fill("PTR");
        await page.keyboard.press("Enter");
        await page.locator(".steps").waitFor();
        await page.locator("#requests-load").click();
        await page.locator("#requests tbody tr").first().waitFor();
        await page.waitForTimeout(kHistoryMs);
        await screenshot(page, `storm-${name}-${colorScheme}`);
        assert.deepEqual(await accessibilityFaults(page), []);
        assert.equal(await overflow(page), 0);
      }));
