#include <nlohmann/json.hpp>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_subjects.h"
#include "resolver/app/report_table.h"
#include "resolver/app/verdicts.h"

namespace sluice::app {

namespace {

using nlohmann::json;

std::string verdict_line(const json& reply) {
  std::string line = headline(reply, "verdict");
  if (has_number(reply, "since_seconds")) line += " for " + seconds(reply, "since_seconds");
  return line + "\n";
}

// With the indent of its number: the evidence, one line each, then what to do.
std::string finding_report(std::size_t number, const json& finding) {
  const std::string mark = std::to_string(number) + ". ";
  const std::string indent(mark.size(), ' ');
  const bool has_subject = text(finding, "subject") != kUnknown;
  std::string out = mark + headline(finding, "verdict") +
                    (has_subject ? " (" + text(finding, "subject") + ")" : "") + "\n";
  out += prose(indent, text(finding, "what"));
  for (const json& evidence : rows(finding, "evidence"))
    if (evidence.is_string())
      out += prose(indent + "  - ", printable(evidence.get_ref<const std::string&>()));
  if (text(finding, "advice") != kUnknown)
    out += prose(indent + "What to do: ", text(finding, "advice"));
  return out;
}

// What stands behind the greatest spender: a unit's name alone does not say where to look for it.
std::string first_spender(const json& spenders) {
  const json& first = spenders.empty() ? json{} : spenders.front();
  if (text(first, "detail") == kUnknown) return {};
  std::string out = text(first, "client") + " is " + text(first, "detail");
  const bool names_user = text(first, "detail").find("user ") != std::string::npos;
  if (has_number(first, "uid") && !names_user) out += ", user " + fixed(number(first, "uid"), 0);
  return out + "\n";
}

std::string spenders_section(const json& reply) {
  const json& spenders = rows(reply, "spenders");
  if (spenders.empty()) return {};
  return "\nWho spends the packets, last minute:\n" +
         indented("  ", spenders_table(spenders) + first_spender(spenders));
}

std::string failing_section(const json& reply) {
  const json& failing = rows(reply, "failing");
  if (failing.empty()) return {};
  Table table{{"<names under", "<zone", "questions", "failed", "<for"}};
  for (const json& subtree : failing)
    table.add({name(subtree, "suffix"), name(subtree, "zone"), count(subtree, "requests"),
               count(subtree, "failures"), seconds_of_ms(subtree, "age_ms")});
  return "\nWhat fails, and therefore waits behind everything else:\n" +
         indented("  ", table.to_string(""));
}

std::string unwell_upstreams(const json& reply) {
  std::string out;
  for (const json& upstream : rows(reply, "upstreams")) {
    if (is_healthy(upstream)) continue;
    std::string state = headline(upstream, "verdict");
    if (has_number(upstream, "since_seconds"))
      state += " for " + seconds(upstream, "since_seconds");
    state.append(". ").append(meaning(upstream, "verdict"));
    out += prose("  " + text(upstream, "upstream") + ": ", state);
  }
  return out.empty() ? out : "\nUpstreams that are not well:\n" + out;
}

}  // namespace

std::string diagnosis_report(const json& reply) {
  std::string out = verdict_line(reply);
  const bool has_summary = text(reply, "summary") != kUnknown;
  if (has_summary) out += prose("", text(reply, "summary"));
  if (!has_summary && !meaning(reply, "verdict").empty())
    out += prose("", meaning(reply, "verdict"));
  std::size_t count = 0;
  for (const json& finding : rows(reply, "findings"))
    out += "\n" + finding_report(++count, finding);
  if (count == 0 && is_healthy(reply)) out += "There is nothing to do.\n";
  return out + unwell_upstreams(reply) + spenders_section(reply) + failing_section(reply);
}

}  // namespace sluice::app
