#include "resolver/app/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace sluice::app {

namespace {

using nlohmann::json;

constexpr const char* kUnknown = "-";
constexpr std::size_t kMaxName = 32;

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1)};
}

const json& field(const json& row, const char* key) {
  static const json none;
  const auto it = row.is_object() ? row.find(key) : row.end();
  return row.is_object() && it != row.end() ? *it : none;
}

double number(const json& row, const char* key) {
  const json& value = field(row, key);
  return value.is_number() ? value.get<double>() : 0;
}

std::string text(const json& row, const char* key) {
  const json& value = field(row, key);
  if (!value.is_string()) return kUnknown;
  const auto& string = value.get_ref<const std::string&>();
  return string.empty() ? kUnknown : printable(string);
}

// Long names keep their end, which says the zone.
std::string name(const json& row, const char* key) {
  std::string full = text(row, key);
  if (full.size() <= kMaxName) return full;
  return "..." + full.substr(full.size() - kMaxName + 3);
}

// Exact up to five digits, then three of them and a letter: columns stay narrow.
std::string count(const json& row, const char* key) {
  if (!field(row, key).is_number()) return kUnknown;
  double value = number(row, key);
  if (value < 100'000) return fixed(value, 0);
  const char* const letters = "kMGTPE";
  std::size_t step = 0;
  for (value /= 1'000; value >= 999.5 && step < 5; ++step) value /= 1'000;
  return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + letters[step];
}

std::string ms(const json& row, const char* key) {
  if (!field(row, key).is_number()) return kUnknown;
  const double value = number(row, key);
  return fixed(value, value != 0 && value < 10 ? 1 : 0);
}

std::string yes_no(const json& row, const char* key) {
  const json& value = field(row, key);
  return !value.is_boolean() ? kUnknown : value.get<bool>() ? "yes" : "no";
}

/// Rows of text under headings, each column as wide as its widest cell. A heading that begins with
/// '<' heads a column of words, which stand left.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) {
    for (std::string& heading : headings) {
      is_left_.push_back(heading.front() == '<');
      if (is_left_.back()) heading.erase(0, 1);
    }
    rows_.push_back(std::move(headings));
  }

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// The lines; `if_empty` if there are no rows.
  [[nodiscard]] std::string to_string(const std::string& if_empty) const {
    if (rows_.size() == 1) return if_empty + "\n";
    std::vector<std::size_t> widths(is_left_.size());
    for (const auto& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string padding(widths[i] - row[i].size(), ' ');
        line += (i == 0 ? "" : "  ") + (is_left_[i] ? row[i] + padding : padding + row[i]);
      }
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
  }

 private:
  std::vector<bool> is_left_;
  std::vector<std::vector<std::string>> rows_;
};

/// Lines of "label  value", the values under each other.
std::string facts(const std::vector<std::pair<std::string, std::string>>& lines) {
  std::size_t width = 0;
  for (const auto& [label, value] : lines) width = std::max(width, label.size());
  std::string out;
  for (const auto& [label, value] : lines)
    out.append(label).append(width - label.size() + 2, ' ').append(value).append("\n");
  return out;
}

std::string of_max(const json& row, const char* key, const char* max_key) {
  return count(row, key) + " of " + count(row, max_key);
}

