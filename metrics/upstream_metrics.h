#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted by the engine for each upstream group; label upstream="...".
enum class UpstreamMetric : std::uint8_t {
  exchanges_udp,
  exchanges_tcp,
  answers,
  late_answers,
  timeouts,
  servfail,
  refused,
  truncated,
  mismatched,
  case_mismatched,
  suspicious,
  malformed,
  network_errors,
  port_errors,
  edns_refused,
  retries_refused,
  probes,
  breakers_opened,
  breakers_open,
  loop_probes,
  loops,
  looping,
  in_flight,
  count_,
};

inline constexpr std::array<Spec<UpstreamMetric>, static_cast<std::size_t>(UpstreamMetric::count_)>
    kUpstreamMetrics{{
        {UpstreamMetric::exchanges_udp, Kind::counter, "sluice_upstream_exchanges_total",
         R"(transport="udp")", "Queries sent to an upstream."},
        {UpstreamMetric::exchanges_tcp, Kind::counter, "sluice_upstream_exchanges_total",
         R"(transport="tcp")", "Queries sent to an upstream."},
        {UpstreamMetric::answers, Kind::counter, "sluice_upstream_answers_total", R"(late="no")",
         "Usable responses from an upstream."},
        {UpstreamMetric::late_answers, Kind::counter, "sluice_upstream_answers_total",
         R"(late="yes")", "Usable responses from an upstream."},
        {UpstreamMetric::timeouts, Kind::counter, "sluice_upstream_failures_total",
         R"(kind="timeout")", "Exchanges without a usable answer."},
        {UpstreamMetric::servfail, Kind::counter, "sluice_upstream_failures_total",
         R"(kind="servfail")", "Exchanges without a usable answer."},
        {UpstreamMetric::refused, Kind::counter, "sluice_upstream_failures_total",
         R"(kind="refused")", "Exchanges without a usable answer."},
        {UpstreamMetric::truncated, Kind::counter, "sluice_upstream_truncated_total", "",
         "Responses with TC, asked again over TCP."},
        {UpstreamMetric::mismatched, Kind::counter, "sluice_upstream_mismatched_total", "",
         "Datagrams that answered no query of ours: wrong ID or question."},
        {UpstreamMetric::case_mismatched, Kind::counter, "sluice_upstream_case_mismatched_total",
         "", "Of these, the ones that differed in the letters' case alone."},
        {UpstreamMetric::suspicious, Kind::counter, "sluice_upstream_suspicious_total", "",
         "Exchanges ended by a burst of such datagrams, and asked again over TCP."},
        {UpstreamMetric::malformed, Kind::counter, "sluice_upstream_failures_total",
         R"(kind="malformed")", "Exchanges without a usable answer."},
        {UpstreamMetric::network_errors, Kind::counter, "sluice_upstream_failures_total",
         R"(kind="network")", "Exchanges without a usable answer."},
        {UpstreamMetric::port_errors, Kind::counter, "sluice_upstream_failures_total",
         R"(kind="no_socket")", "Exchanges without a usable answer."},
        {UpstreamMetric::edns_refused, Kind::counter, "sluice_upstream_edns_refused_total", "",
         "FORMERR without OPT: asked again without EDNS."},
        {UpstreamMetric::retries_refused, Kind::counter, "sluice_upstream_retries_refused_total",
         "", "Retries not made since the upstream's retry budget was spent."},
        {UpstreamMetric::probes, Kind::counter, "sluice_upstream_probes_total", "",
         "Questions sent to see whether a silent server answers again."},
        {UpstreamMetric::breakers_opened, Kind::counter, "sluice_upstream_breaker_opened_total", "",
         "Times that a server fell silent for a zone and was asked no more but by probes."},
        {UpstreamMetric::breakers_open, Kind::gauge, "sluice_upstream_breakers_open", "",
         "Pairs of server and zone that are silent now."},
        {UpstreamMetric::loop_probes, Kind::counter, "sluice_upstream_loop_probes_total", "",
         "Probes sent to a server that lets tries pass, to see whether it forwards to us."},
        {UpstreamMetric::loops, Kind::counter, "sluice_upstream_loops_total", "",
         "Probes that came back to us as a client's query: a forwarding loop."},
        {UpstreamMetric::looping, Kind::gauge, "sluice_upstream_looping", "",
         "Pairs of server and zone that lead back to us."},
        {UpstreamMetric::in_flight, Kind::gauge, "sluice_upstream_in_flight", "",
         "Exchanges open now, those whose question has been answered already among them."},
    }};
static_assert(in_enum_order(kUpstreamMetrics), "kUpstreamMetrics lists every UpstreamMetric");

}  // namespace sluice::metrics
