#include "resolver/health.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace sluice {

namespace {

using metrics::BudgetMetric;
using metrics::ProcessMetric;
using metrics::UpstreamMetric;
using metrics::ZoneMetric;
using policy::Signals;

static_assert(static_cast<std::size_t>(metrics::VerdictMetric::count_) == policy::kVerdicts);

constexpr std::size_t kBands = policy::AdmissionQueue::kBands;

/// Of Signals, what is counted from the start on. The rest says how things stand.
constexpr std::array kCounts{&Signals::tries,    &Signals::answers,   &Signals::errors,
                             &Signals::refusals, &Signals::timeouts,  &Signals::no_socket,
                             &Signals::slow,     &Signals::questions, &Signals::retransmits,
                             &Signals::repeated, &Signals::waits,     &Signals::sheds,
                             &Signals::dropped};

/// A reload may have taken rules away, and their counts with them.
std::uint64_t grown(std::uint64_t now, std::uint64_t before) noexcept {
  return now > before ? now - before : 0;
}

std::uint64_t over_bands(const Gate& gate, BudgetMetric first) noexcept {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kBands; ++i)
    total += gate.counters->get(metric_of(first, static_cast<policy::AdmissionQueue::Band>(i)));
  return total;
}

}  // namespace

template <typename F>
void Health::for_each_rule(const Routing& routing, F&& use) const {
  for (std::size_t slot = 0; slot < upstream_of_rule_.size(); ++slot)
    if (upstream_of_rule_[slot] != kNoUpstream)
      use(routing.rule(static_cast<RuleIndex>(slot)), upstream_of_rule_[slot]);
}

void Health::follow(const Routing& routing) {
  const std::vector<Upstream> known = std::exchange(upstreams_, {});
  const std::vector<Record> past = std::exchange(records_, {});
  upstream_of_rule_.assign(routing.rule_slots(), kNoUpstream);
  std::map<std::string_view, std::uint16_t> places;
  for (std::size_t slot = 0; slot < routing.rule_slots(); ++slot) {
    const Rule& rule = routing.rule(static_cast<RuleIndex>(slot));
    if (!rule.is_current) continue;
    const auto [place, is_new] =
        places.emplace(rule.upstream, static_cast<std::uint16_t>(upstreams_.size()));
    upstream_of_rule_[slot] = place->second;
    if (!is_new) continue;
    const auto before = std::find_if(known.begin(), known.end(), [&](const Upstream& upstream) {
      return upstream.name == rule.upstream;
    });
    const bool stays = before != known.end();
    upstreams_.push_back(stays ? *before : Upstream{.name = rule.upstream});
    records_.push_back(stays ? past[static_cast<std::size_t>(before - known.begin())] : Record{});
    const Gate& gate = *routing.gates()[rule.gate];
    upstreams_.back().gauges = rule.verdict;
    upstreams_.back().budget = gate.lanes.empty() ? "" : gate.name;
  }
}

bool Health::take_stock(const Routing& routing, TimePoint now) {
  const std::vector<Signals> totals = count(routing);
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    push(records_[i], totals[i]);
    upstreams_[i].signals = difference(records_[i]);
  }
  read_state(routing, now);

  bool has_changed = false;
  policy::Verdict worst = policy::Verdict::healthy;
  for (Upstream& upstream : upstreams_) {
    upstream.verdicts = policy::judge(upstream.signals);
    has_changed |= upstream.steady.update(policy::worst(upstream.verdicts), now);
    worst = std::min(worst, upstream.steady.verdict());
  }
  if (overall_.set(worst, now)) {  // what it is made of is steady already
    ++changes_;
    has_changed = true;  // even if none of those left has: a reload may have taken the worst away
  }
  return has_changed;
}

std::vector<Signals> Health::count(const Routing& routing) const {
  std::vector<Signals> all(upstreams_.size());
  for_each_rule(routing, [&](const Rule& rule, std::size_t upstream) {
    Signals& totals = all[upstream];
    const auto& sent = *rule.upstream_counters;
    const auto& asked = *rule.counters;
    totals.tries += sent.get(UpstreamMetric::first_tries) + sent.get(UpstreamMetric::retries);
    totals.answers += sent.get(UpstreamMetric::answers) + sent.get(UpstreamMetric::late_answers);
    totals.errors += sent.get(UpstreamMetric::servfail) + sent.get(UpstreamMetric::refused) +
                     sent.get(UpstreamMetric::malformed);
    totals.refusals += sent.get(UpstreamMetric::network_errors);
    totals.timeouts += sent.get(UpstreamMetric::timeouts);
    totals.no_socket += sent.get(UpstreamMetric::port_errors);
    totals.slow += sent.read(metrics::UpstreamHistogram::rtt).longer_than(Signals::kSlow);
    totals.questions += asked.get(ZoneMetric::questions);
    totals.retransmits += asked.get(ZoneMetric::retransmits_absorbed);
    totals.repeated += asked.get(ZoneMetric::failure_cache_hits);

    const Gate& gate = *routing.gates()[rule.gate];
    if (gate.lanes.empty()) return;
    totals.waits = over_bands(gate, BudgetMetric::waits_first_try);
    totals.sheds = over_bands(gate, BudgetMetric::sheds_first_try);
    totals.dropped = gate.counters->get(BudgetMetric::allowance_exceeded);
  });
  return all;
}

/// What is not counted but is so now.
void Health::read_state(const Routing& routing, TimePoint now) {
  for_each_rule(routing, [&](const Rule& rule, std::size_t upstream) {
    Signals& signals = upstreams_[upstream].signals;
    for (const Path& path : rule.paths) {
      if (path.sent == 0) continue;
      ++signals.paths;
      if (path.breaker.is_open()) ++signals.silent;
    }
    const Gate& gate = *routing.gates()[rule.gate];
    if (gate.lanes.empty()) return;
    signals.has_budget = true;
    signals.used = gate.counters->get(BudgetMetric::used);
    signals.rate = gate.counters->get(BudgetMetric::rate);
    if (rule.is_silent) return;  // what waits there waits for the server
    if (const auto oldest = gate.queue.oldest_not_held())
      signals.oldest_wait = std::max(signals.oldest_wait, now - *oldest);
  });
}

void Health::show(metrics::CounterBlock<ProcessMetric>& process) const {
  for (std::size_t i = 0; i < policy::kVerdicts; ++i) {
    const auto verdict = static_cast<policy::Verdict>(i);
    process.set(metric_of(verdict), overall_.verdict() == verdict ? 1 : 0);
    for (const Upstream& upstream : upstreams_)
      upstream.gauges->set(static_cast<metrics::VerdictMetric>(i),
                           upstream.steady.verdict() == verdict ? 1 : 0);
  }
  process.set(ProcessMetric::verdict_changes, changes_);
}

void Health::push(Record& record, const Signals& totals) noexcept {
  record.latest = (record.latest + 1) % record.seconds.size();
  record.seconds[record.latest] = totals;
  record.size = std::min(record.size + 1, record.seconds.size());
}

Signals Health::difference(const Record& record) noexcept {
  const std::size_t all = record.seconds.size();
  const Signals& now = record.seconds[record.latest];
  const Signals& before = record.seconds[(record.latest + all - (record.size - 1)) % all];
  Signals grown_by;
  for (const auto count : kCounts) grown_by.*count = grown(now.*count, before.*count);
  return grown_by;
}

}  // namespace sluice
