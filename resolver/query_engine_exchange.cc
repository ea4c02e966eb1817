// Queries to upstreams, and what to do about those without an answer.
#include <algorithm>

#include "resolver/query_engine.h"
#include "resolver/server_choice.h"

namespace sluice {

namespace {

using metrics::BudgetMetric;
using metrics::ProcessMetric;
using metrics::UpstreamHistogram;
using metrics::UpstreamMetric;
using metrics::ZoneMetric;
using policy::FailureCause;
using Outcome = policy::SubtreeTable::Outcome;

/// How long a server that refused EDNS is asked without.
constexpr Duration kPlainFor = std::chrono::minutes{15};

/// A server without others beside it, of which nothing is known yet, is waited for as the slowest
/// is: to ask it again would help against a lost packet only, and where it is slow cost a packet
/// for each question.
Duration patience_with(const InFlight& question, const Rule& rule) noexcept {
  const Path& path = rule.paths[question.server];
  const bool is_alone = rule.paths.size() == 1;
  if (is_alone && !path.rtt.has_sample()) return policy::RttEstimator::kCeiling;
  const unsigned attempt = question.sends[question.server] - 1U;  // this one is counted already
  return path.rtt.timeout(attempt + (question.transport == Transport::tcp ? 1 : 0));
}

/// By the header's RCODE alone, whatever else is wrong with the response.
void count_response(const ExchangeOutcome& outcome, Duration rtt,
                    metrics::CounterBlock<UpstreamMetric>& upstream) noexcept {
  upstream.add(UpstreamMetric::octets_received, outcome.octets_received);
  const bool is_plain_error = outcome.status == ExchangeStatus::edns_refused;
  if (!is_plain_error && outcome.status != ExchangeStatus::answered) return;
  upstream.observe(UpstreamHistogram::rtt, rtt);
  if (is_plain_error || outcome.response.size() < dns::kHeaderSize)
    return upstream.add(UpstreamMetric::responses_other);
  switch (static_cast<dns::Rcode>(dns::read_u16(outcome.response, 2) & dns::Header::kRcodeMask)) {
    case dns::Rcode::noerror:
      return upstream.add(UpstreamMetric::responses_noerror);
    case dns::Rcode::nxdomain:
      return upstream.add(UpstreamMetric::responses_nxdomain);
    case dns::Rcode::servfail:
      return upstream.add(UpstreamMetric::responses_servfail);
    case dns::Rcode::refused:
      return upstream.add(UpstreamMetric::responses_refused);
    default:
      return upstream.add(UpstreamMetric::responses_other);
  }
}

}  // namespace

void QueryEngine::start_exchange(Index index, std::uint16_t lane, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  Rule& rule = routing_.rule(question.rule);
  Path& path = rule.paths[question.server];
  const auto slot = exchanges_.take();
  SLUICE_ASSERT(slot.has_value());
  exchanges_[*slot] = {.key = question.key,
                       .hash = question.hash,
                       .rule = question.rule,
                       .lane = lane,
                       .path = question.server,
                       .serial = question.serial,
                       .transport = question.transport,
                       .timed_out = false,
                       .started = now};
  routing_.acquire(question.rule);
  if (question.tries > 0) {
    rule.counters->add(ZoneMetric::retries);
    rule.upstream_counters->add(UpstreamMetric::retries);
    ++path.retries;
    ++path.blind_retries;
  } else {
    rule.upstream_counters->add(UpstreamMetric::first_tries);
    rule.retries->on_first_try(now);
  }
  if (path.breaker.is_open()) {
    path.breaker.on_probe(now);
    rule.upstream_counters->add(UpstreamMetric::probes);
  }
  ++question.sends[question.server];
  ++question.tries;
  ++question.open_exchanges;
  ++path.sent;
  ++path.in_flight;
  question.state = InFlight::State::asked;
  question.exchange = *slot;
  const bool is_tcp = question.transport == Transport::tcp;
  rule.upstream_counters->add(is_tcp ? UpstreamMetric::exchanges_tcp
                                     : UpstreamMetric::exchanges_udp);
  if (is_tcp) {
    TcpAccount& account = tcp_accounts_[path.server];
    account.prepaid += account.is_open ? kOpenConnectionPrice : kNewConnectionPrice;
    account.rule = question.rule;
    account.lane = lane;
    account.latest = {index, question.serial};
    question.has_left_host = true;
  }
  counters_.set(ProcessMetric::exchanges, exchanges_.size());
  write_query(index, *slot, now, out);
}

/// Sets the time of the try and appends its query to the actions.
void QueryEngine::write_query(Index index, std::uint32_t slot, TimePoint now, ActionList& out) {
  const InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  const Path& path = rule.paths[question.server];
  const Duration patience = patience_with(question, rule);
  const auto jitter = static_cast<std::int64_t>(
      random_.below(static_cast<std::uint64_t>(patience.count()) / 10 + 1));
  table_.set_try_deadline(index, now + patience + Duration{jitter});

  const std::span<std::byte> room = out.room(dns::kMaxUpstreamQuerySize);
  dns::UpstreamForm form{.id = random_.next_id(),
                         .use_edns = now < path.plain_until ? dns::UseEdns::no : dns::UseEdns::yes,
                         .asks_for_ad = rule.trust_ad == dns::TrustAd::yes};
  if (rule.mixed_case && question.transport == Transport::udp)
    form.letters = dns::random_case(question.key.question.name, [this] { return random_.next(); });
  const std::size_t size =
      dns::write_upstream_query(room.first<dns::kMaxUpstreamQuerySize>(), question.key, form);
  exchanges_[slot].query_size = static_cast<std::uint16_t>(size);
  if (question.transport == Transport::tcp) {
    rule.upstream_counters->add(UpstreamMetric::octets_sent, size);
    traffic_.on_sent(path.server.address, Transport::tcp, {.octets = size});
  }
  record_sent(exchanges_[slot], question.tries, room.first(size));
  out.start({.id = {slot, exchanges_.generation(slot)},
             .server = path.server,
             .transport = question.transport,
             .interface = routing_.gates()[rule.gate]->interface(exchanges_[slot].lane),
             .query = {}},
            size);
}

void QueryEngine::on_sent(ExchangeId id, std::uint32_t packets, TimePoint now) {
  if (packets == 0 || !exchanges_.is_taken(id.slot) ||
      exchanges_.generation(id.slot) != id.generation)
    return;
  const ExchangeState& exchange = exchanges_[id.slot];
  const Rule& rule = routing_.rule(exchange.rule);
  Gate& gate = *routing_.gates()[rule.gate];
  rule.counters->add(ZoneMetric::packets_udp, packets);
  rule.upstream_counters->add(UpstreamMetric::octets_sent,
                              std::uint64_t{packets} * exchange.query_size);
  gate.counters->add(BudgetMetric::packets, packets);
  traffic_.on_sent(rule.paths[exchange.path].server.address, Transport::udp,
                   {packets, std::size_t{packets} * exchange.query_size});
  if (now - exchange.started > kStallGuard) {
    gate.charge_again(exchange.lane, packets, now);
    gate.counters->add(BudgetMetric::stall_packets, packets);
  }
  const Index index = table_.find(exchange.key, exchange.hash);
  if (index == kNone || table_[index].serial != exchange.serial) return;
  table_[index].has_left_host = true;
  table_[index].spending.packets += packets;
}

void QueryEngine::on_connection_opened(const Endpoint& server) {
  tcp_accounts_[server].is_open = true;
}

void QueryEngine::on_connection_closed(const Endpoint& server) {
  const auto found = tcp_accounts_.find(server);
  if (found == tcp_accounts_.end()) return;
  found->second.is_open = false;
  // A query that was paid for may be about to open the next connection; older credit is void.
  found->second.prepaid = std::min(found->second.prepaid, kNewConnectionPrice);
}

void QueryEngine::on_segments_sent(const Endpoint& server, std::uint32_t segments, TimePoint now) {
  const auto found = tcp_accounts_.find(server);
  if (found == tcp_accounts_.end()) return;
  TcpAccount& account = found->second;
  const Rule& rule = routing_.rule(account.rule);
  Gate& gate = *routing_.gates()[rule.gate];
  rule.counters->add(ZoneMetric::packets_tcp, segments);
  gate.counters->add(BudgetMetric::packets, segments);
  if (table_.holds(account.latest)) table_[account.latest.slot].spending.packets += segments;
  traffic_.on_sent(server.address, Transport::tcp, {.packets = segments});
  const std::uint32_t unpaid = segments > account.prepaid ? segments - account.prepaid : 0;
  account.prepaid -= segments - unpaid;
  if (unpaid > 0) gate.charge(account.lane, unpaid, now);
}

/// The question that the exchange was started for, which has one less open from now on; kNone if it
/// is over.
QueryEngine::Index QueryEngine::detach(const ExchangeState& exchange, std::uint32_t slot) noexcept {
  const Index own = table_.find(exchange.key, exchange.hash);
  if (own == kNone || table_[own].serial != exchange.serial) return kNone;
  --table_[own].open_exchanges;
  if (table_[own].exchange == slot) table_[own].exchange = kNone;
  return own;
}

/// Counts and records what came of an exchange, whatever is made of it.
void QueryEngine::note_outcome(const ExchangeState& exchange, const ExchangeOutcome& outcome,
                               TimePoint now) {
  Rule& rule = routing_.rule(exchange.rule);
  Path& path = rule.paths[exchange.path];
  auto& upstream = *rule.upstream_counters;
  path.mismatched += outcome.mismatched;
  if (!outcome.response.empty())
    traffic_.on_received(path.server.address, exchange.transport, {1, outcome.response.size()});
  record_outcome(exchange, outcome, now);
  upstream.add(UpstreamMetric::mismatched, outcome.mismatched);
  upstream.add(UpstreamMetric::case_mismatched, outcome.case_mismatched);
  count_response(outcome, now - exchange.started, upstream);
}

void QueryEngine::on_exchange_done(ExchangeId id, const ExchangeOutcome& outcome, TimePoint now,
                                   ActionList& out) {
  if (!exchanges_.is_taken(id.slot) || exchanges_.generation(id.slot) != id.generation) return;
  const ExchangeState exchange = exchanges_[id.slot];
  exchanges_.release(id.slot);
  counters_.set(ProcessMetric::exchanges, exchanges_.size());
  Rule& rule = routing_.rule(exchange.rule);
  Path& path = rule.paths[exchange.path];
  auto& upstream = *rule.upstream_counters;
  --path.in_flight;
  note_outcome(exchange, outcome, now);
  if (exchange.is_loop_probe) return routing_.release(exchange.rule);

  const Index own = detach(exchange, id.slot);
  switch (outcome.status) {
    case ExchangeStatus::answered:
      path.rtt.add_sample(now - exchange.started);
      path.failures_in_row = 0;
      if (!exchange.timed_out) path.blind_retries = 0;
      path.latest_answered = std::max(path.latest_answered, exchange.started);
      path.breaker.on_answer(now);
      on_response(exchange, own, outcome.response, now, out);
      break;
    case ExchangeStatus::expired:
      if (!exchange.timed_out) {
        on_silence(exchange, now);
        update_silence(exchange.rule, now, out);
      }
      on_failure_response(exchange, own, FailureCause::timeout, now, out);
      break;
    case ExchangeStatus::no_socket:
      upstream.add(UpstreamMetric::port_errors);
      on_failure_response(exchange, own, FailureCause::network, now, out);
      break;
    case ExchangeStatus::unreachable:
    case ExchangeStatus::closed:
      ++path.failed;
      ++path.failures_in_row;
      upstream.add(UpstreamMetric::network_errors);
      on_failure_response(exchange, own, FailureCause::network, now, out);
      break;
    case ExchangeStatus::edns_refused:
      upstream.add(UpstreamMetric::edns_refused);
      path.plain_until = now + kPlainFor;
      path.breaker.on_answer(now);
      if (own == kNone || table_[own].state != InFlight::State::asked) break;
      enqueue(own, Attempt::first, now, out);
      break;
    case ExchangeStatus::suspicious:
      // Somebody guesses at IDs or letters; over TCP there is too much to guess.
      upstream.add(UpstreamMetric::suspicious);
      if (own != kNone && table_[own].transport == Transport::udp && table_[own].exchange == kNone)
        ask_over_tcp(own, Attempt::first, now, out);
      break;
  }
  update_silence(exchange.rule, now, out);
  routing_.release(exchange.rule);
}

/// A server has let a try's time pass.
void QueryEngine::on_silence(const ExchangeState& exchange, TimePoint now) noexcept {
  Rule& rule = routing_.rule(exchange.rule);
  Path& path = rule.paths[exchange.path];
  ++path.timeouts;
  ++path.failures_in_row;
  ++path.silent_tries;
  rule.upstream_counters->add(UpstreamMetric::timeouts);
  const bool was_open = path.breaker.is_open();
  path.breaker.on_timeout(now);
  if (!was_open && path.breaker.is_open())
    rule.upstream_counters->add(UpstreamMetric::breakers_opened);
}

void QueryEngine::ask_over_tcp(Index index, Attempt attempt, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  if (question.state == InFlight::State::waiting) dequeue(index, now);
  question.transport = Transport::tcp;
  question.sends.fill(0);  // RFC 9520 section 3.1 counts by transport
  question.exchange = kNone;
  enqueue(index, attempt, now, out);
}

void QueryEngine::on_try_timeout(Index index, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  SLUICE_ASSERT(question.exchange != kNone);
  ExchangeState& exchange = exchanges_[question.exchange];
  const Rule& rule = routing_.rule(question.rule);
  // What has been learned of the server meanwhile counts, too.
  const TimePoint due = exchange.started + patience_with(question, rule);
  if (due > now) return table_.set_try_deadline(index, due);
  if (!exchange.timed_out) {
    exchange.timed_out = true;
    ++question.spending.failures;
    record_timeout(question, now);
    on_silence(exchange, now);
    update_silence(question.rule, now, out);
  }
  if (is_blind(question)) {
    const Path& path = rule.paths[question.server];
    const unsigned sends = question.sends[question.server];
    return table_.set_try_deadline(index, now + path.rtt.timeout(sends));
  }
  question.exchange = kNone;
  on_try_failed(index, FailureCause::timeout, now, out);
}

/// Asks again, elsewhere, over TCP, or no more.
void QueryEngine::on_try_failed(Index index, FailureCause cause, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  question.cause = cause;
  question.exchange = kNone;
  const Rule& rule = routing_.rule(question.rule);
  const Path& path = rule.paths[question.server];
  // An answer that would come too late for everybody who waits is not worth a packet; the one that
  // is still on its way may be as early.
  const bool in_time = now + path.rtt.srtt() < question.deadline;
  if (const auto server = choose_server(question, rule, now, random_); server && in_time) {
    question.server = *server;
    if (may_retry(question, now)) return enqueue(index, Attempt::again, now, out);
  } else if (waits_for_recovery(question, rule) && rule.is_silent) {
    return enqueue(index, Attempt::again, now, out);
  } else if (cause == FailureCause::timeout && question.transport == Transport::udp &&
             now + kTcpNeeds < question.deadline && in_time) {
    question.transport = Transport::tcp;  // for its price
    if (may_retry(question, now)) return ask_over_tcp(index, Attempt::again, now, out);
    question.transport = Transport::udp;
  }
  wait_for_late_answers(index, now, out);
}

/// Whether nothing tells a lost packet from a server that has become slow (it has answered nothing
/// that it was asked later), and enough has been risked on the former: then the try is waited for
/// longer.
bool QueryEngine::is_blind(const InFlight& question) const noexcept {
  const Rule& rule = routing_.rule(question.rule);
  const Path& path = rule.paths[question.server];
  if (rule.paths.size() > 1 || path.latest_answered >= exchanges_[question.exchange].started)
    return false;
  // In a silence one that waits in the queue is enough: the next probe.
  if (rule.is_silent) return routing_.gates()[rule.gate]->queue.size(question.rule) > 0;
  return path.blind_retries >= kBlindRetries;
}

/// Whether the upstream's retry budget pays for one more try.
bool QueryEngine::may_retry(const InFlight& question, TimePoint now) noexcept {
  const Rule& rule = routing_.rule(question.rule);
  if (rule.retries->take(price_of(question), now)) return true;
  rule.upstream_counters->add(UpstreamMetric::retries_refused);
  return false;
}

void QueryEngine::wait_for_late_answers(Index index, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  const bool may_be_answered = question.open_exchanges > 0;
  if (!may_be_answered || question.cause != FailureCause::timeout) return fail(index, now, out);
  question.state = InFlight::State::asked;
  question.exchange = kNone;
  table_.set_try_deadline(index, question.deadline);
}

}  // namespace sluice
