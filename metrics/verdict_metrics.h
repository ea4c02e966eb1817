#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Set by the engine for each upstream; label upstream="...". In the order of policy::Verdict.
enum class VerdictMetric : std::uint8_t {
  ports_exhausted,
  interface_limited,
  upstream_silent,
  budget_limited,
  upstream_failing,
  upstream_slow,
  client_storm,
  healthy,
  count_,
};

inline constexpr std::array<Spec<VerdictMetric>, static_cast<std::size_t>(VerdictMetric::count_)>
    kVerdictMetrics{{
        {VerdictMetric::ports_exhausted, Kind::gauge, "sluice_upstream_verdict",
         R"(verdict="ports_exhausted")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
        {VerdictMetric::interface_limited, Kind::gauge, "sluice_upstream_verdict",
         R"(verdict="interface_limited")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
        {VerdictMetric::upstream_silent, Kind::gauge, "sluice_upstream_verdict",
         R"(verdict="upstream_silent")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
        {VerdictMetric::budget_limited, Kind::gauge, "sluice_upstream_verdict",
         R"(verdict="budget_limited")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
        {VerdictMetric::upstream_failing, Kind::gauge, "sluice_upstream_verdict",
         R"(verdict="upstream_failing")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
        {VerdictMetric::upstream_slow, Kind::gauge, "sluice_upstream_verdict",
         R"(verdict="upstream_slow")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
        {VerdictMetric::client_storm, Kind::gauge, "sluice_upstream_verdict",
         R"(verdict="client_storm")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
        {VerdictMetric::healthy, Kind::gauge, "sluice_upstream_verdict", R"(verdict="healthy")",
         "1 for the verdict that holds for an upstream, 0 for the others."},
    }};
static_assert(in_enum_order(kVerdictMetrics), "kVerdictMetrics lists every VerdictMetric in order");

}  // namespace sluice::metrics
