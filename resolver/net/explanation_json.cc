#include "resolver/net/explanation_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "resolver/dns/presentation.h"

namespace sluice::net {

namespace {

using nlohmann::json;
using Outcome = Explanation::Outcome;

std::int64_t ms(Duration duration) noexcept { return duration / std::chrono::milliseconds{1}; }
std::int64_t seconds(Duration duration) noexcept { return duration / std::chrono::seconds{1}; }

std::string outcome_text(const Explanation& known) {
  const std::string upstream = known.rule ? known.rule->upstream : "";
  switch (known.outcome) {
    case Outcome::answered_locally:
      return "It is answered on this host, and no upstream is asked.";
    case Outcome::outside_zones:
      return "It is REFUSED: no zone rule covers the name.";
    case Outcome::answered_fresh:
      return fmt::format(
          "It is answered from the cache, for {} s more.",
          (known.cached->ttl - std::chrono::floor<std::chrono::seconds>(known.cached->age))
              .count());
    case Outcome::joins:
      return fmt::format("It joins the same question, in flight for {} ms, and gets its answer.",
                         ms(known.in_flight->age));
    case Outcome::below_nxdomain:
      return fmt::format("It gets NXDOMAIN: {} above it does not exist.", known.above);
    case Outcome::answered_stale:
      return "It is answered with data past its TTL, since nothing better is to be had now.";
    case Outcome::fails_at_once:
      return fmt::format(
          "It gets SERVFAIL at once: it failed {} ms ago, and is asked again in {} "
          "ms.",
          ms(known.failure->age), ms(known.failure->retry_in));
    case Outcome::no_servers:
      return fmt::format("It gets SERVFAIL: upstream {} has no servers.", upstream);
    case Outcome::waits_for_server:
      return fmt::format("It waits, or becomes the next probe: no server of {} answers.", upstream);
    case Outcome::waits_behind:
      return fmt::format("It waits for a packet behind all others: names below {} fail.",
                         known.subtree ? known.subtree->suffix : "its suffix");
    case Outcome::waits_for_packet:
      return fmt::format("It waits for a packet, at most {} ms.", ms(known.max_wait));
    case Outcome::asked:
      return fmt::format("Upstream {} is asked at once.", upstream);
  }
  return "";
}

void add_rule(std::vector<std::string>& steps, const Explanation& known) {
  if (!known.local.empty()) steps.push_back(fmt::format("On this host: {}.", known.local));
  if (!known.rule) return steps.push_back("Zone rule: none covers the name.");
  steps.push_back(fmt::format("Zone rule: {} leads to upstream {}, with weight {}.",
                              known.rule->name, known.rule->upstream, known.rule->weight));
}

void add_memory(std::vector<std::string>& steps, const Explanation& known) {
  if (known.cached)
    steps.push_back(fmt::format("Cache: {} record{}, {}, stored {} s ago with a TTL of {} s ({}).",
                                known.cached->records, known.cached->records == 1 ? "" : "s",
                                dns::to_string(static_cast<dns::Rcode>(known.cached->rcode)),
                                seconds(known.cached->age), known.cached->ttl.count(),
                                known.cached->is_fresh ? "fresh" : "stale"));
  else
    steps.emplace_back("Cache: nothing is stored for it.");
  if (known.in_flight)
    steps.push_back(fmt::format("In flight: {}, {} tries, {} clients wait.", known.in_flight->state,
                                known.in_flight->tries, known.in_flight->waiters));
  if (!known.above.empty())
    steps.push_back(fmt::format("Above it: {} does not exist (RFC 8020).", known.above));
  if (known.failure)
    steps.push_back(fmt::format("Failures: {} in a row, the last {} ms ago: {}.",
                                known.failure->streak, ms(known.failure->age),
                                known.failure->cause));
  else
    steps.emplace_back("Failures: none is remembered.");
}

void add_way(std::vector<std::string>& steps, const Explanation& known) {
  for (const EngineSnapshot::Server& server : known.servers)
    steps.push_back(fmt::format(
        "Server {}: {}; round trip {} ms, time-out {} ms; {} sent, {} answered, {} time-outs.",
        server.address.to_string(),
        server.is_looping  ? "leads back to us"
        : server.is_silent ? "silent"
                           : "answers",
        ms(server.srtt), ms(server.timeout), server.sent, server.answered, server.timeouts));
  if (known.subtree)
    steps.push_back(fmt::format(
        "Subtree: names below {} fail ({} of {} tries in {} s), so {:.0f} % of its questions wait "
        "behind all others.",
        known.subtree->suffix, known.subtree->failures, known.subtree->requests,
        seconds(known.subtree->age), 100 * known.subtree->probability));
  else
    steps.emplace_back("Subtree: none that fails holds the name.");
  if (known.budget)
    steps.push_back(fmt::format(
        "Budget {}: {} packets could leave at once, {} questions wait; {} were sent in the last "
        "second, of {} that may.",
        known.budget->name, known.budget->available, known.budget->queue_depth, known.budget->used,
        known.budget->rate));
  else
    steps.emplace_back("Budget: none; packets are not limited.");
}

std::vector<std::string> steps_of(const Explanation& known) {
  std::vector<std::string> steps;
  add_rule(steps, known);
  if (!known.local.empty() || !known.rule) return steps;
  add_memory(steps, known);
  add_way(steps, known);
  return steps;
}

json rule_json(const Explanation& known) {
  if (!known.rule) return nullptr;
  return {{"zone", known.rule->name},
          {"upstream", known.rule->upstream},
          {"weight", known.rule->weight},
          {"max_wait_ms", in_milliseconds(known.max_wait)},
          {"silent", known.rule->is_silent}};
}

json cache_json(const Explanation& known) {
  if (!known.cached) return nullptr;
  return {{"state", known.cached->is_fresh ? "fresh" : "stale"},
          {"age_seconds", in_seconds(known.cached->age)},
          {"ttl_seconds", known.cached->ttl.count()},
          {"rcode", dns::to_string(static_cast<dns::Rcode>(known.cached->rcode))},
          {"records", known.cached->records},
          {"octets", known.cached->octets}};
}

json failure_json(const Explanation& known) {
  if (!known.failure) return nullptr;
  return {{"cause", known.failure->cause},
          {"streak", known.failure->streak},
          {"age_ms", in_milliseconds(known.failure->age)},
          {"retry_in_ms", in_milliseconds(known.failure->retry_in)}};
}

}  // namespace

json explanation_json(const Explanation& known, const Describe& describe) {
  json servers = json::array();
  for (const EngineSnapshot::Server& server : known.servers) servers.push_back(to_json(server));
  return {{"name", dns::to_string(known.question.name)},
          {"type", dns::to_string(known.question.type)},
          {"outcome", outcome_text(known)},
          {"steps", steps_of(known)},
          {"rule", rule_json(known)},
          {"local", known.local.empty() ? json(nullptr) : json(known.local)},
          {"cache", cache_json(known)},
          {"failure", failure_json(known)},
          {"subtree", known.subtree ? to_json(*known.subtree) : json(nullptr)},
          {"in_flight", known.in_flight ? to_json(*known.in_flight, describe) : json(nullptr)},
          {"servers", std::move(servers)},
          {"budget", known.budget ? to_json(*known.budget) : json(nullptr)}};
}

}  // namespace sluice::net
