// The page beside a stand-in for the daemon: what it shows of an incident, how it is used, and what it
// does when the stand-in goes away.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { quiet } from "./sample.mjs";
import { StandIn, accessibilityFaults, kNarrow, kWide, openPage, overflow, screenshot, startBrowser } from "./stage.mjs";

const kSeconds = 120;  // of history
let browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

/// Runs `body(page, standIn)` on a page that has seen two minutes of the incident; fails if the browser
/// has complained, unless the test cuts connections.
const onPage = (options, body) => async () => {
  const standIn = await new StandIn(options.tell).start();
  const { page, complaints, close } = await openPage(browser, standIn.url, options.browser);
  try {
    standIn.advance(kSeconds);
    await page.waitForFunction(() => /\d/.test(document.getElementById("now-queries").textContent));
    await body(page, standIn);
    if (!options.losesConnection) assert.deepEqual(complaints, []);
  } finally {
    await close();
    await standIn.stop();
  }
};

const plain = (text) => text.replaceAll("\u00a0", " ");
const text = async (page, selector) => plain(await page.locator(selector).innerText());
const row = (page, table, name) => page.locator(`${table} tbody tr`, { hasText: name });

describe("The page of an incident", () => {
  it("says the verdict, what shows it and what to do", onPage({}, async (page) => {
    assert.equal(await text(page, "#verdict"), "Budget limited");
    assert.match(await text(page, "#summary"), /ptr-batch\.service, spends 77 %/);
    const finding = await text(page, ".finding >> nth=0");
    for (const part of ["eni", "964 of 964 packets were spent", "the oldest 1.4 s", "What to do:", "Nothing needs"])
      assert.ok(finding.includes(part), part);
    assert.equal(await page.title(), "Budget limited – Sluice");
  }));

  it("makes rates of counters by the daemon's clock", onPage({}, async (page) => {
    assert.equal(await text(page, "#now-queries"), "3,112");
    assert.equal(await text(page, "#now-packets"), "897");
    assert.equal(await text(page, "#now-limit"), "per second of 1,024");
    assert.equal(await text(page, "#now-servfail"), "455");
    assert.equal(await text(page, "#now-hits"), "66 %");
    const cells = plain(await row(page, "#queue", "Failing subtrees").innerText()).split(/\s*\t\s*/);
    assert.deepEqual(cells.slice(3, 5), ["180/s", "210 ms"]);
    assert.match((await row(page, "#zones", "2 failing").innerText()).replaceAll("! ", ""), /\t2\.16\t2\.16\t4\.86\t/);
  }));

  it("shows microbursts beside what the budget allows", onPage({}, async (page) => {
    assert.deepEqual(await page.locator(".peaks dd").allInnerTexts(),
      ["58 of 60", "69 of 69", "150 of 150", "958 of 960"]);
  }));

  it("shows names of strangers as text", onPage({}, async (page) => {
    assert.ok(await row(page, "#spenders", "<img src=x onerror=alert(1)>").isVisible());
    assert.equal(await page.locator("main img, main b").count(), 0);
  }));

  it("draws a chart of each figure", onPage({}, async (page) => {
    assert.equal(await page.locator(".chart canvas").count(), 4);
    assert.match(await text(page, "#charts-by"), /uPlot, MIT licence/);
    const licence = await page.request.get(new URL("uplot-licence.txt", page.url()).href);
    assert.match(await licence.text(), /Leon Sorokin/);
  }));

  it("counts anew when the daemon has restarted", onPage({}, async (page, standIn) => {
    standIn.tell = (second) => ({ ...quiet(3), at_seconds: quiet(second).at_seconds });
    standIn.advance(1);
    await page.waitForFunction(() => document.getElementById("verdict").textContent === "Healthy");
    assert.equal(await text(page, "#now-queries"), "–");
    standIn.advance(4);
    await page.waitForFunction(() => document.getElementById("now-queries").textContent === "0");
  }));

  it("says what is missing from a daemon that sends less", onPage(
    { tell: (second) => ({ ...quiet(second), diagnosis: undefined, top: undefined }) }, async (page) => {
      assert.equal(await text(page, "#verdict"), "No diagnosis");
      assert.equal(await row(page, "#failing", "25.104.in-addr.arpa.").count(), 1);
    }));
});

