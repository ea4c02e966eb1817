#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted by the engine's thread: who asks, and how that was found out.
enum class AttributionMetric : std::uint8_t {
  by_unknown,
  by_address,
  by_cgroup,
  by_process,
  by_user,
  lookups_found,
  lookups_failed,
  unavailable,
  process_scans,
  group_scans,
  scans_cut,
  requests_dropped,
  clients_evicted,
  sockets_evicted,
  names_evicted,
  count_,
};

inline constexpr std::array<Spec<AttributionMetric>,
                            static_cast<std::size_t>(AttributionMetric::count_)>
    kAttributionMetrics{{
        {AttributionMetric::by_unknown, Kind::counter, "sluice_attributions_total",
         R"(result="unknown")", "Queries by what told who asked."},
        {AttributionMetric::by_address, Kind::counter, "sluice_attributions_total",
         R"(result="address")", "Queries by what told who asked."},
        {AttributionMetric::by_cgroup, Kind::counter, "sluice_attributions_total",
         R"(result="cgroup")", "Queries by what told who asked."},
        {AttributionMetric::by_process, Kind::counter, "sluice_attributions_total",
         R"(result="process")", "Queries by what told who asked."},
        {AttributionMetric::by_user, Kind::counter, "sluice_attributions_total", R"(result="user")",
         "Queries by what told who asked."},
        {AttributionMetric::lookups_found, Kind::counter, "sluice_attribution_lookups_total",
         R"(result="found")", "Clients' sockets that the kernel was asked for."},
        {AttributionMetric::lookups_failed, Kind::counter, "sluice_attribution_lookups_total",
         R"(result="failed")", "Clients' sockets that the kernel was asked for."},
        {AttributionMetric::unavailable, Kind::gauge, "sluice_attribution_unavailable", "",
         "1 if the kernel does not tell whose sockets are."},
        {AttributionMetric::process_scans, Kind::counter, "sluice_attribution_scans_total",
         R"(of="processes")", "Looks through all processes or all control groups."},
        {AttributionMetric::group_scans, Kind::counter, "sluice_attribution_scans_total",
         R"(of="groups")", "Looks through all processes or all control groups."},
        {AttributionMetric::scans_cut, Kind::counter, "sluice_attribution_scans_cut_total", "",
         "Of these, the ones that ended early since there was too much to look through."},
        {AttributionMetric::requests_dropped, Kind::counter,
         "sluice_attribution_requests_dropped_total", "",
         "Clients that were not looked for since too many others were."},
        {AttributionMetric::clients_evicted, Kind::counter, "sluice_attribution_evictions_total",
         R"(of="clients")", "What was forgotten early to make room."},
        {AttributionMetric::sockets_evicted, Kind::counter, "sluice_attribution_evictions_total",
         R"(of="sockets")", "What was forgotten early to make room."},
        {AttributionMetric::names_evicted, Kind::counter, "sluice_attribution_evictions_total",
         R"(of="names")", "What was forgotten early to make room."},
    }};
static_assert(in_enum_order(kAttributionMetrics),
              "kAttributionMetrics lists every AttributionMetric in order");

}  // namespace sluice::metrics