std::string status(const json& reply) {
  std::string listen;
  for (const json& address : field(reply, "listen"))
    if (address.is_string())
      listen += (listen.empty() ? "" : ", ") + printable(address.get_ref<const std::string&>());
  const json& cache = field(reply, "cache");
  return facts({
      {"sluiced", text(reply, "version") + ", pid " + count(reply, "pid") + ", up for " +
                      uptime_text(number(reply, "uptime_seconds"))},
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

std::string stats(const json& reply) {
  Table table{{"<metric", "value"}};
  for (const auto& [series, value] : reply.items()) {
    if (!value.is_number()) continue;
    const auto amount = value.get<double>();
    const bool is_whole = amount == static_cast<double>(static_cast<std::int64_t>(amount));
    table.add({printable(series), fixed(amount, is_whole ? 0 : 3)});
  }
  return table.to_string("no metrics");
}

std::string zones(const json& reply) {
  Table table{{"<zone", "queries", "questions", "packets", "ampl.", "retries", "servfail", "queue",
               "most", "oldest ms"}};
  for (const json& zone : reply) {
    const bool has_questions = number(zone, "questions") > 0;
    table.add({name(zone, "zone"), count(zone, "queries"), count(zone, "questions"),
               count(zone, "packets"),
               has_questions ? fixed(number(zone, "amplification"), 2) : kUnknown,
               count(zone, "retries"), count(zone, "servfail"), count(zone, "queue_depth"),
               count(zone, "queue_depth_max"), ms(zone, "queue_oldest_ms")});
  }
  std::string out = table.to_string("no zones");
  for (const json& zone : reply) {
    const json failing = zone.is_object() ? zone.value("failing", json::array()) : json::array();
    for (const json& subtree : failing)
      if (subtree.is_string())
        out += "fails: " + printable(subtree.get<std::string>()) + ", asked after the others\n";
  }
  return out;
}

std::string upstreams(const json& reply) {
  Table table{{"<upstream", "<server", "<zone", "srtt ms", "rto ms", "sent", "answers", "timeouts",
               "failed", "open"}};
  for (const json& server : reply)
    table.add({name(server, "upstream"), name(server, "server"), name(server, "zone"),
               ms(server, "srtt_ms"), ms(server, "timeout_ms"), count(server, "sent"),
               count(server, "answered"), count(server, "timeouts"), count(server, "failed"),
               count(server, "in_flight")});
  std::string out = table.to_string("no upstreams");
  for (const json& server : reply)
    if (server.is_object() && server.value("silent", json{}) == true)
      out += "silent: " + name(server, "server") + " for " + name(server, "zone") +
             ", asked by probes only\n";
  for (const json& server : reply)
    if (server.is_object() && server.value("looping", json{}) == true)
      out += "loop: " + name(server, "server") + " for " + name(server, "zone") +
             " sends our questions back to us\n";
  return out;
}

std::string one_budget(const json& budget) {
  std::vector<std::pair<std::string, std::string>> lines{
      {"budget", text(budget, "budget") + " (interface " + text(budget, "interfaces") + ")"},
      {"limit", count(budget, "limit") + " packets/s"},
      {"rate", count(budget, "rate") + " packets/s, bursts of " + count(budget, "burst") +
                   ", reserve of " + count(budget, "reserve")},
      {"available", count(budget, "available") + " packets"},
      {"sent", count(budget, "packets") + " packets, " + count(budget, "packets_by_all") +
                   " by all who share it"},
      {"waits", count(budget, "waits") + " questions had to wait"},
      {"queue", count(budget, "queue_depth") + " waiting, the oldest for " +
                    ms(budget, "queue_oldest_ms") + " ms"},
      {"file",
       text(budget, "file") == kUnknown ? "none: private to this process" : text(budget, "file")},
  };
  if (number(budget, "resets") > 0)
    lines.emplace_back("resets", count(budget, "resets") + ", another sharer misbehaves");
  if (text(budget, "problem") != kUnknown) lines.emplace_back("PROBLEM", text(budget, "problem"));
  return facts(lines);
}

std::string budgets(const json& reply) {
  std::string out;
  for (const json& budget : reply) out += (out.empty() ? "" : "\n") + one_budget(budget);
  return out.empty() ? "no budgets: upstreams are not limited\n" : out;
}

std::string requests(const json& reply) {
  Table table{{"<question", "<type", "<state", "age ms", "left ms", "tries", "waiters", "<client"}};
  for (const json& request : field(reply, "requests"))
    table.add({name(request, "name"), text(request, "type"), text(request, "state"),
               ms(request, "age_ms"), ms(request, "time_left_ms"), count(request, "tries"),
               count(request, "waiters"), text(request, "client")});
  const json& cut = field(reply, "cut");
  const bool is_cut = cut.is_boolean() && cut.get<bool>();
  return table.to_string("nothing in flight") + (is_cut ? "... and more, younger ones\n" : "");
}

std::string problems(const json& reply) {
  std::string out = text(reply, "error") + "\n";
  for (const json& problem : field(reply, "problems"))
    if (problem.is_string()) out += "  " + printable(problem.get_ref<const std::string&>()) + "\n";
  return out;
}

}  // namespace

std::string report(std::string_view verb, const json& reply) {
  if (reply.is_object() && reply.contains("error")) return problems(reply);
  if (verb == "status") return status(reply);
  if (verb == "stats") return stats(reply);
  if (verb == "zones") return zones(reply);
  if (verb == "upstreams") return upstreams(reply);
  if (verb == "budget") return budgets(reply);
  if (verb == "requests") return requests(reply);
  if (verb == "reload") return "the new configuration is in force\n";
  if (verb == "version") return text(reply, "version") + "\n";
  return printable(reply.dump()) + "\n";
}

std::string bytes_text(double bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  for (; bytes >= 1'024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1'024;
  return fixed(bytes, unit == 0 ? 0 : 1) + " " + kUnits[unit];
}

std::string uptime_text(double seconds) {
  const auto total = static_cast<std::uint64_t>(std::max(seconds, 0.0));
  const auto pair = [](std::uint64_t a, const char* unit_a, std::uint64_t b, const char* unit_b) {
    return std::to_string(a) + " " + unit_a + " " + std::to_string(b) + " " + unit_b;
  };
  if (total >= 86'400) return pair(total / 86'400, "d", total % 86'400 / 3'600, "h");
  if (total >= 3'600) return pair(total / 3'600, "h", total % 3'600 / 60, "min");
  if (total >= 60) return pair(total / 60, "min", total % 60, "s");
  return std::to_string(total) + " s";
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '\\';
    out += static_cast<char>('0' + byte / 100);
    out += static_cast<char>('0' + byte / 10 % 10);
    out += static_cast<char>('0' + byte % 10);
  }
  return out;
}

}  // namespace sluice::app
