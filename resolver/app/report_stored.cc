#include <nlohmann/json.hpp>
#include <sstream>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_subjects.h"
#include "resolver/app/report_table.h"

namespace sluice::app {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxStoredName = 48;

// Answers for clients that want signatures, or check them themselves, are stored apart.
std::string flags(const json& entry) {
  std::string flags = is_true(entry, "dnssec_ok") ? "DO" : "";
  if (is_true(entry, "checking_disabled")) flags += flags.empty() ? "CD" : " CD";
  return flags.empty() ? kUnknown : flags;
}

std::string entry_report(const json& entry) {
  std::string out = text(entry, "name") + " " + text(entry, "class") + " " + text(entry, "type");
  if (const std::string set = flags(entry); set != kUnknown) out += " (" + set + ")";
  out += ": " + text(entry, "rcode") + ", " + text(entry, "state") + ", " +
         seconds(entry, "age_seconds") + " old, TTL " + seconds(entry, "ttl_seconds") + ", " +
         count(entry, "octets") + " octets\n";
  for (const json& record : rows(entry, "records"))
    if (record.is_string()) out += "  " + printable(record.get_ref<const std::string&>()) + "\n";
  return out;
}

std::string end(const json& reply, std::size_t shown) {
  if (!is_true(reply, "cut")) return {};
  return "... and more: these are " + std::to_string(shown) + " of " + count(reply, "total") + "\n";
}

}  // namespace

std::string stored_report(const json& reply) {
  const json& entries = rows(reply, "entries");
  if (entries.empty()) return "nothing is stored for this name\n";
  std::string out;
  for (const json& entry : entries) out += entry_report(entry);
  return out + end(reply, entries.size());
}

std::string dump_report(const json& reply) {
  const json& entries = rows(reply, "entries");
  Table table{{"<name", "<type", "<flags", "<state", "age s", "TTL s", "<rcode", "octets"}};
  for (const json& entry : entries)
    table.add({name(entry, "name", kMaxStoredName), text(entry, "type"), flags(entry),
               text(entry, "state"), count(entry, "age_seconds"), count(entry, "ttl_seconds"),
               text(entry, "rcode"), count(entry, "octets")});
  return table.to_string("nothing is stored") + end(reply, entries.size());
}

std::string flushed_report(const json& reply) {
  return count(reply, "flushed") +
         (number(reply, "flushed") == 1 ? " response is" : " responses are") + " forgotten\n";
}

std::string events_report(const json& reply) {
  std::string out = count(reply, "events") + " events of the last " + seconds(reply, "seconds") +
                    ", the latest last\n";
  const json& lines = field(reply, "text");
  if (!lines.is_string()) return out;
  std::istringstream in{lines.get<std::string>()};
  for (std::string line; std::getline(in, line);) out += printable(line) + "\n";
  return out;
}

}  // namespace sluice::app
