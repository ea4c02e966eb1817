// What would happen to a query now: the same steps as on_query() takes, in the same order, without
// taking them.
#include <algorithm>

#include "resolver/dns/message.h"
#include "resolver/dns/nxdomain_cut.h"
#include "resolver/dns/presentation.h"
#include "resolver/explanation.h"
#include "resolver/local/local_names.h"
#include "resolver/query_engine.h"
#include "resolver/replies.h"

namespace sluice {

namespace {

using Outcome = Explanation::Outcome;

const char* describe(local::Source source) noexcept {
  switch (source) {
    case local::Source::record:
      return "a [[record]] of the configuration or a policy zone";
    case local::Source::hosts:
      return "the hosts file";
    case local::Source::own_name:
      return "this host's own name";
    case local::Source::blocklist:
      return "a blocklist";
    case local::Source::special_use:
      return "a special-use name, which never leaves the host";
  }
  return "";
}

}  // namespace

Explanation QueryEngine::explain(const dns::Question& question, TimePoint now) {
  Explanation result;
  result.question = question;
  const auto index = routing_.find(question.name);
  result.local = local_answer_to(question, index);
  if (index) describe_rule(result, *index, now);
  if (!result.local.empty()) {
    result.outcome = Outcome::answered_locally;
  } else if (!index) {
    result.outcome = Outcome::outside_zones;
  } else {
    describe_state(result, *index, now);
    result.outcome = outcome_of(result, routing_.rule(*index), now);
  }
  return result;
}

/// What on this host would answer; empty if nothing does.
std::string QueryEngine::local_answer_to(const dns::Question& question,
                                         std::optional<RuleIndex> index) {
  if (local_names_) {
    const auto answer = local_names_->answer(question, covering_of(index), stored_message_);
    if (answer) {
      std::string text = describe(answer->source);
      if (answer->ede && !answer->ede->text.empty()) text.append(": ").append(answer->ede->text);
      return text;
    }
  }
  if (index && is_answered_here(question, index))
    return "a public name with the search suffix " + routing_.rule(*index).zone + " behind it";
  return "";
}

void QueryEngine::describe_rule(Explanation& result, RuleIndex index, TimePoint now) const {
  const Rule& rule = routing_.rule(index);
  const Gate& gate = *routing_.gates()[rule.gate];
  result.rule = zone_of(index);
  result.max_wait = rule.max_wait;
  for (const Path& path : rule.paths) result.servers.push_back(server_of(rule, path));
  if (!gate.lanes.empty()) result.budget = budget_of(gate, now);
}

/// What is stored and remembered of the question itself.
void QueryEngine::describe_state(Explanation& result, RuleIndex index, TimePoint now) {
  const Rule& rule = routing_.rule(index);
  dns::LookupKey key;
  key.question = result.question;
  const std::uint64_t hash = cache_.hash(key);
  if (const auto entry = cache_.peek(key, hash, now, stored_message_)) {
    const std::span<const std::byte> stored{stored_message_.data(), entry->size};
    const auto header = dns::Header::read(stored);
    result.cached = {.is_fresh = entry->freshness == cache::Freshness::fresh,
                     .age = entry->age,
                     .ttl = entry->ttl,
                     .rcode = header->rcode(),
                     .records = std::uint32_t{header->answer_count} + header->authority_count +
                                header->additional_count,
                     .octets = entry->size};
  }
  if (rule.nxdomain_cut) result.above = missing_above(key, rule, now);
  if (const auto failure = failure_of(key, rule, now))
    result.failure = {.cause = describe(failure->cause),
                      .streak = failure->streak,
                      .age = now - failure->since,
                      .retry_in = failure->expires - now};
  if (const Index flying = table_.find(key, hash); flying != kNone)
    result.in_flight = request_of(flying, now);
  for (const auto& failing : subtrees_.failing(EngineSnapshot::kMaxFailing, now))
    if (key.question.name.is_at_or_below(failing.suffix))
      result.subtree = failing_of(failing, rule, now);
}

std::string QueryEngine::missing_above(dns::LookupKey key, const Rule& rule, TimePoint now) {
  for (std::size_t labels = key.question.name.label_count(); labels > rule.labels + 1; --labels) {
    key.question.name = key.question.name.parent();
    const auto entry = cache_.peek(key, cache_.hash(key), now, stored_message_);
    if (!entry || entry->freshness != cache::Freshness::fresh) continue;
    const std::span<const std::byte> stored{stored_message_.data(), entry->size};
    if (!dns::parse_response(stored, response_) && dns::denies_own_name(response_))
      return dns::to_string(key.question.name);
  }
  return "";
}

Outcome QueryEngine::outcome_of(const Explanation& known, const Rule& rule, TimePoint now) const {
  if (known.cached && known.cached->is_fresh) return Outcome::answered_fresh;
  if (known.in_flight) return Outcome::joins;
  if (!known.above.empty()) return Outcome::below_nxdomain;
  if (known.failure) return known.cached ? Outcome::answered_stale : Outcome::fails_at_once;
  if (rule.is_silent) return known.cached ? Outcome::answered_stale : Outcome::waits_for_server;
  if (rule.paths.empty()) return known.cached ? Outcome::answered_stale : Outcome::no_servers;
  const Gate& gate = *routing_.gates()[rule.gate];
  const bool is_short =
      !gate.lanes.empty() && (gate.queue.size() > 0 || known.budget->available == 0);
  if (!is_short) return Outcome::asked;
  const auto verdict = subtrees_.judge(known.question.name, rule.labels, now);
  return verdict.probability > 0 ? Outcome::waits_behind : Outcome::waits_for_packet;
}

}  // namespace sluice
