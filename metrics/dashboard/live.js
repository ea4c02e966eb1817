// Overviews as they come: by a stream of events, by polling where no stream is to be had, and after
// a loss again, with a pause that grows.

const kSilenceMs = 8_000;    // the daemon gives up on its engine after 2 s, and says so
const kPollMs = 2_000;
const kStreamAgainMs = 30_000;
const kPausesMs = [1_000, 2_000, 4_000, 8_000, 15_000];

export class Live {
  /// see: {onOverview(overview), onState(state, detail)}. States: live, polling, silent (the daemon
  /// answers, its engine does not), lost (detail: when the next attempt is, as Date.now()).
  constructor({ onOverview, onState }) {
    this.onOverview = onOverview;
    this.onState = onState;
    this.failures = 0;
  }

  start() {
    this.source = new EventSource("api/v1/live");
    this.source.onmessage = (event) => {
      this.failures = 0;
      this.expect();
      this.take(JSON.parse(event.data), "live");
    };
    this.source.onerror = () => this.fallBack();
    this.expect();
  }

  expect() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.fallBack(), kSilenceMs);
  }

  take(overview, state) {
    if (overview.error) return this.onState("silent", overview.error);
    this.onState(state);
    this.onOverview(overview);
  }

  /// No stream: it has ended, or all of its places are taken. Polling finds out which.
  fallBack() {
    clearTimeout(this.watchdog);
    this.source.close();
    this.streamAgainAt = Date.now() + kStreamAgainMs;
    this.poll();
  }

  async poll() {
    try {
      const reply = await fetch("api/v1/overview",
        { cache: "no-store", signal: AbortSignal.timeout(kSilenceMs) });
      const overview = await reply.json();
      this.failures = 0;
      this.take(overview, "polling");
    } catch {
      return this.lose();
    }
    setTimeout(() => (Date.now() < this.streamAgainAt ? this.poll() : this.start()), kPollMs);
  }

  lose() {
    const pause = kPausesMs[Math.min(this.failures, kPausesMs.length - 1)];
    this.failures += 1;
    this.onState("lost", Date.now() + pause);
    setTimeout(() => this.retry(), pause);
  }

  /// A look before a stream: it fails at once where nobody listens, and tells why.
  async retry() {
    try {
      await fetch("health", { cache: "no-store", signal: AbortSignal.timeout(kSilenceMs) });
    } catch {
      return this.lose();
    }
    this.start();
  }
}
