// Overviews of a daemon in an incident, second by second, with every part that the page can show.

const kStart = 1_790_000_000;

const zone = (name, upstream, weight, seconds, { questions, packets, queries, retransmits, ...rest }) => ({
  zone: name, upstream, weight,
  queries: queries * seconds, questions: questions * seconds, packets: packets * seconds,
  retransmits: retransmits * seconds, coalesced: 3 * seconds, failure_hits: 40 * seconds,
  retries: 12 * seconds, amplification: packets / questions, servfail: 0, queue_depth: 0,
  queue_depth_max: 400, queue_oldest_ms: 0, silent: false, failing: [], ...rest,
});

const server = (address, name, rest) => ({
  upstream: "vpc", server: address, zone: name, srtt_ms: 1.4, timeout_ms: 400, sent: 9120, sends: 9120,
  answered: 9100, timeouts: 12, failed: 3, late: 4, mismatched: 0, retries: 40, in_flight: 2,
  tcp_open: false, silent: false, looping: false, verdict: "healthy", ...rest,
});

export const spenders = [
  ["ptr-batch.service", "unit", "in-addr.arpa.", "25.104.in-addr.arpa.", "PTR", 4100, 3800],
  ["checkout-7d9f/app", "pod", ".", "payments.example.", "A", 412, 3],
  ["<img src=x onerror=alert(1)>", "process", ".", "<b>bold</b>.example.", "AAAA", 260, 0],
  ["192.0.2.17", "address", ".", "cdn.example.", "HTTPS", 118, 2],
  ...Array.from({ length: 16 }, (_, at) =>
    [`worker-${at}.service`, "unit", ".", `shard-${at}.example.`, "A", 40 - at, 0]),
].map(([client, kind, name, suffix, type, packets, failures]) => ({
  client, kind, detail: `cgroup /system.slice/${client}`, uid: 1000, zone: name, suffix, type, packets,
  share: packets / 5310, failures, waits: 120, waited_ms: 9000, overcount: 3,
}));

const waiting = (second) => 180 + Math.round(60 * Math.sin(second / 9));

const stats = (second) => {
  const out = {
    'sluice_client_queries_total{transport="udp"}': 3100 * second,
    'sluice_client_queries_total{transport="tcp"}': 12 * second,
    'sluice_cache_lookups_total{result="hit"}': 2050 * second + Math.round(300 * Math.sin(second / 20)),
    'sluice_cache_lookups_total{result="miss"}': 1062 * second,
    "sluice_cache_entries": 18_420,
    'sluice_local_answers_total{source="hosts"}': 410,
    'sluice_zone_stale_answers_total{zone="."}': 128,
    'sluice_zone_client_amplification_ratio{zone="in-addr.arpa."}': 4.86,
    'sluice_zone_client_amplification_ratio{zone="."}': 1.01,
  };
  const causes = { timeout: 41, upstream_servfail: 88, cached: 320, shed_wait: 6, network: 0 };
  for (const [cause, each] of Object.entries(causes))
    out[`sluice_zone_servfail_total{zone="in-addr.arpa.",cause="${cause}"}`] = each * second;
  out['sluice_zone_servfail_total{zone=".",cause="timeout"}'] = 7;
  const depths = { first_try: 4, retry: 2, penalty: waiting(second), refresh: 3, prefetch: 0 };
  for (const [name, depth] of Object.entries(depths)) {
    const labels = `{budget="eni",class="${name}"}`;
    out[`sluice_budget_queue_depth${labels}`] = depth;
    out[`sluice_budget_queue_oldest_seconds${labels}`] = depth / 130;
    const waits = (name === "penalty" ? 180 : depth) * second;
    out[`sluice_budget_waits_total${labels}`] = waits;
    out[`sluice_budget_wait_seconds_sum${labels}`] = waits * 0.21;
    out[`sluice_budget_wait_seconds_count${labels}`] = waits;
    out[`sluice_budget_sheds_total${labels}`] = name === "penalty" ? 6 * second : 0;
  }
  out['sluice_budget_used_packets{budget="eni"}'] = 897;
  out['sluice_budget_packets_total{budget="eni"}'] = 820 * second;
  for (const [window, peak] of Object.entries({ "1ms": 58, "10ms": 69, "100ms": 150, "1s": 958 }))
    out[`sluice_budget_peak_packets{budget="eni",window="${window}"}`] = peak;
  return out;
};

