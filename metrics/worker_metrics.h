#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted by each listener thread for itself, and by the engine for what it answers.
enum class WorkerMetric : std::uint8_t {
  queries_udp,
  queries_tcp,
  asked_a,
  asked_aaaa,
  asked_ptr,
  asked_srv,
  asked_txt,
  asked_https,
  asked_other,
  dropped_responses,
  dropped_malformed,
  dropped_forged,
  dropped_denied,
  errors_formerr,
  errors_notimp,
  errors_badvers,
  errors_refused,
  denied,
  limited,
  any_answers,
  cookies_good,
  cookies_new,
  cookies_bad,
  cache_hits,
  cache_misses,
  hits_noerror,
  hits_nxdomain,
  hits_other,
  hand_over_full,
  send_errors,
  replies_udp,
  replies_tcp,
  replies_truncated,
  tcp_accepted,
  tcp_refused,
  tcp_idle_closed,
  tcp_displaced,
  tcp_open,
  count_,
};

inline constexpr std::array<Spec<WorkerMetric>, static_cast<std::size_t>(WorkerMetric::count_)>
    kWorkerMetrics{{
        {WorkerMetric::queries_udp, Kind::counter, "sluice_client_queries_total",
         R"(transport="udp")", "Messages received from clients."},
        {WorkerMetric::queries_tcp, Kind::counter, "sluice_client_queries_total",
         R"(transport="tcp")", "Messages received from clients."},
        {WorkerMetric::asked_a, Kind::counter, "sluice_client_questions_total", R"(type="A")",
         "Well-formed queries of clients, by type."},
        {WorkerMetric::asked_aaaa, Kind::counter, "sluice_client_questions_total", R"(type="AAAA")",
         "Well-formed queries of clients, by type."},
        {WorkerMetric::asked_ptr, Kind::counter, "sluice_client_questions_total", R"(type="PTR")",
         "Well-formed queries of clients, by type."},
        {WorkerMetric::asked_srv, Kind::counter, "sluice_client_questions_total", R"(type="SRV")",
         "Well-formed queries of clients, by type."},
        {WorkerMetric::asked_txt, Kind::counter, "sluice_client_questions_total", R"(type="TXT")",
         "Well-formed queries of clients, by type."},
        {WorkerMetric::asked_https, Kind::counter, "sluice_client_questions_total",
         R"(type="HTTPS")", "Well-formed queries of clients, by type."},
        {WorkerMetric::asked_other, Kind::counter, "sluice_client_questions_total",
         R"(type="other")", "Well-formed queries of clients, by type."},
        {WorkerMetric::dropped_responses, Kind::counter, "sluice_client_drops_total",
         R"(reason="response")", "Messages from clients that deserve no answer."},
        {WorkerMetric::dropped_malformed, Kind::counter, "sluice_client_drops_total",
         R"(reason="short_header")", "Messages from clients that deserve no answer."},
        {WorkerMetric::dropped_forged, Kind::counter, "sluice_client_drops_total",
         R"(reason="forged_source")", "Messages from clients that deserve no answer."},
        {WorkerMetric::dropped_denied, Kind::counter, "sluice_client_drops_total",
         R"(reason="denied")", "Messages from clients that deserve no answer."},
        {WorkerMetric::errors_formerr, Kind::counter, "sluice_client_errors_total",
         R"(rcode="FORMERR")",
         "Client messages answered at once with an error: malformed, or not to be asked."},
        {WorkerMetric::errors_notimp, Kind::counter, "sluice_client_errors_total",
         R"(rcode="NOTIMP")",
         "Client messages answered at once with an error: malformed, or not to be asked."},
        {WorkerMetric::errors_badvers, Kind::counter, "sluice_client_errors_total",
         R"(rcode="BADVERS")",
         "Client messages answered at once with an error: malformed, or not to be asked."},
        {WorkerMetric::errors_refused, Kind::counter, "sluice_client_errors_total",
         R"(rcode="REFUSED")",
         "Client messages answered at once with an error: malformed, or not to be asked."},
        {WorkerMetric::denied, Kind::counter, "sluice_client_denied_total", "",
         "Queries of clients that server.allow does not cover, answered REFUSED."},
        {WorkerMetric::limited, Kind::counter, "sluice_client_limited_total", "",
         "Queries over UDP above server.client_rate, answered with TC alone."},
        {WorkerMetric::any_answers, Kind::counter, "sluice_client_any_total", "",
         "Queries of type ANY over UDP, answered with a HINFO record of ours (RFC 8482)."},
        {WorkerMetric::cookies_good, Kind::counter, "sluice_client_cookies_total",
         R"(result="good")", "Queries with a DNS cookie (RFC 7873)."},
        {WorkerMetric::cookies_new, Kind::counter, "sluice_client_cookies_total", R"(result="new")",
         "Queries with a DNS cookie (RFC 7873)."},
        {WorkerMetric::cookies_bad, Kind::counter, "sluice_client_cookies_total", R"(result="bad")",
         "Queries with a DNS cookie (RFC 7873)."},
        {WorkerMetric::cache_hits, Kind::counter, "sluice_cache_lookups_total", R"(result="hit")",
         "Queries looked up in the cache."},
        {WorkerMetric::cache_misses, Kind::counter, "sluice_cache_lookups_total",
         R"(result="miss")", "Queries looked up in the cache."},
        {WorkerMetric::hits_noerror, Kind::counter, "sluice_cache_answers_total",
         R"(rcode="NOERROR")", "Replies from the cache, fresh ones."},
        {WorkerMetric::hits_nxdomain, Kind::counter, "sluice_cache_answers_total",
         R"(rcode="NXDOMAIN")", "Replies from the cache, fresh ones."},
        {WorkerMetric::hits_other, Kind::counter, "sluice_cache_answers_total", R"(rcode="other")",
         "Replies from the cache, fresh ones."},
        {WorkerMetric::hand_over_full, Kind::counter, "sluice_hand_over_full_total", "",
         "Misses dropped since the queue from a listener to the engine was full."},
        {WorkerMetric::send_errors, Kind::counter, "sluice_client_send_errors_total", "",
         "Replies that the kernel did not take."},
        {WorkerMetric::replies_udp, Kind::counter, "sluice_client_replies_total",
         R"(transport="udp")", "Replies sent to clients."},
        {WorkerMetric::replies_tcp, Kind::counter, "sluice_client_replies_total",
         R"(transport="tcp")", "Replies sent to clients."},
        {WorkerMetric::replies_truncated, Kind::counter, "sluice_client_truncated_total", "",
         "Replies sent with TC since they did not fit."},
        {WorkerMetric::tcp_accepted, Kind::counter, "sluice_client_connections_total",
         R"(event="accepted")", "TCP connections of clients."},
        {WorkerMetric::tcp_refused, Kind::counter, "sluice_client_connections_total",
         R"(event="refused")", "TCP connections of clients."},
        {WorkerMetric::tcp_idle_closed, Kind::counter, "sluice_client_connections_total",
         R"(event="idle_closed")", "TCP connections of clients."},
        {WorkerMetric::tcp_displaced, Kind::counter, "sluice_client_connections_total",
         R"(event="displaced")", "TCP connections of clients."},
        {WorkerMetric::tcp_open, Kind::gauge, "sluice_client_connections_open", "",
         "TCP connections of clients now."},
    }};
static_assert(in_enum_order(kWorkerMetrics), "kWorkerMetrics lists every WorkerMetric in order");

enum class WorkerHistogram : std::uint8_t { own_hit, own_query, own_answer, count_ };

template <>
struct HistogramsOf<WorkerMetric> {
  using Which = WorkerHistogram;
  static constexpr std::array<HistogramSpec<Which>, 3> kTable{{
      {Which::own_hit, "sluice_own_seconds", R"(work="hit")",
       "Our own work: on a query that the cache answers, on one that goes further, and on an "
       "upstream's response. Waiting for packets and upstreams is no part of it."},
      {Which::own_query, "sluice_own_seconds", R"(work="query")",
       "Our own work: on a query that the cache answers, on one that goes further, and on an "
       "upstream's response. Waiting for packets and upstreams is no part of it."},
      {Which::own_answer, "sluice_own_seconds", R"(work="answer")",
       "Our own work: on a query that the cache answers, on one that goes further, and on an "
       "upstream's response. Waiting for packets and upstreams is no part of it."},
  }};
  static_assert(in_enum_order(kTable));
};

}  // namespace sluice::metrics
