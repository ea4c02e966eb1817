// What the tests of the page stand on: a browser that reports whatever goes wrong in it, and a
// server in the daemon's place that says what a test wants.

import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { explanation, overview, requests, spenders } from "./sample.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const npm = process.env.NPM ?? path.join(root, "build/npm");
const require = createRequire(path.join(npm, "tests/package.json"));
const output = process.env.OUTPUT ?? path.join(root, "build/dashboard");

const kFlags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const kTypes = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

export const kWide = { width: 1280, height: 800 };
export const kNarrow = { width: 390, height: 844 };

export const startBrowser = () => require("playwright-core").chromium.launch(
  { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: kFlags });

/// A page at `url` that shows its first figures. complaints(): errors of the console and of scripts, and
/// requests to other origins, so far. `prepare` runs in the page before its own scripts.
export const openPage = async (browser, url, { prepare, ...options } = {}) => {
  const context = await browser.newContext({ viewport: kWide, colorScheme: "light", ...options });
  if (prepare) await context.addInitScript(prepare);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  await page.locator("#connection[data-state=live]").waitFor();
  return { page, complaints, close: () => context.close() };
};

export const screenshot = async (page, name) => {
  mkdirSync(output, { recursive: true });
  await page.screenshot({ path: path.join(output, `${name}.png`), fullPage: true });
};

/// Violations that axe calls serious or critical, as lines.
export const accessibilityFaults = async (page) => {
  const source = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const { violations } = await page.evaluate(async (script) => {
    (0, eval)(script);
    return axe.run(document, { resultTypes: ["violations"] });
  }, source);
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
};

/// How many pixels the page is wider than the window.
export const overflow = (page) => page.evaluate(() =>
  document.documentElement.scrollWidth - document.documentElement.clientWidth);

/// Serves the page and what `tell(second)` says, from a second that has a history.
export class StandIn {
  constructor(tell = overview) {
    this.tell = tell;
    this.second = 1000;
    this.streams = new Set();
    this.takesStreams = true;
    this.asked = [];
  }

  async start(port = 0) {
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
    this.streams.clear();
  }

  /// Sends the overviews of the next `seconds` at once.
  advance(seconds = 1) {
    for (let left = seconds; left > 0; --left) {
      this.second += 1;
      for (const stream of this.streams) stream.write(`data: ${JSON.stringify(this.tell(this.second))}\n\n`);
    }
  }

  answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    this.asked.push(request.url);
    const json = (value, status = 200) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (pathname === "/api/v1/live") {
      if (!this.takesStreams) return json({ error: "too many streams" }, 503);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(this.tell(this.second))}\n\n`);
      this.streams.add(response);
      return request.on("close", () => this.streams.delete(response));
    }
    if (pathname === "/api/v1/overview") return json(this.tell(++this.second));
    if (pathname === "/api/v1/requests") return json(requests);
    if (pathname === "/api/v1/explain")
      return json(explanation(searchParams.get("name"), searchParams.get("type")));
    if (pathname === "/api/v1/top")
      return json({ window: searchParams.get("window"), seconds: 3600, packets: 291_000, spenders: spenders.slice(0, 2) });
    if (pathname === "/health") return response.end("ok\n");
    this.sendFile(pathname, response);
  }

  sendFile(pathname, response) {
    const uplot = path.join(npm, "dashboard/node_modules/uplot");
    const files = {
      "/": "metrics/dashboard/index.html", "/uplot.js": path.join(uplot, "dist/uPlot.iife.min.js"),
      "/uplot.css": path.join(uplot, "dist/uPlot.min.css"), "/uplot-licence.txt": path.join(uplot, "LICENSE"),
    };
    const file = path.resolve(root, files[pathname] ?? `metrics/dashboard${pathname}`);
    response.writeHead(200, {
      "Content-Type": kTypes[path.extname(file)] ?? "text/plain",
      "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'",
    });
    response.end(readFileSync(file));
  }
}
