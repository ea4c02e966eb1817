#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_subjects.h"
#include "resolver/app/report_table.h"

namespace sluice::app {

namespace {

using nlohmann::json;

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string numbered(const json& steps) {
  std::string out;
  std::size_t count = 0;
  for (const json& step : steps) {
    if (!step.is_string()) continue;
    const std::string number = std::to_string(++count);
    out += prose(std::string(number.size() < 2 ? 1 : 0, ' ') + number + ". ",
                 printable(step.get_ref<const std::string&>()));
  }
  return out;
}

void add_rule(Facts& facts, const json& rule) {
  if (!rule.is_object()) return;
  facts.emplace_back("rule", text(rule, "zone") + " to upstream " + text(rule, "upstream") +
                                 ", weight " + count(rule, "weight") + ", waits for at most " +
                                 ms(rule, "max_wait_ms") + " ms" +
                                 (is_true(rule, "silent") ? "; all its servers are silent" : ""));
}

void add_cache(Facts& facts, const json& cache) {
  if (!cache.is_object()) return;
  facts.emplace_back("stored", text(cache, "state") + ", " + text(cache, "rcode") + " with " +
                                   count(cache, "records") + " records in " +
                                   count(cache, "octets") + " octets, " +
                                   seconds(cache, "age_seconds") + " old, TTL " +
                                   seconds(cache, "ttl_seconds"));
}

void add_failure(Facts& facts, const json& failure) {
  if (!failure.is_object()) return;
  facts.emplace_back("failed before",
                     text(failure, "cause") + ", " + count(failure, "streak") +
                         " times in a row, last " + seconds_of_ms(failure, "age_ms") +
                         " ago; asked again in " + ms(failure, "retry_in_ms") + " ms");
}

void add_subtree(Facts& facts, const json& subtree) {
  if (!subtree.is_object()) return;
  facts.emplace_back("subtree", text(subtree, "suffix") + ": " + count(subtree, "failures") +
                                    " of " + count(subtree, "requests") + " questions failed, so " +
                                    percent(subtree, "probability") +
                                    " of them wait behind the others");
}

void add_budget(Facts& facts, const json& budget) {
  if (!budget.is_object()) return;
  facts.emplace_back("budget", text(budget, "budget") + ": " + count(budget, "available") +
                                   " packets are there, " + count(budget, "queue_depth") +
                                   " questions wait, the oldest for " +
                                   ms(budget, "queue_oldest_ms") + " ms");
}

std::string details(const json& reply) {
  Facts facts;
  add_rule(facts, field(reply, "rule"));
  if (field(reply, "local").is_string()) facts.emplace_back("on this host", text(reply, "local"));
  add_cache(facts, field(reply, "cache"));
  add_failure(facts, field(reply, "failure"));
  add_subtree(facts, field(reply, "subtree"));
  add_budget(facts, field(reply, "budget"));
  std::string out = app::facts(facts);
  if (const json& question = field(reply, "in_flight"); question.is_object())
    out += "\nIn flight now:\n" + indented("  ", requests_table(json::array({question})));
  if (const json& servers = rows(reply, "servers"); !servers.empty())
    out += "\nServers:\n" + indented("  ", upstreams_report(servers));
  return out;
}

}  // namespace

std::string explanation_report(const json& reply) {
  std::string out =
      prose("", text(reply, "name") + " " + text(reply, "type") + ": " + text(reply, "outcome"));
  if (const std::string steps = numbered(rows(reply, "steps")); !steps.empty())
    out += "\nHow that is decided:\n" + steps;
  if (const std::string rest = details(reply); !rest.empty()) out += "\n" + rest;
  return out;
}

}  // namespace sluice::app
