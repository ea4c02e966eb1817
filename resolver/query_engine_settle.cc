// How questions end: with an answer elsewhere (on_good_response), here with stale data, with
// SERVFAIL, or with nobody left who waits.
#include "resolver/query_engine.h"
#include "resolver/replies.h"
#include "resolver/reply_text.h"

namespace sluice {

namespace {

using metrics::BudgetMetric;
using metrics::ZoneMetric;
using Purpose = InFlight::Purpose;

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

/// One of a question's three times has come.
void QueryEngine::on_due(Index index, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  const bool is_over = question.deadline <= now;
  if (!is_over && question.stale_due <= now) return give_stale(index, now, out);
  if (question.state == InFlight::State::waiting) {
    const Rule& rule = routing_.rule(question.rule);
    if (rule.is_silent) {
      if (!is_over) return table_.set_try_deadline(index, question.deadline);
      dequeue(index, now);
      return fail(index, now, out);
    }
    if (question.tries == 0) return shed(index, ShedReason::waited_too_long, now, out);
    dequeue(index, now);  // a retry that found no packet: what has been sent may still be answered
    if (!is_over) return wait_for_late_answers(index, now, out);
  }
  if (is_over) return fail(index, now, out);
  on_try_timeout(index, now, out);
}

/// The client response timer of RFC 8767 section 5: who waits is served, the question goes on.
void QueryEngine::give_stale(Index index, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  question.stale_due = kNever;
  table_.arm(index);
  const std::size_t size = find_usable(question, now);
  if (size == 0) return;  // it was thrown out for room meanwhile
  const Rule& rule = routing_.rule(question.rule);
  const ReplyText text{"no answer from %s within %lld ms", rule.upstream.c_str(),
                       in_ms(now - question.since)};
  record_settled(question, ReplySource::stale, {}, now);
  reply_stale_to_all(index, size, text.view(), out);
  note_answer(question, now);
  table_.drop_waiters(index);
  counters_.set(metrics::ProcessMetric::waiters, table_.waiter_count());
  question.purpose = Purpose::refresh;
  rule.counters->add(ZoneMetric::refreshes_stale);
  if (question.state == InFlight::State::asked || rule.is_silent) return;
  dequeue(index, now);  // from now on only packets that nobody waits for
  enqueue(index, question.tries == 0 ? Attempt::first : Attempt::again, now, out);
}

void QueryEngine::shed(Index index, ShedReason reason, TimePoint now, ActionList& out) {
  const InFlight& question = table_[index];
  const Rule& rule = routing_.rule(question.rule);
  const Gate& gate = *routing_.gates()[rule.gate];
  rule.counters->add(ZoneMetric::sheds);
  gate.counters->add(metric_of(BudgetMetric::sheds_first_try, question.band));
  dequeue(index, now);
  if (reason == ShedReason::waited_too_long) {
    const ReplyText text{"budget %s: no packet for zone %s within %lld ms", gate.name.c_str(),
                         rule.zone.c_str(), in_ms(now - question.queued_since)};
    return settle(index, ZoneMetric::servfail_shed_wait, {dns::EdeCode::other, text.view()}, now,
                  out);
  }
  const ReplyText text{"budget %s: the queue is full, zone %s shed after %lld ms",
                       gate.name.c_str(), rule.zone.c_str(), in_ms(now - question.queued_since)};
  settle(index, ZoneMetric::servfail_shed_queue, {dns::EdeCode::other, text.view()}, now, out);
}

void QueryEngine::fail(Index index, TimePoint now, ActionList& out) {
  InFlight& question = table_[index];
  if (question.exchange != kNone) ++question.spending.failures;  // its try has brought nothing
  const Rule& rule = routing_.rule(question.rule);
  // What never left this host says nothing about the name, so it is not remembered against it.
  if (question.has_left_host) {
    failures_.record(question.key, question.cause, now, random_);
    if (find_usable(question, now) != 0) failures_.keep_for(question.key, kStaleRecheck);
    // Only now: a try that timed out may still have been answered, as slow names are. And a server
    // that answers nobody says nothing about a name.
    if (question.cause == policy::FailureCause::timeout && !rule.is_silent)
      subtrees_.record(question.key.question.name, rule.labels,
                       policy::SubtreeTable::Outcome::failed, now);
  }
  const Path& path = rule.paths[question.server];
  const ReplyText text{
      "%s %s %s (zone %s)", rule.upstream.c_str(), path.server.to_string().c_str(),
      path.is_looping ? "leads back to us: a forwarding loop" : describe(question.cause).data(),
      rule.zone.c_str()};
  settle(index, servfail_metric(question.cause), {ede_for(question.cause), text.view()}, now, out);
}

/// Who waits gets stale data if there is any, else SERVFAIL with `ede`; in both cases it says why.
void QueryEngine::settle(Index index, ZoneMetric cause, const dns::Ede& ede, TimePoint now,
                         ActionList& out) {
  const InFlight& question = table_[index];
  const std::size_t size = question.waiter_count > 0 ? find_usable(question, now) : 0;
  record_settled(question, size > 0 ? ReplySource::stale : ReplySource::failed, cause, now);
  if (size > 0)
    reply_stale_to_all(index, size, ede.text, out);
  else if (question.waiter_count > 0)
    reply_error_to_all(index, cause, ede, out);
  close(index, now, out);
}

/// Copies what is stored for the question, stale or fresh, into stored_message_. Its size; 0 if
/// nothing is.
std::size_t QueryEngine::find_usable(const InFlight& question, TimePoint now) noexcept {
  const auto hit = cache_.lookup(question.key, question.hash, now, stored_message_);
  return hit ? hit->size : 0;
}

void QueryEngine::reply_stale_to_all(Index index, std::size_t size, std::string_view why,
                                     ActionList& out) {
  const InFlight& question = table_[index];
  const std::span<const std::byte> stored{stored_message_.data(), size};
  routing_.rule(question.rule).counters->add(ZoneMetric::answered_stale, question.waiter_count);
  table_.for_each_waiter(index, [&](const Waiter& waiter) {
    out.explain(origin_of(ReplySource::stale, question, waiter));
    reply_with_response(waiter.client, waiter.shape, stored, stale_ede(stored, why), out);
  });
}

void QueryEngine::reply_error_to_all(Index index, ZoneMetric cause, const dns::Ede& ede,
                                     ActionList& out) {
  const InFlight& question = table_[index];
  routing_.rule(question.rule).counters->add(cause, question.waiter_count);
  table_.for_each_waiter(index, [&](const Waiter& waiter) {
    out.explain(origin_of(ReplySource::failed, question, waiter));
    reply_with_error(waiter.client, waiter.shape, question.key.question, dns::Rcode::servfail, ede,
                     out);
  });
}

}  // namespace sluice
