// What to make of a response.
#include "resolver/local/private_answers.h"
#include "resolver/query_engine.h"
#include "resolver/replies.h"

namespace sluice {

namespace {

using metrics::ProcessMetric;
using metrics::UpstreamMetric;
using metrics::ZoneMetric;
using policy::FailureCause;
using Outcome = policy::SubtreeTable::Outcome;

}  // namespace

void QueryEngine::on_response(const ExchangeState& exchange, Index own,
                              std::span<const std::byte> message, TimePoint now, ActionList& out) {
  const Rule& rule = routing_.rule(exchange.rule);
  auto& upstream = *rule.upstream_counters;
  Path& path = routing_.rule(exchange.rule).paths[exchange.path];
  const bool is_broken = dns::parse_response(message, response_).has_value();
  const bool is_for_us = !is_broken && (response_.header.question_count == 0 ||
                                        response_.question == exchange.key.question);
  if (!is_for_us) {
    ++path.failed;
    upstream.add(UpstreamMetric::malformed);
    return on_failure_response(exchange, own, FailureCause::bad_response, now, out);
  }
  ++path.answered;
  switch (dns::classify(response_)) {
    case dns::ResponseKind::truncated:
      upstream.add(UpstreamMetric::truncated);
      if (exchange.transport == Transport::tcp)
        return on_failure_response(exchange, own, FailureCause::bad_response, now, out);
      if (own != kNone && table_[own].transport == Transport::udp)
        ask_over_tcp(own, Attempt::first, now, out);
      return;
    case dns::ResponseKind::failure: {
      const bool is_servfail = response_.rcode == static_cast<std::uint16_t>(dns::Rcode::servfail);
      upstream.add(is_servfail ? UpstreamMetric::servfail : UpstreamMetric::refused);
      subtrees_.record(exchange.key.question.name, rule.labels, Outcome::failed, now);
      return on_failure_response(
          exchange, own,
          is_servfail ? FailureCause::upstream_servfail : FailureCause::upstream_refused, now, out);
    }
    case dns::ResponseKind::positive:
    case dns::ResponseKind::nodata:
    case dns::ResponseKind::nxdomain:
      upstream.add(exchange.timed_out ? UpstreamMetric::late_answers : UpstreamMetric::answers);
      subtrees_.record(exchange.key.question.name, rule.labels, Outcome::succeeded, now);
      if (exchange.timed_out) ++path.late;
      if (!exchange.timed_out) path.silent_tries = 0;
      path.is_looping = false;
      break;
  }
  traffic_.on_answer(message, response_);
  on_good_response(exchange, message, now, out);
}

void QueryEngine::on_failure_response(const ExchangeState& exchange, Index own, FailureCause cause,
                                      TimePoint now, ActionList& out) {
  if (own == kNone) return;
  InFlight& question = table_[own];
  if (!exchange.timed_out) ++question.spending.failures;  // else it has counted as one already
  // While another server is being asked, it decides. The same server's late word counts at once:
  // a second copy of the question would bring nothing else.
  if (question.server != exchange.path && question.open_exchanges > 0) return;
  if (question.exchange != kNone && cause == FailureCause::timeout) return;
  if (question.state == InFlight::State::waiting) {
    if (cause == FailureCause::timeout || question.server != exchange.path) return;
    dequeue(own, now);
  }
  on_try_failed(own, cause, now, out);
}

/// Writes what is kept of a good response, and answered, into stored_message_; response_ speaks of
/// that from then on.
std::size_t QueryEngine::write_stored(std::span<const std::byte> message, const Rule& rule) {
  if (rule.strip_private) {
    const std::size_t size = local::strip_private_answers(message, response_, stored_message_);
    if (size > 0) {
      rule.counters->add(ZoneMetric::private_stripped);
      const std::span stripped{stored_message_.data(), size};
      const auto problem = dns::parse_response(stripped, response_);
      SLUICE_ASSERT(!problem);
      dns::write_u16(stripped, 2, response_.header.flags | dns::Header::kFiltered);
      return size;
    }
  }
  return dns::copy_without_opt(message, response_, stored_message_, rule.trust_ad);
}

void QueryEngine::on_good_response(const ExchangeState& exchange,
                                   std::span<const std::byte> message, TimePoint now,
                                   ActionList& out) {
  const bool is_positive = dns::classify(response_) == dns::ResponseKind::positive;
  const auto max_ttl = is_positive ? ttl_limits_.max : ttl_limits_.max_negative;
  // As it was sent: without its private addresses it may look like NODATA that lacks its SOA.
  const auto ttl = dns::storable_for(response_, ttl_limits_);
  const std::size_t size = write_stored(message, routing_.rule(exchange.rule));
  const std::span<std::byte> stored{stored_message_.data(), size};
  const std::span<const std::uint16_t> offsets{response_.ttl_offsets.data(), response_.ttl_count};
  dns::cap_ttls(stored, offsets, static_cast<std::uint32_t>(max_ttl.count()));
  if (ttl) cache_.store(exchange.key, exchange.hash, {stored, offsets, *ttl}, now);
  failures_.forget(exchange.key);

  // Whoever waits for this key is served, be it another question than the one that asked.
  const Index index = table_.find(exchange.key, exchange.hash);
  if (index == kNone) {
    if (ttl) counters_.add(ProcessMetric::late_answers_stored);
    return;
  }
  InFlight& question = table_[index];
  if (question.state == InFlight::State::waiting) dequeue(index, now);
  const auto rcode = static_cast<dns::Rcode>(response_.rcode);
  routing_.rule(question.rule)
      .counters->add(rcode == dns::Rcode::noerror    ? ZoneMetric::answered_noerror
                     : rcode == dns::Rcode::nxdomain ? ZoneMetric::answered_nxdomain
                                                     : ZoneMetric::answered_other,
                     question.waiter_count);
  record_settled(question, ReplySource::upstream, {}, now);
  table_.for_each_waiter(index, [&](const Waiter& waiter) {
    out.explain(origin_of(ReplySource::upstream, question, waiter));
    reply_with_response(waiter.client, waiter.shape, stored, std::nullopt, out);
  });
  close(index, now, out);
}

}  // namespace sluice