describe("The page in the hand of an operator", () => {
  it("explains a name in steps", onPage({}, async (page, standIn) => {
    await page.getByRole("textbox", { name: "Name" }).fill("4.1.25.104.in-addr.arpa&type=MX");
    await page.getByRole("combobox", { name: "Type" }).fill("ptr");
    await page.keyboard.press("Enter");
    await page.locator(".steps").waitFor();
    assert.ok(standIn.asked.includes("/api/v1/explain?name=4.1.25.104.in-addr.arpa%26type%3DMX&type=PTR"));
    assert.equal(await page.locator(".steps li").count(), 4);
    assert.match(await text(page, "#explanation"), /25\.104\.in-addr\.arpa\.: 3,800 of 4,100 failed/);
  }));

  it("loads what is in flight when asked, the oldest first", onPage({}, async (page, standIn) => {
    assert.ok(!standIn.asked.includes("/api/v1/requests"));
    await page.getByRole("button", { name: "Show the oldest 20" }).click();
    await page.locator("#requests tbody tr").first().waitFor();
    assert.equal(await page.locator("#requests tbody tr").count(), 20);
    assert.match(await text(page, "#requests tbody tr >> nth=0"), /^24\.1\.25\.104/);
    assert.match(await text(page, "#requests-note"), /^25 in flight at/);
  }));

  it("switches from the minute to the hour and back", onPage({}, async (page, standIn) => {
    await page.getByRole("radio", { name: "Hour" }).check();
    await page.waitForFunction(() => /291,000 packets in the last hour/.test(document.body.innerText));
    assert.equal(await page.locator("#spenders tbody tr").count(), 2);
    standIn.advance(1);
    await page.getByRole("radio", { name: "Minute" }).check();
    await page.waitForFunction(() => /5,310 packets|291,000 packets in the last minute/.test(document.body.innerText));
    await page.getByRole("radio", { name: "Minute" }).press("ArrowRight");
    assert.ok(await page.getByRole("radio", { name: "Hour" }).isChecked());
  }));

  it("shows all spenders on demand", onPage({}, async (page) => {
    assert.equal(await page.locator("#spenders tbody tr").count(), 10);
    await page.getByRole("button", { name: "Show all 20" }).click();
    assert.equal(await page.locator("#spenders tbody tr").count(), 20);
  }));

  it("remembers the theme", onPage({}, async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole("radio", { name: "Dark" }).check();
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await ground(), dark);
    assert.ok(await page.getByRole("radio", { name: "Dark" }).isChecked());
    await page.getByRole("radio", { name: "System" }).check();
    assert.equal(await ground(), light);
  }));

  it("is walked with the keyboard alone", onPage({}, async (page) => {
    const seen = [];
    for (let presses = 0; presses < 12; ++presses) {
      await page.keyboard.press("Tab");
      seen.push(await page.evaluate(() => {
        const { id, name, textContent } = document.activeElement;
        return id || name || textContent;
      }));
    }
    assert.deepEqual(seen, ["Skip to the verdict", "theme", "window", "spenders-all", "name", "type", "Explain",
      "requests-load", "Metrics", "Health", "All of this as JSON", "MIT licence"]);
    await page.locator("#requests-load").focus();
    await page.keyboard.press("Enter");
    await page.locator("#requests tbody tr").first().waitFor();
  }));
});

describe("The connection", () => {
  const losesConnection = true;

  it("is said to be lost, and comes back by itself", onPage({ losesConnection }, async (page, standIn) => {
    await standIn.stop();
    await page.locator("#loss", { hasText: "Connection lost: the daemon does not answer" }).waitFor();
    assert.match(await text(page, "#connection"), /^Connection lost; next attempt in \d+ s$/);
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".tiles").parentElement).filter), "grayscale(1)");
    await screenshot(page, "connection-lost");

    await standIn.start(standIn.port);
    await page.locator("#connection[data-state=live]").waitFor();
    assert.ok(await page.locator("#loss").isHidden());
  }));

  it("polls where all streams are taken", onPage({ losesConnection }, async (page, standIn) => {
    standIn.takesStreams = false;
    for (const stream of standIn.streams) stream.end();
    await page.locator("#connection[data-state=polling]").waitFor();
    assert.equal(await text(page, "#connection"), "Live, every 2 s");
    const polls = () => standIn.asked.filter((target) => target === "/api/v1/overview").length;
    while (polls() < 2) await page.waitForRequest("**/api/v1/overview");
  }));

  it("tells a silent engine from a daemon that is gone", onPage({}, async (page, standIn) => {
    standIn.tell = () => ({ error: "the engine did not answer in time" });
    standIn.advance(1);
    await page.locator("#loss", { hasText: "but its engine does not: the engine did not answer in time" }).waitFor();
    assert.equal(await text(page, "#connection"), "Engine silent");
  }));
});

describe("The page for everybody", () => {
  for (const [name, viewport] of Object.entries({ wide: kWide, narrow: kNarrow }))
    for (const colorScheme of ["light", "dark"])
      it(`is legible and without faults of access, ${name} and ${colorScheme}`, onPage(
        { browser: { viewport, colorScheme, reducedMotion: "reduce" } }, async (page) => {
          await page.getByRole("textbox", { name: "Name" }).fill("4.1.25.104.in-addr.arpa");
          await page.keyboard.press("Enter");
          await page.locator(".steps").waitFor();
          await page.locator("#requests-load").click();
          await page.locator("#requests tbody tr").first().waitFor();
          await screenshot(page, `incident-${name}-${colorScheme}`);

          assert.deepEqual(await accessibilityFaults(page), []);
          assert.equal(await overflow(page), 0);
        }));

  it("speaks up for the verdict and a lost connection alone", onPage({}, async (page) => {
    assert.deepEqual(await page.locator("[aria-live]").evaluateAll((all) =>
      all.map((each) => [...each.children].map(({ id }) => id))), [["loss", "verdict"]]);
  }));

  it("keeps its words apart from its colours", onPage({}, async (page) => {
    for (const cell of await page.locator("tbody [data-tone=warning], tbody [data-tone=bad]").all())
      assert.match(await cell.evaluate((each) => getComputedStyle(each, "::before").content), /[!×]/);
  }));
});