/// The overview `second` seconds after the start.
export const overview = (second) => ({
  at_seconds: kStart + second,
  status: {
    version: "0.1.0", pid: 4711, uptime_seconds: second + 7200, ready: true, engine_answers: true,
    listen: ["127.0.0.53:53"], admin: "127.0.0.1:9353", in_flight: 214, in_flight_max: 8192,
    cache: { entries: 18_420, bytes: 11_500_000, max_bytes: 33_554_432 },
    verdict: "budget_limited", verdict_since_seconds: 340,
  },
  stats: stats(second),
  zones: [
    zone("10.in-addr.arpa.", "vpc", 100, second, { queries: 30, questions: 9, packets: 9, retransmits: 0 }),
    zone("in-addr.arpa.", "vpc", 10, second, { queries: 2900, questions: 597, packets: 1290, retransmits: 2304,
      servfail: 455 * second, queue_depth: waiting(second),
      failing: ["25.104.in-addr.arpa.", "26.104.in-addr.arpa."] }),
    zone(".", "vpc", 100, second, { queries: 182, questions: 96, packets: 99, retransmits: 1, servfail: 7 }),
  ],
  upstreams: [
    server("169.254.169.253:53", "in-addr.arpa.", { srtt_ms: 1840, timeout_ms: 3000, verdict: "upstream_slow",
      answered: 5200, timeouts: 2900, failed: 900, in_flight: 190 }),
    server("169.254.169.253:53", ".", {}),
    server("192.0.2.53:53", ".", { silent: true, answered: 3, sent: 40, verdict: "upstream_silent" }),
  ],
  budgets: [{
    budget: "eni", interfaces: "eth0", file: "/run/sluice/budget/eni", problem: "", limit: 1024, rate: 900,
    burst: 60, reserve: 64, available: 3, packets: 820 * second, packets_by_all: 897 * second,
    waits: 200 * second, resets: 0, queue_depth: waiting(second), queue_oldest_ms: 1400,
  }],
  diagnosis: {
    verdict: "budget_limited", since_seconds: 340,
    summary: "One client, ptr-batch.service, spends 77 % of the interface's packets on reverse look-ups that " +
      "fail; its questions wait behind the others, which are answered as usual.",
    upstreams: [{ upstream: "vpc", verdict: "upstream_slow", since_seconds: 350 }],
    findings: [
      { verdict: "budget_limited", subject: "eni", what: "964 of 964 packets were spent in the last second; 183 questions wait.",
        evidence: ["budget eni: 964 of 964 packets in the last second", "waits: 211 per second, the oldest 1.4 s"],
        advice: "Nothing needs to be done for other names. To serve the batch faster, slow it down or list a second interface." },
      { verdict: "client_storm", subject: "ptr-batch.service", what: "It asks 4.9 times for each question, and 93 % of them fail.",
        evidence: ["25.104.in-addr.arpa.: 3800 of 4100 failed in the last minute"],
        advice: "Let it ask once and wait for 5 s, or have it look up fewer addresses at once." },
      { verdict: "upstream_slow", subject: "vpc", what: "Answers under in-addr.arpa take 1.8 s.",
        evidence: ["vpc 169.254.169.253: RTT 1840 ms under in-addr.arpa., 1.4 ms under ."],
        advice: "Forward the reverse zones that you own to a server of your own." },
    ],
    spenders: spenders.slice(0, 5),
    failing: [
      { suffix: "25.104.in-addr.arpa.", zone: "in-addr.arpa.", requests: 4100, failures: 3800, age_ms: 338_000 },
      { suffix: "26.104.in-addr.arpa.", zone: "in-addr.arpa.", requests: 610, failures: 590, age_ms: 61_000 },
    ],
  },
  top: { window: "minute", seconds: 60, packets: 5310, spenders },
});

/// The same daemon while all is well.
export const quiet = (second) => {
  const all = overview(second);
  all.diagnosis = { verdict: "healthy", since_seconds: 86_000, summary: "All upstreams answer, and packets are to spare.",
    upstreams: [], findings: [], spenders: [], failing: [] };
  return all;
};

export const requests = {
  requests: Array.from({ length: 25 }, (_, at) => ({
    name: `${at}.1.25.104.in-addr.arpa.`, type: "PTR", class: "penalty", zone: "in-addr.arpa.", upstream: "vpc",
    server: "169.254.169.253:53", state: at % 3 ? "asked" : "waiting", age_ms: 90 * at, time_left_ms: 4500 - 90 * at,
    tries: at % 4, waiters: 2, client: "127.0.0.1:40000", spender: "ptr-batch.service", waited_ms: 10 * at,
  })),
  cut: false,
};

export const explanation = (name, type) => ({
  name, type, outcome: "It would be answered SERVFAIL from the failure cache; nothing would be sent.",
  steps: ["The rule in-addr.arpa. matches and names the upstream vpc.", "No local name answers it.",
    "It is not in the cache.", "It failed 4 times in a row, and is asked again in 12 s."],
  rule: { zone: "in-addr.arpa.", upstream: "vpc", weight: 10, max_wait_ms: 1800, silent: false },
  local: null, cache: null,
  failure: { cause: "timeout", streak: 4, age_ms: 3000, retry_in_ms: 12_000 },
  subtree: { suffix: "25.104.in-addr.arpa.", probability: 0.9, requests: 4100, failures: 3800, age_ms: 338_000 },
  in_flight: null, servers: overview(10).upstreams.slice(0, 1), budget: overview(10).budgets[0],
});
