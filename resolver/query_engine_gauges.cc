// Gauges: numbers that are worth a look now and then, brought up to date all at once.
#include <algorithm>

#include "resolver/query_engine.h"

namespace sluice {

namespace {

using metrics::BudgetMetric;
using metrics::ProcessMetric;
using metrics::UpstreamMetric;
using policy::AdmissionQueue;

void refresh_queue(Gate& gate, TimePoint now) noexcept {
  for (std::size_t i = 0; i < AdmissionQueue::kBands; ++i) {
    const auto band = static_cast<AdmissionQueue::Band>(i);
    const auto oldest = gate.queue.oldest(band);
    const Duration age = oldest ? now - *oldest : Duration::zero();
    gate.counters->set(metric_of(BudgetMetric::depth_first_try, band), gate.queue.size(band));
    gate.counters->set(metric_of(BudgetMetric::oldest_ms_first_try, band),
                       static_cast<std::uint64_t>(age / std::chrono::milliseconds{1}));
  }
}

void refresh_budget(Gate& gate, TimePoint now) noexcept {
  std::uint64_t rate = 0, available = 0, used = 0, by_all = 0, resets = 0;
  for (Lane& lane : gate.lanes) {
    rate += lane.budget.rate();
    available += lane.budget.available(now);
    by_all += lane.budget.packets_sent_by_all();
    resets += lane.budget.resets();
    const auto peaks = lane.microburst.read(now);
    used += lane.microburst.in_last_second(now);
    gate.counters->raise(BudgetMetric::peak_1ms, peaks.in_1ms);
    gate.counters->raise(BudgetMetric::peak_10ms, peaks.in_10ms);
    gate.counters->raise(BudgetMetric::peak_100ms, peaks.in_100ms);
    gate.counters->raise(BudgetMetric::peak_1s, peaks.in_1s);
    gate.counters->add(BudgetMetric::peak_missed, peaks.missed);
  }
  gate.counters->set(BudgetMetric::limit, gate.config.limit * gate.lanes.size());
  gate.counters->set(BudgetMetric::rate, rate);
  gate.counters->set(BudgetMetric::available, available);
  gate.counters->set(BudgetMetric::used, used);
  gate.counters->set(BudgetMetric::packets_by_all, by_all);
  gate.counters->set(BudgetMetric::resets, resets);
  gate.counters->set(BudgetMetric::is_private, gate.problem.empty() ? 0 : 1);
}

}  // namespace

void QueryEngine::refresh_gauges(TimePoint now) noexcept {
  const cache::CacheStats stats = cache_.stats();
  counters_.set(ProcessMetric::cache_entries, stats.entries);
  counters_.set(ProcessMetric::cache_bytes, stats.bytes);
  counters_.set(ProcessMetric::cache_max_bytes, stats.max_bytes);
  counters_.set(ProcessMetric::cache_evictions, stats.evictions);
  counters_.set(ProcessMetric::cache_live_evictions, stats.live_evictions);
  counters_.set(ProcessMetric::cache_rejected, stats.rejected);
  counters_.set(ProcessMetric::failures_cached, failures_.size());
  counters_.set(ProcessMetric::subtrees_tracked, subtrees_.size());
  counters_.set(ProcessMetric::subtrees_failing, subtrees_.failing_count(now));
  counters_.set(ProcessMetric::subtree_evictions, subtrees_.evictions());
  counters_.set(ProcessMetric::in_flight, table_.size());
  counters_.set(ProcessMetric::waiters, table_.waiter_count());
  counters_.set(ProcessMetric::exchanges, exchanges_.size());
  for (const auto& gate : routing_.gates()) {
    refresh_queue(*gate, now);
    refresh_budget(*gate, now);
  }
  for (std::size_t i = 0; i < routing_.rule_slots(); ++i) {
    const Rule& rule = routing_.rule(static_cast<RuleIndex>(i));
    rule.upstream_counters->set(UpstreamMetric::in_flight, 0);
    rule.upstream_counters->set(UpstreamMetric::breakers_open, 0);
    rule.upstream_counters->set(UpstreamMetric::looping, 0);
  }
  for (std::size_t i = 0; i < routing_.rule_slots(); ++i) {
    const Rule& rule = routing_.rule(static_cast<RuleIndex>(i));
    if (!rule.is_current && rule.users == 0) continue;
    for (const Path& path : rule.paths) {
      rule.upstream_counters->add(UpstreamMetric::in_flight, path.in_flight);
      if (path.breaker.is_open()) rule.upstream_counters->add(UpstreamMetric::breakers_open);
      if (path.is_looping) rule.upstream_counters->add(UpstreamMetric::looping);
    }
  }
}

}  // namespace sluice
