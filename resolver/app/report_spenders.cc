#include <algorithm>
#include <nlohmann/json.hpp>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_subjects.h"
#include "resolver/app/report_table.h"

namespace sluice::app {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxClient = 28;
constexpr std::size_t kMaxSuffix = 28;

// The daemon's table of spenders is bounded, so a count may hold some of a spender displaced.
std::string packets(const json& spender) {
  return (number(spender, "overcount") > 0 ? "~" : "") + count(spender, "packets");
}

}  // namespace

std::string spenders_table(const json& spenders) {
  Table table{{"share", "packets", "<client", "<kind", "<names under", "<type", "failed", "waited",
               "ms each"}};
  double most_over = 0;
  for (const json& spender : spenders) {
    const double waits = number(spender, "waits");
    const bool has_waited = waits > 0 && has_number(spender, "waited_ms");
    table.add({percent(spender, "share"), packets(spender), head(spender, "client", kMaxClient),
               text(spender, "kind"), name(spender, "suffix", kMaxSuffix), text(spender, "type"),
               count(spender, "failures"), count(spender, "waits"),
               has_waited ? fixed(number(spender, "waited_ms") / waits, 0) : kUnknown});
    most_over = std::max(most_over, number(spender, "overcount"));
  }
  std::string out = table.to_string("nobody spends packets");
  if (most_over > 0) out += "~ may be too many, by at most " + count_text(most_over) + "\n";
  return out;
}

std::string top_report(const json& reply) {
  std::string first = count(reply, "packets") + " packets in the last " + seconds(reply, "seconds");
  return first + "\n" + spenders_table(rows(reply, "spenders"));
}

}  // namespace sluice::app
