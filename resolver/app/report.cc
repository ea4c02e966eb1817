#include "resolver/app/report.h"

#include <array>
#include <nlohmann/json.hpp>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_subjects.h"

namespace sluice::app {

namespace {

using nlohmann::json;

struct Report {
  std::string_view verb;
  std::string (*make)(const json& reply);
};

std::string reload_report(const json&) { return "the new configuration is in force\n"; }
std::string version_report(const json& reply) { return text(reply, "version") + "\n"; }

constexpr std::array kReports{
    Report{"status", status_report},
    Report{"stats", stats_report},
    Report{"zones", zones_report},
    Report{"upstreams", upstreams_report},
    Report{"budget", budgets_report},
    Report{"requests", requests_report},
    Report{"top", top_report},
    Report{"explain", explanation_report},
    Report{"diagnose", diagnosis_report},
    Report{"cache show", stored_report},
    Report{"cache dump", dump_report},
    Report{"cache flush", flushed_report},
    Report{"cache flush-tree", flushed_report},
    Report{"cache flush-all", flushed_report},
    Report{"recorder", events_report},
    Report{"log-level", log_level_report},
    Report{"reload", reload_report},
    Report{"version", version_report},
};

std::string problems(const json& reply) {
  std::string out = text(reply, "error") + "\n";
  for (const json& problem : rows(reply, "problems"))
    if (problem.is_string()) out += "  " + printable(problem.get_ref<const std::string&>()) + "\n";
  return out;
}

}  // namespace

std::string report(std::string_view verb, const json& reply) {
  if (reply.is_object() && reply.contains("error")) return problems(reply);
  for (const Report& known : kReports)
    if (known.verb == verb) return known.make(reply);
  return printable(reply.dump()) + "\n";
}

}  // namespace sluice::app
