#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_subjects.h"
#include "resolver/app/report_table.h"
#include "resolver/app/verdicts.h"

namespace sluice::app {

namespace {

using nlohmann::json;

std::string of_max(const json& row, const char* key, const char* max_key) {
  return count(row, key) + " of " + count(row, max_key);
}

std::string verdict(const json& reply) {
  const std::string since = seconds(reply, "verdict_since_seconds");
  return headline(reply, "verdict") + (since == kUnknown ? "" : " for " + since);
}

}  // namespace

std::string status_report(const json& reply) {
  std::string listen;
  for (const json& address : rows(reply, "listen"))
    if (address.is_string())
      listen += (listen.empty() ? "" : ", ") + printable(address.get_ref<const std::string&>());
  const json& cache = field(reply, "cache");
  return facts({
      {"sluiced", text(reply, "version") + ", pid " + count(reply, "pid") + ", up for " +
                      seconds(reply, "uptime_seconds")},
      {"verdict", verdict(reply)},
      {"ready", yes_no(reply, "ready")},
      {"engine answers", yes_no(reply, "engine_answers")},
      {"configuration", text(reply, "config")},
      {"clients", (listen.empty() ? kUnknown : listen) + ", " + count(reply, "threads") +
                      (number(reply, "threads") == 1 ? " thread" : " threads")},
      {"admin", text(reply, "admin")},
      {"in flight", of_max(reply, "in_flight", "in_flight_max") + " questions, " +
                        of_max(reply, "waiters", "waiters_max") + " waiters, " +
                        of_max(reply, "exchanges", "exchanges_max") + " exchanges"},
      {"cache", count(cache, "entries") + " responses, " + bytes_text(number(cache, "bytes")) +
                    " of " + bytes_text(number(cache, "max_bytes")) + ", " +
                    count(cache, "evictions") + " evicted (" + count(cache, "live_evictions") +
                    " still fresh)"},
      {"failures cached", count(reply, "failures_cached")},
  });
}

std::string stats_report(const json& reply) {
  Table table{{"<metric", "value"}};
  for (const auto& [series, value] : reply.items()) {
    if (!value.is_number()) continue;
    const auto amount = value.get<double>();
    table.add({printable(series), fixed(amount, amount == std::trunc(amount) ? 0 : 3)});
  }
  return table.to_string("no metrics");
}

std::string log_level_report(const json& reply) {
  const std::string level = text(reply, "level");
  const std::string was = text(reply, "was");
  const bool has_changed = was != kUnknown && was != level;
  return "the log level is " + level + (has_changed ? ", and was " + was : "") + "\n";
}

}  // namespace sluice::app
