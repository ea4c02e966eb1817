#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted by the engine for each upstream group; and zone rule that sends to it; labels upstream
/// and zone.
enum class UpstreamMetric : std::uint8_t {
  exchanges_udp,
  exchanges_tcp,
  first_tries,
  retries,
  octets_sent,
  octets_received,
  responses_noerror,
  responses_nxdomain,
  responses_servfail,
  responses_refused,
  responses_other,
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
        {UpstreamMetric::first_tries, Kind::counter, "sluice_upstream_tries_total",
         R"(attempt="first")", "Exchanges, a question's first apart from the others."},
        {UpstreamMetric::retries, Kind::counter, "sluice_upstream_tries_total",
         R"(attempt="retry")", "Exchanges, a question's first apart from the others."},
        {UpstreamMetric::octets_sent, Kind::counter, "sluice_upstream_octets_total",
         R"(direction="sent")",
         "Octets of DNS messages, without headers of lower layers; those that answer no query, "
         "too."},
        {UpstreamMetric::octets_received, Kind::counter, "sluice_upstream_octets_total",
         R"(direction="received")",
         "Octets of DNS messages, without headers of lower layers; those that answer no query, "
         "too."},
        {UpstreamMetric::responses_noerror, Kind::counter, "sluice_upstream_responses_total",
         R"(rcode="NOERROR")", "Responses that belong to a query of ours, however late."},
        {UpstreamMetric::responses_nxdomain, Kind::counter, "sluice_upstream_responses_total",
         R"(rcode="NXDOMAIN")", "Responses that belong to a query of ours, however late."},
        {UpstreamMetric::responses_servfail, Kind::counter, "sluice_upstream_responses_total",
         R"(rcode="SERVFAIL")", "Responses that belong to a query of ours, however late."},
        {UpstreamMetric::responses_refused, Kind::counter, "sluice_upstream_responses_total",
         R"(rcode="REFUSED")", "Responses that belong to a query of ours, however late."},
        {UpstreamMetric::responses_other, Kind::counter, "sluice_upstream_responses_total",
         R"(rcode="other")", "Responses that belong to a query of ours, however late."},
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

enum class UpstreamHistogram : std::uint8_t { rtt, count_ };

template <>
struct HistogramsOf<UpstreamMetric> {
  using Which = UpstreamHistogram;
  static constexpr std::array<HistogramSpec<Which>, 1> kTable{{
      {Which::rtt, "sluice_upstream_rtt_seconds", "",
       "From a query to its response: the upstream's time and the way's, none of ours."},
  }};
  static_assert(in_enum_order(kTable));
};

}  // namespace sluice::metrics
