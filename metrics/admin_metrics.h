#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted by the admin thread.
enum class AdminMetric : std::uint8_t {
  requests_http,
  requests_control,
  refused_http_connections,
  refused_http_host,
  refused_http_request,
  refused_http_streams,
  refused_control_connections,
  refused_control_peer,
  refused_control_request,
  streams_dropped,
  engine_silent,
  count_,
};

inline constexpr std::array<Spec<AdminMetric>, static_cast<std::size_t>(AdminMetric::count_)>
    kAdminMetrics{{
        {AdminMetric::requests_http, Kind::counter, "sluice_admin_requests_total", R"(by="http")",
         "Requests of operators' tools, the refused ones among them."},
        {AdminMetric::requests_control, Kind::counter, "sluice_admin_requests_total",
         R"(by="control")", "Requests of operators' tools, the refused ones among them."},
        {AdminMetric::refused_http_connections, Kind::counter, "sluice_admin_refused_total",
         R"(reason="http_connections")", "Connections and requests of tools that were refused."},
        {AdminMetric::refused_http_host, Kind::counter, "sluice_admin_refused_total",
         R"(reason="http_host")", "Connections and requests of tools that were refused."},
        {AdminMetric::refused_http_request, Kind::counter, "sluice_admin_refused_total",
         R"(reason="http_request")", "Connections and requests of tools that were refused."},
        {AdminMetric::refused_http_streams, Kind::counter, "sluice_admin_refused_total",
         R"(reason="http_streams")", "Connections and requests of tools that were refused."},
        {AdminMetric::refused_control_connections, Kind::counter, "sluice_admin_refused_total",
         R"(reason="control_connections")", "Connections and requests of tools that were refused."},
        {AdminMetric::refused_control_peer, Kind::counter, "sluice_admin_refused_total",
         R"(reason="control_peer")", "Connections and requests of tools that were refused."},
        {AdminMetric::refused_control_request, Kind::counter, "sluice_admin_refused_total",
         R"(reason="control_request")", "Connections and requests of tools that were refused."},
        {AdminMetric::streams_dropped, Kind::counter, "sluice_admin_streams_dropped_total", "",
         "Live streams that were closed since their reader was too slow."},
        {AdminMetric::engine_silent, Kind::counter, "sluice_admin_engine_silent_total", "",
         "Times that the engine did not answer the admin thread in time."},
    }};
static_assert(in_enum_order(kAdminMetrics), "kAdminMetrics lists every AdminMetric in order");

}  // namespace sluice::metrics
