#include "tests/scenario/fleet/stock_resolver.h"

#include <algorithm>

namespace sluice::fleet {

namespace {

std::uint64_t key_of(LookupName name) noexcept {
  return std::uint64_t{name.is_reverse()} << 32 | name.number();
}

}  // namespace

void StockResolver::RoundTrip::add(Duration sample) noexcept {
  const bool is_first = smoothed == Duration::zero();
  const Duration deviation = sample > smoothed ? sample - smoothed : smoothed - sample;
  variation = is_first ? sample / 2 : (3 * variation + deviation) / 4;
  smoothed = is_first ? sample : (7 * smoothed + sample) / 8;
  timeout = std::clamp(smoothed + 4 * variation, kLeast, kMost);
}

/// Only the tries sent with the present time-out count, or one loss of many packets would double
/// it many times.
void StockResolver::RoundTrip::on_timeout(Duration timeout_of_try) noexcept {
  if (timeout_of_try >= timeout) timeout = std::min(2 * timeout, kMost);
}

void StockResolver::on_query(const Query& query, TimePoint now) {
  const std::uint64_t key = key_of(query.name);
  if (const auto cached = cache_.find(key); cached != cache_.end()) {
    if (cached->second.expires > now)
      return network_.reply(query.ticket, cached->second.is_success, now);
    cache_.erase(cached);
  }
  std::uint32_t& waiting = waiting_[query.host];
  if (waiting >= kMaxWaitingPerClient) return;
  const Waiter waiter{.ticket = query.ticket, .host = query.host, .since = now};
  if (const auto found = in_flight_.find(key); found != in_flight_.end()) {
    questions_[found->second].waiters.push_back(waiter);
    ++waiting;
    return;
  }
  if (questions_.size() == kMaxQuestions && !make_room(now)) return;
  const Index index = *questions_.take();
  Question& question = questions_[index];
  question.name = query.name;
  question.since = now;
  question.waiters.push_back(waiter);
  ++waiting;
  question.may_be_jostled = questions_.size() - jostle_.size() > kMaxQuestions / 2;
  if (question.may_be_jostled) question.place = jostle_.insert(jostle_.end(), index);
  in_flight_[key] = index;
  send(index, now);
}

bool StockResolver::make_room(TimePoint now) {
  if (jostle_.empty() || now - questions_[jostle_.front()].since < kJostleAfter) return false;
  close(jostle_.front());
  return true;
}

void StockResolver::send(Index index, TimePoint now) {
  Question& question = questions_[index];
  ++question.sends;
  question.sent = now;
  question.timeout = round_trip_.timeout;
  deadlines_.set(index, now + question.timeout);
  const std::uint64_t exchange = std::uint64_t{index} << 32 |
                                 (questions_.generation(index) & 0xff'ffffU) << 8 | question.sends;
  network_.ask_cloud(exchange, question.name, now);
}

void StockResolver::on_exchange_over(const ExchangeOver& exchange, TimePoint now) {
  if (exchange.outcome == ExchangeOver::Outcome::silence) return;  // long given up
  const auto index = static_cast<Index>(exchange.exchange >> 32);
  if (!questions_.is_taken(index) ||
      (questions_.generation(index) & 0xff'ffffU) != (exchange.exchange >> 8 & 0xff'ffffU))
    return;
  Question& question = questions_[index];
  if (question.sends != (exchange.exchange & 0xffU)) return;  // its socket is closed
  round_trip_.add(now - question.sent);
  const bool is_success = exchange.outcome == ExchangeOver::Outcome::success;
  if (!is_success && question.sends < kSends) return send(index, now);
  const Duration ttl = is_success ? std::chrono::seconds{exchange.ttl_seconds} : kFailureTtl;
  cache_[key_of(question.name)] = {.is_success = is_success, .expires = now + ttl};
  finish(index, is_success, now);
}

void StockResolver::on_deadline(TimePoint now) {
  while (deadlines_.next() <= now) {
    const Index index = deadlines_.front();
    round_trip_.on_timeout(questions_[index].timeout);
    if (questions_[index].sends < kSends) {
      send(index, now);
      continue;
    }
    cache_[key_of(questions_[index].name)] = {.is_success = false, .expires = now + kFailureTtl};
    finish(index, false, now);
  }
}

void StockResolver::finish(Index index, bool is_success, TimePoint now) {
  for (const Waiter& waiter : questions_[index].waiters)
    if (now - waiter.since <= kDiscardAfter) network_.reply(waiter.ticket, is_success, now);
  close(index);
}

void StockResolver::close(Index index) {
  Question& question = questions_[index];
  for (const Waiter& waiter : question.waiters) --waiting_[waiter.host];
  if (question.may_be_jostled) jostle_.erase(question.place);
  in_flight_.erase(key_of(question.name));
  deadlines_.erase(index);
  questions_.release(index);
}

}  // namespace sluice::fleet
