// The page of a running daemon, at URL: its figures are those of /metrics, it needs nothing from
// elsewhere, and it says when the daemon, process PID, has stopped.

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { accessibilityFaults, kNarrow, kWide, openPage, overflow, screenshot, startBrowser } from "./stage.mjs";

const url = process.env.URL;
let browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

const metrics = async () => {
  const lines = (await (await fetch(new URL("metrics", url))).text()).split("\n");
  return (family, label = "") => lines
    .filter((line) => line.startsWith(family) && /^[ {]/.test(line.slice(family.length)) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
};

const number = (text) => Number(text.replace(/[^\d.]/g, ""));
const fact = async (page, list, term) =>
  number(await page.locator(`${list} > div`, { has: page.getByText(term, { exact: true }) }).locator("dd").innerText());

/// The cell of `column` in the row of `table` that has `name`.
const cell = async (page, table, name, column) => number(await page.locator(`${table} tbody tr`, { hasText: name })
  .locator(`[data-label="${column}"]`).first().innerText());

const opened = (options, body) => async () => {
  const { page, complaints, close } = await openPage(browser, url, options);
  try {
    await page.locator("#now-queries", { hasText: /\d/ }).waitFor();
    await body(page, complaints);
  } finally {
    await close();
  }
};

it("shows the figures of /metrics", opened({}, async (page, complaints) => {
  const counted = await metrics();
  const hits = counted("sluice_cache_lookups_total", 'result="hit"');
  assert.ok(hits > 0 && counted("sluice_zone_servfail_total") > 0);

  assert.equal(await fact(page, "#answers", "Cache hits"), hits);
  assert.equal(await fact(page, "#answers", "Cache misses"), counted("sluice_cache_lookups_total", 'result="miss"'));
  assert.equal(await fact(page, "#answers", "Responses in the cache"), counted("sluice_cache_entries"));
  assert.equal(await fact(page, ".budget .facts", "Sent by this daemon"), counted("sluice_budget_packets_total"));
  assert.equal(await fact(page, ".budget .facts", "Limit of the interface"), counted("sluice_budget_limit_packets"));
  assert.equal(await cell(page, "#zones", "in-addr.arpa", "Queries"),
    counted("sluice_zone_queries_total", "in-addr.arpa"));
  assert.equal(await cell(page, "#zones", "in-addr.arpa", "SERVFAIL"),
    counted("sluice_zone_servfail_total", "in-addr.arpa"));
  const failures = await page.locator("#servfail tbody td:last-child").allInnerTexts();
  assert.equal(failures.map(number).reduce((a, b) => a + b, 0), counted("sluice_zone_servfail_total"));
  assert.deepEqual(complaints, []);
}));

it("comes with the headers that keep it to itself", async () => {
  const reply = await fetch(url);
  const policy = reply.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal(reply.headers.get("x-frame-options"), "DENY");
  assert.equal(reply.headers.get("access-control-allow-origin"), null);
});

it("explains a name", opened({}, async (page, complaints) => {
  const known = await (await fetch(new URL("api/v1/explain?name=www.example.com&type=A", url))).json();
  await page.getByRole("textbox", { name: "Name" }).fill("www.example.com");
  await page.keyboard.press("Enter");
  await page.locator(".steps li").first().waitFor();
  assert.equal(await page.locator(".outcome").innerText(), known.outcome);
  assert.equal(await page.locator(".steps li").count(), known.steps.length);
  assert.deepEqual(complaints, []);
}));

for (const [name, viewport] of Object.entries({ wide: kWide, narrow: kNarrow }))
  for (const colorScheme of ["light", "dark"])
    it(`has no fault of access, ${name} and ${colorScheme}`, opened({ viewport, colorScheme },
      async (page, complaints) => {
        await screenshot(page, `daemon-${name}-${colorScheme}`);
        assert.deepEqual(await accessibilityFaults(page), []);
        assert.equal(await overflow(page), 0);
        assert.deepEqual(complaints, []);
      }));

it("says so when the daemon stops", opened({}, async (page) => {
  process.kill(Number(process.env.PID), "SIGTERM");
  await page.locator("#loss", { hasText: "Connection lost" }).waitFor();
}));
