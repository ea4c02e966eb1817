#include "resolver/engine_snapshot.h"

#include <algorithm>
#include <array>

#include "resolver/dns/presentation.h"
#include "resolver/query_engine.h"

namespace sluice {

namespace {

using metrics::BudgetMetric;
using metrics::ProcessMetric;
using metrics::UpstreamMetric;
using metrics::ZoneMetric;

using Band = policy::AdmissionQueue::Band;
constexpr std::array kAllBands{Band::first_try, Band::retry, Band::penalty, Band::refresh,
                               Band::prefetch};
static_assert(kAllBands.size() == policy::AdmissionQueue::kBands);

std::uint64_t servfail_total(const metrics::CounterBlock<ZoneMetric>& counters) {
  std::uint64_t total = 0;
  for (auto i = static_cast<int>(ZoneMetric::servfail_timeout);
       i <= static_cast<int>(ZoneMetric::servfail_no_upstream); ++i)
    total += counters.get(static_cast<ZoneMetric>(i));
  return total;
}

}  // namespace

EngineSnapshot::Zone QueryEngine::zone_of(RuleIndex index) const {
  const Rule& rule = routing_.rule(index);
  const Gate& gate = *routing_.gates()[rule.gate];
  const auto& counters = *rule.counters;
  EngineSnapshot::Zone zone;
  zone.name = rule.zone;
  zone.upstream = rule.upstream;
  zone.weight = rule.weight;
  zone.queries = counters.get(ZoneMetric::queries);
  zone.questions = counters.get(ZoneMetric::questions);
  zone.coalesced = counters.get(ZoneMetric::coalesced);
  zone.retransmits = counters.get(ZoneMetric::retransmits_absorbed);
  zone.failure_hits = counters.get(ZoneMetric::failure_cache_hits);
  zone.packets = counters.get(ZoneMetric::packets_udp) + counters.get(ZoneMetric::packets_tcp);
  zone.retries = counters.get(ZoneMetric::retries);
  zone.servfail = servfail_total(counters);
  zone.queue_depth = gate.queue.size(index);
  zone.is_silent = rule.is_silent;
  zone.queue_depth_max = counters.get(ZoneMetric::queue_depth_max);
  if (zone.questions > 0)
    zone.amplification = static_cast<double>(zone.packets) / static_cast<double>(zone.questions);
  return zone;
}

EngineSnapshot::Budget QueryEngine::budget_of(const Gate& gate, TimePoint now) const {
  EngineSnapshot::Budget budget;
  budget.name = gate.name;
  for (const Lane& lane : gate.lanes) {
    const auto limits = lane.budget.limits();
    budget.limit = limits.limit;
    budget.burst = limits.burst;
    budget.reserve = limits.reserve;
    budget.rate = lane.budget.rate();
    budget.available += lane.budget.available(now);
    budget.packets_by_all += lane.budget.packets_sent_by_all();
    budget.resets += lane.budget.resets();
    if (!budget.file.empty() && !lane.file.empty()) budget.file += " ";
    budget.file += lane.file;
  }
  if (gate.config.interfaces.empty())
    budget.interfaces = gate.via.empty() ? "auto" : "auto: " + gate.via;
  for (const std::string& name : gate.config.interfaces)
    budget.interfaces.append(budget.interfaces.empty() ? "" : " ").append(name);
  budget.problem = gate.problem;
  budget.packets = gate.counters->get(BudgetMetric::packets);
  for (const Band band : kAllBands) {
    budget.waits += gate.counters->get(metric_of(BudgetMetric::waits_first_try, band));
    budget.sheds += gate.counters->get(metric_of(BudgetMetric::sheds_first_try, band));
  }
  budget.used = gate.counters->get(BudgetMetric::used);
  budget.foreign = gate.counters->get(BudgetMetric::foreign_packets);
  budget.dropped = gate.counters->get(BudgetMetric::allowance_exceeded);
  budget.queue_depth = gate.queue.size();
  if (const auto since = gate.queue.oldest()) budget.queue_oldest = now - *since;
  return budget;
}

EngineSnapshot QueryEngine::snapshot(TimePoint now) const {
  EngineSnapshot result;
  result.in_flight = table_.size();
  result.waiters = table_.waiter_count();
  result.exchanges = exchanges_.size();
  result.failures_cached = failures_.size();
  result.max_in_flight = limits_.max_in_flight;
  result.max_waiters = limits_.max_waiters;
  result.max_exchanges = limits_.max_exchanges;

  std::vector<TimePoint> queued_since(routing_.rule_slots(), now);
  table_.for_each([&](Index index) {
    const InFlight& question = table_[index];
    TimePoint& oldest = queued_since[question.rule];
    if (question.state == InFlight::State::waiting)
      oldest = std::min(oldest, question.queued_since);
  });
  for (std::size_t i = 0; i < routing_.rule_slots(); ++i) {
    const Rule& rule = routing_.rule(static_cast<RuleIndex>(i));
    if (!rule.is_current) continue;
    result.zones.push_back(zone_of(static_cast<RuleIndex>(i)));
    result.zones.back().queue_oldest = now - queued_since[i];
    for (const Path& path : rule.paths) result.servers.push_back(server_of(rule, path));
  }
  add_failing(result, now);
  for (const auto& gate : routing_.gates())
    if (!gate->lanes.empty()) result.budgets.push_back(budget_of(*gate, now));
  add_requests(result, now);
  add_health(result, now);
  result.top_minute = top(policy::TopSpenders::Window::minute, EngineSnapshot::kMaxSpenders, now);
  result.top_hour = top(policy::TopSpenders::Window::hour, EngineSnapshot::kMaxSpenders, now);
  return result;
}

EngineSnapshot::Top QueryEngine::top(policy::TopSpenders::Window window, std::size_t at_most,
                                     TimePoint now) const {
  const policy::TopSpenders::Top top = spenders_.top(window, at_most, now);
  EngineSnapshot::Top result{.covered = top.covered, .packets = top.packets, .accounts = {}};
  for (const policy::TopSpenders::Row& row : top.rows) {
    const auto rule = routing_.find(row.key.suffix);
    result.accounts.push_back({.spender = row.key.spender,
                               .zone = rule ? routing_.rule(*rule).zone : "",
                               .suffix = dns::to_string(row.key.suffix),
                               .type = row.key.type,
                               .spent = row.spent,
                               .overcount = row.overcount});
  }
  return result;
}

EngineSnapshot::Server QueryEngine::server_of(const Rule& rule, const Path& path) const {
  const auto account = tcp_accounts_.find(path.server);
  EngineSnapshot::Server server;
  server.upstream = rule.upstream;
  server.address = path.server;
  server.zone = rule.zone;
  server.srtt = path.rtt.srtt();
  server.timeout = path.rtt.timeout(0);
  server.sent = path.sent;
  server.answered = path.answered;
  server.timeouts = path.timeouts;
  server.failed = path.failed;
  server.retries = path.retries;
  server.late = path.late;
  server.mismatched = path.mismatched;
  server.in_flight = path.in_flight;
  server.tcp_open = account != tcp_accounts_.end() && account->second.is_open;
  server.is_silent = path.breaker.is_open();
  server.is_looping = path.is_looping;
  for (const Health::Upstream& upstream : health_.upstreams())
    if (upstream.name == rule.upstream) server.verdict = upstream.steady.verdict();
  return server;
}

void QueryEngine::add_health(EngineSnapshot& snapshot, TimePoint now) const {
  const auto judged = [now](const policy::SteadyVerdict& steady) {
    EngineSnapshot::Judged row;
    row.verdict = steady.verdict();
    if (steady.since() != TimePoint{}) row.age = now - steady.since();
    return row;
  };
  snapshot.overall = judged(health_.overall());
  for (const Health::Upstream& upstream : health_.upstreams()) {
    EngineSnapshot::Judged& row = snapshot.upstreams.emplace_back(judged(upstream.steady));
    row.upstream = upstream.name;
    row.budget = upstream.budget;
    row.signals = upstream.signals;
    row.verdicts = upstream.verdicts;
  }
}

void QueryEngine::add_failing(EngineSnapshot& snapshot, TimePoint now) const {
  for (const auto& failing : subtrees_.failing(EngineSnapshot::kMaxFailing, now)) {
    const auto rule = routing_.find(failing.suffix);
    if (!rule) continue;  // a reload has left its names without a zone
    const EngineSnapshot::Failing& shown =
        snapshot.failing.emplace_back(failing_of(failing, routing_.rule(*rule), now));
    for (EngineSnapshot::Zone& zone : snapshot.zones)
      if (zone.name == shown.zone) zone.failing.push_back(shown.suffix);
  }
}

EngineSnapshot::Failing QueryEngine::failing_of(const policy::SubtreeTable::Failing& failing,
                                                const Rule& rule, TimePoint now) const {
  return {.suffix = dns::to_string(failing.suffix),
          .zone = rule.zone,
          .probability = failing.probability,
          .requests = failing.requests,
          .failures = failing.failures,
          .age = now - failing.since};
}

void QueryEngine::add_requests(EngineSnapshot& snapshot, TimePoint now) const {
  std::vector<Index> oldest_first;
  oldest_first.reserve(table_.size());
  table_.for_each([&](Index index) { oldest_first.push_back(index); });
  std::sort(oldest_first.begin(), oldest_first.end(),
            [&](Index a, Index b) { return table_[a].since < table_[b].since; });
  snapshot.requests_cut = oldest_first.size() > EngineSnapshot::kMaxRequests;
  if (snapshot.requests_cut) oldest_first.resize(EngineSnapshot::kMaxRequests);
  for (const Index index : oldest_first) {
    snapshot.requests.push_back(request_of(index, now));
  }
}

EngineSnapshot::Request QueryEngine::request_of(Index index, TimePoint now) const {
  const InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  const bool waits = question.state == InFlight::State::waiting;
  EngineSnapshot::Request request;
  request.question = question.key.question;
  request.zone = rule.zone;
  request.upstream = rule.upstream;
  if (waits) request.band = name_of(question.band);
  request.spender = question.spender;
  request.waited = question.spending.waited + (waits ? now - question.queued_since : 0ns);
  if (question.tries > 0) request.server = rule.paths[question.server].server;
  request.state = waits ? "waiting" : question.exchange != kNone ? "asked" : "late";
  request.age = now - question.since;
  request.time_left = question.deadline - now;
  request.tries = question.tries;
  request.waiters = question.waiter_count;
  if (question.waiter_count > 0) request.client = table_.first_waiter(index).client.client;
  return request;
}

metrics::Sources QueryEngine::sources() const {
  metrics::Sources sources;
  sources.process = &counters_;
  routing_.add_sources(sources);
  traffic_.add_sources(sources);
  return sources;
}

}  // namespace sluice
