// Lines over the last five minutes, drawn by uPlot where the build has it. The legend is ours: it
// tells lines apart by stroke as well as by colour, and has their latest values for who sees no
// chart. Colours are those of the legend, so that they follow the theme.

import { kWindowSeconds } from "./history.js";
import { make, setText } from "./elements.js";

const kLeastHeight = 4;   // of the y axis: its marks are then whole numbers
const kLeastSeconds = 60;  // of the x axis, which grows with what is known
// As page.css draws them in the legend.
const kDashes = [[], [6, 4], [2, 3], [9, 3, 2, 3], [1, 5]];

const charts = new Set();

export const hasCharts = () => globalThis.uPlot !== undefined;

/// Colours have changed.
export const redrawCharts = () => charts.forEach((chart) => chart.redraw());

export class Chart {
  /// labels: of the lines, at most five.
  constructor(figure, { title, labels, format }) {
    this.format = format;
    this.legend = labels.map((label, at) => ({
      swatch: make("span", { class: `swatch line-${at}`, "aria-hidden": "true" }),
      value: make("span", { class: "value" }),
      label,
    }));
    const caption = make("figcaption", {}, make("span", { class: "title" }, title));
    for (const { swatch, value, label } of this.legend)
      caption.append(make("span", { class: "key" }, swatch, label, " ", value));
    this.canvas = make("div", { class: "canvas", "aria-hidden": "true" });
    figure.replaceChildren(caption, this.canvas);
    if (!hasCharts()) return this.canvas.remove();
    this.plot = new uPlot(this.options(), [[], ...labels.map(() => [])], this.canvas);
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    charts.add(this);
  }

  options() {
    const ink = () => getComputedStyle(this.canvas).color;
    const axis = {
      stroke: ink, font: "11px system-ui, sans-serif",
      grid: { stroke: () => getComputedStyle(this.canvas).borderTopColor, width: 1 },
      ticks: { show: false },
    };
    const clock = (seconds, step) => new Date(seconds * 1000).toLocaleTimeString("en-GB",
      { hour: "2-digit", minute: "2-digit", ...(step < 60 && { second: "2-digit" }) });
    return {
      ...this.size(),
      legend: { show: false }, cursor: { show: false },
      padding: [8, 28, 0, 0],
      scales: {
        x: { range: (_, min, max) => [(max ?? 0) - this.span(min, max), max ?? 0] },
        y: { range: (_, __, max) => [0, Math.max(kLeastHeight, (max ?? 0) * 1.1)] },
      },
      axes: [
        { ...axis, size: 24, gap: 4, space: 70, incrs: [15, 30, 60, 120],
          values: (_, ticks, __, ___, step) => ticks.map((tick) => clock(tick, step)) },
        { ...axis, size: 48, gap: 4, space: 34, values: (_, ticks) => ticks.map((tick) => this.format(tick)) },
      ],
      series: [{}, ...this.legend.map(({ swatch }, at) => ({
        stroke: () => getComputedStyle(swatch).color, width: at === 0 ? 1.75 : 1.5,
        dash: kDashes[at], points: { show: false }, spanGaps: false,
      }))],
    };
  }

  /// Draws with the browser's next frame: never, while nobody sees the page.
  update(lines) {
    this.legend.forEach(({ value }, at) =>
      setText(value, this.format(lines.columns[at + 1].at(-1) ?? undefined)));
    if (this.plot && !this.drawing)
      this.drawing = requestAnimationFrame(() => {
        this.drawing = 0;
        this.plot.setData(lines.columns);
      });
  }

  span(min, max) {
    return Math.min(kWindowSeconds, Math.max(kLeastSeconds, (max ?? 0) - (min ?? 0)));
  }

  redraw() {
    this.plot.redraw(false, true);
  }

  size() {
    return { width: this.canvas.clientWidth || 300, height: this.canvas.clientHeight || 150 };
  }

  resize() {
    const { width, height } = this.size();
    if (width !== this.plot.width || height !== this.plot.height) this.plot.setSize({ width, height });
  }
}
