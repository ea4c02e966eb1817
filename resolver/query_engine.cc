#include "resolver/query_engine.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "resolver/answer_path.h"
#include "resolver/replies.h"

namespace sluice {

namespace {

using metrics::ProcessMetric;
using metrics::ZoneMetric;

/// Exchanges that may be on their way out while the shell makes room for new ones.
constexpr std::size_t kExchangeSlack = 256;

/// A short text for people in a buffer of fixed size.
class Text {
 public:
  template <typename... Args>
  explicit Text(const char* format, Args... args) noexcept {
    const int size = std::snprintf(text_.data(), text_.size(), format, args...);
    size_ = std::min(static_cast<std::size_t>(std::max(size, 0)), text_.size() - 1);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, dns::kMaxEdeText + 1> text_{};
  std::size_t size_ = 0;
};

long long in_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

ZoneMetric servfail_metric(policy::FailureCause cause) noexcept {
  switch (cause) {
    case policy::FailureCause::timeout:
      return ZoneMetric::servfail_timeout;
    case policy::FailureCause::upstream_servfail:
      return ZoneMetric::servfail_upstream;
    case policy::FailureCause::upstream_refused:
      return ZoneMetric::servfail_refused;
    case policy::FailureCause::network:
      return ZoneMetric::servfail_network;
    case policy::FailureCause::bad_response:
      return ZoneMetric::servfail_bad_response;
  }
  return ZoneMetric::servfail_timeout;
}

}  // namespace

QueryEngine::QueryEngine(const Limits& limits, cache::ResponseCache& cache, Random random)
    : limits_{limits},
      cache_{cache},
      random_{random},
      routing_{limits.max_in_flight},
      table_{limits.max_in_flight, limits.max_waiters, random_.next_key()},
      exchanges_{limits.max_exchanges + kExchangeSlack},
      failures_{limits.max_failures, random_.next_key()},
      stored_message_(dns::kMaxMessageSize + dns::kReplySlack) {}

std::optional<std::string> QueryEngine::configure(const conf::Config& config,
                                                  const std::map<std::string, BudgetFiles>& files) {
  auto problem = routing_.configure(config, files);
  if (problem) return problem;
  limits_.deadline = config.server.deadline;
  ttl_limits_ = {.min = config.cache.min_ttl,
                 .max = config.cache.max_ttl,
                 .max_negative = config.cache.max_negative_ttl};
  return std::nullopt;
}

void QueryEngine::on_query(const ClientRef& client, const dns::Query& query, TimePoint now,
                           ActionList& out) {
  const dns::LookupKey key = query.key();
  const dns::ReplyShape shape = shape_for(client, query);
  const auto rule_index = routing_.find(key.question.name);
  if (!rule_index) {
    counters_.add(ProcessMetric::outside_zones);
    reply_with_error(client, shape, key.question, dns::Rcode::refused,
                     {dns::EdeCode::prohibited, "no zone rule covers this name"}, out);
    return;
  }
  auto& counters = *routing_.rule(*rule_index).counters;
  counters.add(ZoneMetric::queries);

  const std::uint64_t hash = cache_.hash(key);
  // Only UDP loses replies; over TCP a client that asks twice wants two.
  if (client.transport == Transport::udp && table_.has_waiter(client, query.id, hash)) {
    counters.add(ZoneMetric::retransmits_absorbed);
    return;
  }
  Index index = table_.find(key, hash);
  const bool is_new = index == kNone;
  if (is_new) {
    if (answer_without_asking(client, shape, key, *rule_index, now, out)) return;
    index = open_question(key, hash, *rule_index, now, out);
  }
  if (index == kNone || !table_.join(index, client, shape)) {
    if (is_new && index != kNone) close(index);
    counters.add(ZoneMetric::servfail_overload);
    reply_with_error(client, shape, key.question, dns::Rcode::servfail,
                     {dns::EdeCode::other, "too many questions are in flight"}, out);
    return;
  }
  counters.add(is_new ? ZoneMetric::questions : ZoneMetric::coalesced);
  counters_.set(ProcessMetric::waiters, table_.waiter_count());
  if (is_new) enqueue(index, policy::AdmissionQueue::Priority::first_try, now, out);
}

bool QueryEngine::answer_without_asking(const ClientRef& client, const dns::ReplyShape& shape,
                                        const dns::LookupKey& key, RuleIndex rule_index,
                                        TimePoint now, ActionList& out) {
  // A listener may have missed before the answer was stored and handed over after.
  if (const auto hit = cache_.lookup(key, cache_.hash(key), now, stored_message_)) {
    reply_with_response(client, shape, {stored_message_.data(), hit->size}, out);
    return true;
  }
  const Rule& rule = routing_.rule(rule_index);
  if (const auto failure = failures_.lookup(key, now)) {
    rule.counters->add(ZoneMetric::failure_cache_hits);
    rule.counters->add(ZoneMetric::servfail_cached);
    const Text text{"%s %s (failure %u in a row); asked again after %lld ms", rule.upstream.c_str(),
                    describe(failure->cause).data(), unsigned{failure->streak},
                    in_ms(failure->expires - now)};
    reply_with_error(client, shape, key.question, dns::Rcode::servfail,
                     {dns::EdeCode::cached_error, text.view()}, out);
    return true;
  }
  if (!rule.paths.empty()) return false;
  rule.counters->add(ZoneMetric::servfail_no_upstream);
  const Text text{"upstream %s has no servers", rule.upstream.c_str()};
  reply_with_error(client, shape, key.question, dns::Rcode::servfail,
                   {dns::EdeCode::not_ready, text.view()}, out);
  return true;
}

QueryEngine::Index QueryEngine::open_question(const dns::LookupKey& key, std::uint64_t hash,
                                              RuleIndex rule, TimePoint now, ActionList& out) {
  if (table_.size() == table_.max_questions()) make_room(now, out);
  const Index index = table_.open(key, hash);
  if (index == kNone) return kNone;
  InFlight& question = table_[index];
  question.rule = rule;
  question.since = now;
  question.deadline = now + limits_.deadline;
  routing_.acquire(rule);
  counters_.set(ProcessMetric::in_flight, table_.size());
  return index;
}

void QueryEngine::make_room(TimePoint now, ActionList& out) {
  const auto& gates = routing_.gates();
  const auto longest = std::max_element(
      gates.begin(), gates.end(),
      [](const auto& a, const auto& b) { return a->queue.size() < b->queue.size(); });
  if (const auto victim = (*longest)->queue.shed_candidate())
    shed(victim->item, ShedReason::queue_full, now, out);
}

void QueryEngine::on_deadline(TimePoint now, ActionList& out) {
  for (Index index = table_.due(now); index != kNone; index = table_.due(now))
    on_due(index, now, out);
  for (const auto& gate : routing_.gates())
    if (gate->retry_at <= now) pump(*gate, now, out);
}

TimePoint QueryEngine::next_deadline() const noexcept {
  TimePoint next = table_.next_deadline();
  for (const auto& gate : routing_.gates()) next = std::min(next, gate->retry_at);
  return next;
}

void QueryEngine::on_due(Index index, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  const bool is_over = question.deadline <= now;
  if (question.state == InFlight::State::waiting) {
    if (question.tries == 0) return shed(index, ShedReason::waited_too_long, now, out);
    dequeue(index, now);  // a retry that found no packet: what has been sent may still be answered
    if (!is_over) return wait_for_late_answers(index, now, out);
  }
  if (is_over) return fail(index, now, out);
  on_try_timeout(index, now, out);
}

void QueryEngine::shed(Index index, ShedReason reason, TimePoint now, ActionList& out) {
  const InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  const std::string& gate = routing_.gates()[rule.gate]->name;
  dequeue(index, now);
  if (reason == ShedReason::waited_too_long) {
    const Text text{"budget %s: no packet for zone %s within %lld ms", gate.c_str(),
                    rule.zone.c_str(), in_ms(now - question.queued_since)};
    reply_error_to_all(index, ZoneMetric::servfail_shed_wait, {dns::EdeCode::other, text.view()},
                       out);
  } else {
    const Text text{"budget %s: the queue is full, zone %s shed after %lld ms", gate.c_str(),
                    rule.zone.c_str(), in_ms(now - question.queued_since)};
    reply_error_to_all(index, ZoneMetric::servfail_shed_queue, {dns::EdeCode::other, text.view()},
                       out);
  }
  close(index);
}

void QueryEngine::fail(Index index, TimePoint now, ActionList& out) {
  const InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  // What never left this host says nothing about the name, so it is not remembered against it.
  if (question.has_left_host) failures_.record(question.key, question.cause, now, random_);
  const Text text{"%s %s %s", rule.upstream.c_str(),
                  rule.paths[question.server].server.to_string().c_str(),
                  describe(question.cause).data()};
  reply_error_to_all(index, servfail_metric(question.cause), {ede_for(question.cause), text.view()},
                     out);
  close(index);
}

void QueryEngine::reply_error_to_all(Index index, ZoneMetric cause, const dns::Ede& ede,
                                     ActionList& out) {
  const InFlight& question = table_[index];
  routing_.rule(question.rule).counters->add(cause, question.waiter_count);
  table_.for_each_waiter(index, [&](const Waiter& waiter) {
    reply_with_error(waiter.client, waiter.shape, question.key.question, dns::Rcode::servfail, ede,
                     out);
  });
}

void QueryEngine::close(Index index) noexcept {
  routing_.release(table_[index].rule);
  table_.close(index);
  counters_.set(ProcessMetric::in_flight, table_.size());
  counters_.set(ProcessMetric::waiters, table_.waiter_count());
}

}  // namespace sluice
