#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted for the flight recorder, the query log and dnstap.
enum class TraceMetric : std::uint8_t {
  recorder_events,
  recorder_overwritten,
  recorder_dumps,
  query_log_lines,
  query_log_dropped,
  dnstap_sent,
  dnstap_dropped,
  count_,
};

inline constexpr std::array<Spec<TraceMetric>, static_cast<std::size_t>(TraceMetric::count_)>
    kTraceMetrics{{
        {TraceMetric::recorder_events, Kind::counter, "sluice_recorder_events_total", "",
         "Events that the flight recorder was told."},
        {TraceMetric::recorder_overwritten, Kind::counter, "sluice_recorder_overwritten_total", "",
         "Of these, the ones that later events have taken the room of."},
        {TraceMetric::recorder_dumps, Kind::counter, "sluice_recorder_dumps_total", "",
         "Times that its events were written to files, since something went wrong."},
        {TraceMetric::query_log_lines, Kind::counter, "sluice_query_log_lines_total", "",
         "Lines of the query log."},
        {TraceMetric::query_log_dropped, Kind::counter, "sluice_query_log_dropped_total", "",
         "Lines that were not written: the file is too slow, or cannot be opened."},
        {TraceMetric::dnstap_sent, Kind::counter, "sluice_dnstap_frames_total", R"(result="sent")",
         "Messages for the dnstap collector."},
        {TraceMetric::dnstap_dropped, Kind::counter, "sluice_dnstap_frames_total",
         R"(result="dropped")", "Messages for the dnstap collector."},
    }};
static_assert(in_enum_order(kTraceMetrics), "kTraceMetrics lists every TraceMetric in order");

}  // namespace sluice::metrics
