#include "resolver/query_engine.h"

#include <algorithm>

#include "resolver/answer_path.h"
#include "resolver/dns/nxdomain_cut.h"
#include "resolver/replies.h"
#include "resolver/reply_text.h"

namespace sluice {

namespace {

using metrics::ProcessMetric;
using metrics::ZoneMetric;
using Purpose = InFlight::Purpose;

/// Exchanges that may be on their way out while the shell makes room for new ones.
constexpr std::size_t kExchangeSlack = 256;

/// Questions with more tries than three are counted together.
constexpr std::size_t kMostTriesTold = 4;
static_assert(static_cast<std::size_t>(ZoneMetric::tries_0) + kMostTriesTold ==
              static_cast<std::size_t>(ZoneMetric::tries_more));

}  // namespace

QueryEngine::QueryEngine(const Limits& limits, cache::ResponseCache& cache, Random random)
    : limits_{limits},
      cache_{cache},
      random_{random},
      routing_{limits.max_in_flight},
      table_{limits.max_in_flight, limits.max_waiters, random_.next_key()},
      exchanges_{limits.max_exchanges + kExchangeSlack},
      failures_{limits.max_failures, random_.next_key()},
      subtrees_{limits.max_subtrees, random_.next_key()},
      spenders_{random_.next_key()},
      flow_key_{random_.next_key()},
      recorder_{limits.max_recording},
      stored_message_(dns::kMaxMessageSize + dns::kReplySlack) {
  silent_rules_.reserve(Routing::kMaxRules);
}

std::optional<std::string> QueryEngine::configure(const conf::Config& config,
                                                  const std::map<std::string, BudgetFiles>& files,
                                                  TimePoint now) {
  if (!traffic_.has_room_for(config.networks))
    return "too many networks since the start; restart to forget the old ones";
  auto problem = routing_.configure(config, files);
  if (problem) return problem;
  traffic_.configure(config.networks);
  if (routing_.must_forget()) start_sweep(now);
  health_.follow(routing_);
  limits_.deadline = config.server.deadline;
  ttl_limits_ = {.min = config.cache.min_ttl,
                 .max = config.cache.max_ttl,
                 .max_negative = config.cache.max_negative_ttl};
  cache_.set_ageing({.max_stale = config.cache.max_stale, .prefetch = config.cache.prefetch});
  // A slot that was given to another rule has servers that have not been silent yet.
  std::erase_if(silent_rules_, [this](RuleIndex index) { return !routing_.rule(index).is_silent; });
  return std::nullopt;
}

void QueryEngine::on_query(const ClientRef& client, const dns::Query& query, TimePoint now,
                           ActionList& out) {
  out.explain({.asked = now});
  if (recognise_probe(client, query, out)) return;
  const auto rule = routing_.find(query.question.name);
  out.explain({.rule = rule.value_or(ReplyOrigin::kNoRule), .asked = now});
  if (answer_locally(client, query, rule, out)) return;
  const dns::LookupKey key = query.key();
  const dns::ReplyShape shape = shape_for(client, query);
  if (!rule) {
    counters_.add(ProcessMetric::outside_zones);
    return reply_with_error(client, shape, key.question, dns::Rcode::refused,
                            {dns::EdeCode::prohibited, "no zone rule covers this name"}, out);
  }
  // Whoever may ask us at all may look into the cache, but not make us ask in a way that it did
  // not ask for.
  if (!query.has(dns::Header::kRd)) {
    counters_.add(ProcessMetric::not_recursive);
    return reply_with_error(
        client, shape, key.question, dns::Rcode::refused,
        {dns::EdeCode::not_authoritative, "not cached, and recursion was not asked for"}, out);
  }
  auto& counters = *routing_.rule(*rule).counters;
  counters.add(ZoneMetric::queries);
  Arrival arrival{client, shape, key, cache_.hash(key), *rule};
  // Only UDP loses replies; over TCP a client that asks twice wants two.
  if (client.transport == Transport::udp && table_.has_waiter(client, query.id, arrival.hash)) {
    counters.add(ZoneMetric::retransmits_absorbed);
    return record_client(EventKind::absorbed, arrival, {}, now);
  }
  if (const Index index = table_.find(key, arrival.hash); index != kNone) {
    if (table_[index].purpose == Purpose::refresh &&
        answer_stale(arrival, "being asked for again", now, out))
      return record_client(EventKind::replied, arrival, out.origin().source, now);
    if (table_[index].waiter_count == 0)
      arrival.is_stored = cache_.lookup(key, arrival.hash, now, stored_message_).has_value();
    record_client(EventKind::joined, arrival, {}, now);
    return join(index, arrival, now, out);
  }
  if (answer_without_asking(arrival, now, out))
    return record_client(EventKind::replied, arrival, out.origin().source, now);
  record_client(EventKind::query, arrival, {}, now);
  if (table_.size() == table_.max_questions()) make_room(now, out);
  const Index index = open_question(key, arrival.hash, *rule, now);
  if (index == kNone) return refuse(arrival, out);
  join(index, arrival, now, out);
}

/// A listener may have missed before the answer was stored and handed over after: what is fresh is
/// looked for once more.
bool QueryEngine::answer_without_asking(Arrival& arrival, TimePoint now, ActionList& out) {
  const Rule& rule = routing_.rule(arrival.rule);
  const auto hit = cache_.lookup(arrival.key, arrival.hash, now, stored_message_);
  arrival.is_stored = hit.has_value();
  if (hit && hit->freshness == cache::Freshness::fresh) {
    out.comes_from(ReplySource::cache);
    reply_with_response(arrival.client, arrival.shape, {stored_message_.data(), hit->size},
                        std::nullopt, out);
    return true;
  }
  if (rule.nxdomain_cut && answer_below_nxdomain(arrival, now, out)) return true;
  if (answer_failed(arrival, now, out)) return true;
  if (rule.is_silent) {
    const ReplyText text{"%s does not answer", rule.upstream.c_str()};
    if (!answer_stale(arrival, text.view(), now, out)) return false;
    // Somebody must ask, or nobody would notice that it answers again.
    if (routing_.gates()[rule.gate]->queue.size(arrival.rule) == 0)
      ask_in_background(arrival, Purpose::refresh, now, out);
    return true;
  }
  if (!rule.paths.empty()) return false;
  const ReplyText text{"upstream %s has no servers", rule.upstream.c_str()};
  const dns::Ede ede{dns::EdeCode::not_ready, text.view()};
  if (answer_stale(arrival, text.view(), now, out)) return true;
  rule.counters->add(ZoneMetric::servfail_no_upstream);
  out.comes_from(ReplySource::failed);
  reply_with_error(arrival.client, arrival.shape, arrival.key.question, dns::Rcode::servfail, ede,
                   out);
  return true;
}

/// RFC 8020, within the rule's own zone: what lies above is somebody else's word.
bool QueryEngine::answer_below_nxdomain(const Arrival& arrival, TimePoint now, ActionList& out) {
  // A validator wants the proof for this very name (RFC 4035 section 3.1.3.2).
  if (arrival.key.dnssec_ok) return false;
  const Rule& rule = routing_.rule(arrival.rule);
  dns::LookupKey above = arrival.key;
  for (std::size_t labels = above.question.name.label_count(); labels > rule.labels + 1; --labels) {
    above.question.name = above.question.name.parent();
    const auto hit = cache_.lookup(above, cache_.hash(above), now, stored_message_);
    if (!hit || hit->freshness != cache::Freshness::fresh) continue;
    const std::span<const std::byte> stored{stored_message_.data(), hit->size};
    if (dns::parse_response(stored, response_) || !dns::denies_own_name(response_)) continue;
    const std::span<std::byte> room = out.room(dns::kMaxNxdomainSize + dns::kReplySlack);
    const std::size_t size =
        dns::write_nxdomain_below(room, arrival.key.question, stored, response_);
    if (size == 0) continue;
    rule.counters->add(ZoneMetric::nxdomain_cuts);
    out.comes_from(ReplySource::cache);
    out.respond(arrival.client, dns::finish_reply(room, size, arrival.shape, std::nullopt));
    return true;
  }
  return false;
}

bool QueryEngine::answer_failed(const Arrival& arrival, TimePoint now, ActionList& out) {
  const Rule& rule = routing_.rule(arrival.rule);
  const auto failure = failure_of(arrival.key, rule, now);
  if (!failure) return false;
  rule.counters->add(ZoneMetric::failure_cache_hits);
  const ReplyText text{"%s %s (failure %u in a row); asked again after %lld ms",
                       rule.upstream.c_str(), describe(failure->cause).data(),
                       unsigned{failure->streak}, in_ms(failure->expires - now)};
  const dns::Ede ede{dns::EdeCode::cached_error, text.view()};
  if (answer_stale(arrival, text.view(), now, out)) return true;
  rule.counters->add(ZoneMetric::servfail_cached);
  out.comes_from(ReplySource::failed);
  reply_with_error(arrival.client, arrival.shape, arrival.key.question, dns::Rcode::servfail, ede,
                   out);
  return true;
}

/// What silence has taught of a name says nothing once the server speaks again.
std::optional<policy::FailureCache::Failure> QueryEngine::failure_of(const dns::LookupKey& key,
                                                                     const Rule& rule,
                                                                     TimePoint now) const {
  auto failure = failures_.lookup(key, now);
  if (failure && failure->cause == policy::FailureCause::timeout &&
      failure->since < rule.recovered_at)
    failure.reset();
  return failure;
}

/// False if nothing usable is stored.
bool QueryEngine::answer_stale(const Arrival& arrival, std::string_view why, TimePoint now,
                               ActionList& out) {
  const auto hit = cache_.lookup(arrival.key, arrival.hash, now, stored_message_);
  if (!hit) return false;
  const std::span<const std::byte> stored{stored_message_.data(), hit->size};
  std::optional<dns::Ede> ede;
  out.comes_from(ReplySource::cache);
  if (hit->freshness == cache::Freshness::stale) {
    out.comes_from(ReplySource::stale);
    routing_.rule(arrival.rule).counters->add(ZoneMetric::answered_stale);
    ede = stale_ede(stored, why);
  }
  reply_with_response(arrival.client, arrival.shape, stored, ede, out);
  return true;
}

void QueryEngine::refuse(const Arrival& arrival, ActionList& out) {
  routing_.rule(arrival.rule).counters->add(ZoneMetric::servfail_overload);
  out.explain({.source = ReplySource::failed, .rule = arrival.rule});
  reply_with_error(arrival.client, arrival.shape, arrival.key.question, dns::Rcode::servfail,
                   {dns::EdeCode::other, "too many questions are in flight"}, out);
}

/// Attaches a client to a question, new or in flight.
void QueryEngine::join(Index index, const Arrival& arrival, TimePoint now, ActionList& out) {
  const bool is_new = table_[index].try_deadline == TimePoint{};
  if (!table_.join(index, arrival.client, arrival.shape, now)) {
    if (is_new) close(index, now, out);
    return refuse(arrival, out);
  }
  InFlight& question = table_[index];
  routing_.rule(arrival.rule).counters->add(is_new ? ZoneMetric::questions : ZoneMetric::coalesced);
  counters_.set(ProcessMetric::waiters, table_.waiter_count());
  const bool is_first = question.waiter_count == 1;
  if (is_first && arrival.is_stored) question.stale_due = now + kStaleTimer;
  if (is_new) {
    out.identify({{index, question.serial}, arrival.client});
    return enqueue(index, Attempt::first, now, out);
  }
  if (!is_first) return;
  // Nobody waited until now: it was a prefetch, or a refresh whose stale data is gone.
  question.purpose = Purpose::clients;
  question.deadline = now + limits_.deadline;
  // If it has no more to ask and waits for late answers, it does so for the new deadline.
  const bool waits_for_late =
      question.state == InFlight::State::asked && question.exchange == kNone;
  table_.set_try_deadline(index, waits_for_late ? question.deadline : question.try_deadline);
  if (question.state == InFlight::State::asked) return;
  dequeue(index, now);
  enqueue(index, question.tries == 0 ? Attempt::first : Attempt::again, now, out);
}

QueryEngine::Index QueryEngine::open_question(const dns::LookupKey& key, std::uint64_t hash,
                                              RuleIndex rule, TimePoint now) {
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

void QueryEngine::on_refresh(const dns::Query& query, TimePoint now, ActionList& out) {
  const dns::LookupKey key = query.key();
  const auto rule = routing_.find(key.question.name);
  if (!rule || routing_.rule(*rule).paths.empty() || routing_.rule(*rule).is_silent) return;
  if (is_answered_here(key.question, rule)) return;  // it is about to be swept out
  if (failure_of(key, routing_.rule(*rule), now)) return;
  const Arrival arrival{{}, {}, key, cache_.hash(key), *rule};
  ask_in_background(arrival, Purpose::prefetch, now, out);
}

void QueryEngine::ask_in_background(const Arrival& arrival, Purpose purpose, TimePoint now,
                                    ActionList& out) {
  if (table_.find(arrival.key, arrival.hash) != kNone) return;
  if (table_.size() >= table_.max_questions() / kBackgroundPart) return;
  const Index index = open_question(arrival.key, arrival.hash, arrival.rule, now);
  if (index == kNone) return;
  table_[index].purpose = purpose;
  routing_.rule(arrival.rule)
      .counters->add(purpose == Purpose::prefetch ? ZoneMetric::refreshes_prefetch
                                                  : ZoneMetric::refreshes_stale);
  record_background(index, now);
  enqueue(index, Attempt::first, now, out);
}

void QueryEngine::on_deadline(TimePoint now, ActionList& out) {
  for (Index index = table_.due(now); index != kNone; index = table_.due(now))
    on_due(index, now, out);
  if (sweep_due_ <= now) sweep_further(now);
  for (const auto& gate : routing_.gates())
    if (gate->retry_at <= now) pump(*gate, now, out);
}

TimePoint QueryEngine::next_deadline() const noexcept {
  TimePoint next = std::min(table_.next_deadline(), sweep_due_);
  for (const auto& gate : routing_.gates()) next = std::min(next, gate->retry_at);
  return next;
}

void QueryEngine::close(Index index, TimePoint now, ActionList& out) {
  const InFlight& question = table_[index];
  note_answer(question, now);
  bill(index, out);
  const std::size_t tries = std::min<std::size_t>(question.tries, kMostTriesTold);
  routing_.rule(question.rule)
      .counters->add(
          static_cast<ZoneMetric>(static_cast<std::size_t>(ZoneMetric::tries_0) + tries));
  routing_.release(question.rule);
  table_.close(index);
  counters_.set(ProcessMetric::in_flight, table_.size());
  counters_.set(ProcessMetric::waiters, table_.waiter_count());
}

void QueryEngine::forget_failures(const std::optional<dns::Name>& name) noexcept {
  if (!name) return failures_.clear();
  // Failures are kept by the hash of the whole question: all that it may have been are tried.
  constexpr std::uint16_t kTypes = 1 << 9;
  for (std::uint16_t type = 0; type < kTypes; ++type)
    for (const bool dnssec_ok : {false, true})
      for (const bool checking_disabled : {false, true})
        failures_.forget({.question = {.name = *name, .type = static_cast<dns::Type>(type)},
                          .dnssec_ok = dnssec_ok,
                          .checking_disabled = checking_disabled});
}

/// Who waits for the question is answered now.
void QueryEngine::note_answer(const InFlight& question, TimePoint now) noexcept {
  if (question.waiter_count == 0) return;
  routing_.rule(question.rule)
      .counters->observe(metrics::ZoneHistogram::answer, now - question.since);
}

}  // namespace sluice
