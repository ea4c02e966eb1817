#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted by the engine and the server for the process as a whole.
enum class ProcessMetric : std::uint8_t {
  in_flight,
  waiters,
  exchanges,
  failures_cached,
  cache_entries,
  cache_bytes,
  cache_max_bytes,
  cache_evictions,
  cache_live_evictions,
  cache_rejected,
  late_answers_stored,
  subtrees_tracked,
  subtrees_failing,
  subtree_evictions,
  exchanges_evicted,
  outside_zones,
  reloads_ok,
  reloads_failed,
  start_time_seconds,
  count_,
};

inline constexpr std::array<Spec<ProcessMetric>, static_cast<std::size_t>(ProcessMetric::count_)>
    kProcessMetrics{{
        {ProcessMetric::in_flight, Kind::gauge, "sluice_questions_in_flight", "",
         "Questions being resolved or waiting for a packet."},
        {ProcessMetric::waiters, Kind::gauge, "sluice_waiters", "",
         "Client queries that wait for these."},
        {ProcessMetric::exchanges, Kind::gauge, "sluice_exchanges_open", "",
         "Sockets and TCP queries open towards upstreams."},
        {ProcessMetric::failures_cached, Kind::gauge, "sluice_failure_cache_entries", "",
         "Questions in the failure cache."},
        {ProcessMetric::cache_entries, Kind::gauge, "sluice_cache_entries", "",
         "Responses in the cache."},
        {ProcessMetric::cache_bytes, Kind::gauge, "sluice_cache_bytes", "",
         "Memory that they take, keys and bookkeeping included."},
        {ProcessMetric::cache_max_bytes, Kind::gauge, "sluice_cache_max_bytes", "",
         "Memory that they may take."},
        {ProcessMetric::cache_evictions, Kind::counter, "sluice_cache_evictions_total", "",
         "Responses thrown out for room."},
        {ProcessMetric::cache_live_evictions, Kind::counter, "sluice_cache_live_evictions_total",
         "", "Of these, the ones still fresh: the cache is too small."},
        {ProcessMetric::cache_rejected, Kind::counter, "sluice_cache_rejected_total", "",
         "Responses too large for the cache: answered, not stored."},
        {ProcessMetric::late_answers_stored, Kind::counter, "sluice_late_answers_stored_total", "",
         "Answers that came after their question had been given up, and were cached."},
        {ProcessMetric::subtrees_tracked, Kind::gauge, "sluice_subtrees_tracked", "",
         "Suffixes whose successes and failures are counted."},
        {ProcessMetric::subtrees_failing, Kind::gauge, "sluice_subtrees_failing", "",
         "Of these, the ones whose questions wait behind the others."},
        {ProcessMetric::subtree_evictions, Kind::counter, "sluice_subtree_evictions_total", "",
         "Suffixes that made room for others while they were still counted."},
        {ProcessMetric::exchanges_evicted, Kind::counter, "sluice_exchanges_evicted_total", "",
         "Exchanges ended early since max_exchanges were open: their late answers are lost."},
        {ProcessMetric::outside_zones, Kind::counter, "sluice_outside_zones_total", "",
         "Queries for names that no zone rule covers, answered REFUSED."},
        {ProcessMetric::reloads_ok, Kind::counter, "sluice_reloads_total", R"(result="ok")",
         "Configuration reloads."},
        {ProcessMetric::reloads_failed, Kind::counter, "sluice_reloads_total", R"(result="failed")",
         "Configuration reloads."},
        {ProcessMetric::start_time_seconds, Kind::gauge, "sluice_start_time_seconds", "",
         "Unix time at which the process started."},
    }};
static_assert(in_enum_order(kProcessMetrics), "kProcessMetrics lists every ProcessMetric");

}  // namespace sluice::metrics
