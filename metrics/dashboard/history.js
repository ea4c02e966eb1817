// What the daemon counted, and how fast: counters of successive overviews, the last five minutes.

export const kWindowSeconds = 300;
const kSamplesMax = 400;  // one a second, and some when a connection stutters
const kGapSeconds = 6;    // longer ago is not "now"
const kNowSeconds = 2;    // a rate of now is over this long, so that figures do not flicker

/// The series of an overview's stats: {family: [{labels, value}]}.
export class Stats {
  constructor(stats) {
    this.families = new Map();
    for (const [series, value] of Object.entries(stats ?? {})) {
      const brace = series.indexOf("{");
      const family = brace < 0 ? series : series.slice(0, brace);
      const labels = {};
      if (brace >= 0)
        for (const [, name, text] of series.slice(brace).matchAll(/([a-z_]+)="([^"]*)"/g))
          labels[name] = text;
      if (!this.families.has(family)) this.families.set(family, []);
      this.families.get(family).push({ labels, value });
    }
  }

  rows(family) {
    return this.families.get(family) ?? [];
  }

  /// The sum over series with these labels; undefined if there is no such series.
  sum(family, labels = {}) {
    const wanted = Object.entries(labels);
    const rows = this.rows(family).filter((row) =>
      wanted.every(([name, value]) => row.labels[name] === value));
    return rows.length === 0 ? undefined : rows.reduce((total, row) => total + row.value, 0);
  }
}

/// Counters by name at each moment. A name that is new counts from then on; a counter that went back
/// (the daemon has restarted) makes everything before it history of another process.
export class History {
  samples = [];

  push(at, counters) {
    const last = this.samples.at(-1);
    if (last && at <= last.at) return;
    if (last && [...counters].some(([name, value]) => value < last.counters.get(name)))
      this.samples = [];
    this.samples.push({ at, counters });
    while (this.samples.length > kSamplesMax || this.samples[0].at < at - kWindowSeconds - 1)
      this.samples.shift();
  }

  get isAfterGap() {
    const [before, last] = this.samples.slice(-2);
    return last === undefined || last.at - before.at > kGapSeconds;
  }

  /// How much `name` grew within the last `seconds`, and in how many it did; null if that is unknown.
  growth(name, seconds = kWindowSeconds) {
    const last = this.samples.at(-1);
    if (!last) return null;
    // Samples are not quite a second apart; half of one more keeps the count of them steady.
    const first = this.samples.find((sample) => sample.at >= last.at - seconds - 0.5);
    if (first === last || !last.counters.has(name)) return null;
    return {
      amount: last.counters.get(name) - (first.counters.get(name) ?? last.counters.get(name)),
      seconds: last.at - first.at,
    };
  }

  /// Per second, now.
  rate(name) {
    if (this.isAfterGap) return undefined;
    const growth = this.growth(name, kNowSeconds);
    return growth ? growth.amount / growth.seconds : undefined;
  }

  /// growth(above) / growth(below) over the window; undefined while nothing has happened.
  ratio(above, below) {
    const [top, bottom] = [this.growth(above), this.growth(below)];
    return top && bottom && bottom.amount > 0 ? top.amount / bottom.amount : undefined;
  }
}

/// A chart's lines: times, and a value of each line or null for each time.
export class Lines {
  constructor(number) {
    this.columns = Array.from({ length: number + 1 }, () => []);
  }

  push(at, values) {
    const times = this.columns[0];
    if (times.length > 0 && at - times.at(-1) > kGapSeconds)
      this.append(times.at(-1) + 1, values.map(() => null));
    this.append(at, values.map((value) => value ?? null));
    while (times.length > kSamplesMax || times[0] < at - kWindowSeconds)
      for (const column of this.columns) column.shift();
  }

  append(at, values) {
    [at, ...values].forEach((value, index) => this.columns[index].push(value));
  }
}
