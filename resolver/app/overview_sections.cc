#include "resolver/app/overview_sections.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "resolver/app/report_fields.h"
#include "resolver/app/report_table.h"
#include "resolver/app/verdicts.h"

namespace sluice::app {

namespace {

using nlohmann::json;

// How wide two columns of names may be beside `taken` of numbers and gaps.
std::size_t cell_width(std::size_t columns, std::size_t taken) {
  return std::clamp<std::size_t>(columns > taken ? (columns - taken) / 2 : 0, 12, 48);
}

Section to_section(std::string heading, const Table& table, const std::vector<Style>& styles) {
  Section section{std::move(heading), {}};
  const std::vector<std::string> lines = table.lines();
  for (std::size_t i = 0; i < lines.size(); ++i)
    section.rows.push_back({{"  " + lines[i], i == 0 ? Style::faint : styles[i - 1]}});
  return section;
}

Section nothing(std::string heading) { return {std::move(heading), {{{"  none"}}}}; }

Section spenders(const json& top, std::size_t columns) {
  const std::size_t cell = cell_width(columns, 36);
  const std::string heading = "Who spends the packets, last " + seconds(top, "seconds");
  const json& spenders = rows(top, "spenders");
  if (spenders.empty()) return nothing(heading);
  Table table{{"share", "packets", "<client", "<names under", "<type", "failed"}};
  for (const json& spender : spenders)
    table.add({percent(spender, "share"), count(spender, "packets"), head(spender, "client", cell),
               name(spender, "suffix", cell), text(spender, "type"), count(spender, "failures")});
  return to_section(heading, table, std::vector<Style>(spenders.size(), Style::plain));
}

/// A server under one zone, and what it did since the last look.
struct ServerRow {
  const json* server;
  std::optional<double> sent;
  std::optional<double> answered;
  std::optional<double> timeouts;
  bool is_well;
};

std::vector<ServerRow> server_rows(const json& overview, const Rates& rates) {
  std::vector<ServerRow> out;
  for (const json& server : rows(overview, "upstreams")) {
    const json& before = rates.earlier("upstreams", server, {"upstream", "server", "zone"});
    const auto rate = [&](const char* key) {
      return before.is_object() ? rates.of(number(server, key), number(before, key)) : std::nullopt;
    };
    const std::string verdict = text(server, "verdict");
    const bool is_well = (verdict == kUnknown || is_healthy(server)) &&
                         !is_true(server, "silent") && !is_true(server, "looping");
    out.push_back({&server, rate("sent"), rate("answered"), rate("timeouts"), is_well});
  }
  std::stable_sort(out.begin(), out.end(), [](const ServerRow& a, const ServerRow& b) {
    return std::pair{a.is_well, -a.sent.value_or(0)} < std::pair{b.is_well, -b.sent.value_or(0)};
  });
  return out;
}

// One word: an upstream's verdicts say that they are an upstream's.
std::string state(const json& server) {
  if (is_true(server, "looping")) return "looping";
  if (is_true(server, "silent")) return "silent";
  if (is_healthy(server)) return "well";
  constexpr std::string_view kPrefix = "upstream_";
  std::string verdict = text(server, "verdict");
  if (verdict.starts_with(kPrefix)) verdict.erase(0, kPrefix.size());
  return verdict;
}

Section upstreams(const json& overview, const Rates& rates, std::size_t columns) {
  const std::size_t cell = cell_width(columns, 44);
  const std::string heading = "Upstreams";
  const std::vector<ServerRow> servers = server_rows(overview, rates);
  if (servers.empty()) return nothing(heading);
  Table table{{"<is", "<server", "<zone", "rtt ms", "sent/s", "ans/s", "lost/s"}};
  std::vector<Style> styles;
  for (const ServerRow& row : servers) {
    table.add({state(*row.server), name(*row.server, "server", cell),
               name(*row.server, "zone", cell), ms(*row.server, "srtt_ms"), rate_text(row.sent),
               rate_text(row.answered), rate_text(row.timeouts)});
    styles.push_back(row.is_well ? Style::plain : Style::bad);
  }
  return to_section(heading, table, styles);
}

Section failing(const json& overview, std::size_t columns) {
  const std::size_t cell = cell_width(columns, 34);
  const std::string heading = "What fails, and waits behind everything else";
  const json& failing = rows(field(overview, "diagnosis"), "failing");
  if (failing.empty()) return nothing(heading);
  Table table{{"<names under", "<zone", "questions", "failed", "<for"}};
  for (const json& subtree : failing)
    table.add({name(subtree, "suffix", cell), name(subtree, "zone", cell),
               count(subtree, "requests"), count(subtree, "failures"),
               seconds_of_ms(subtree, "age_ms")});
  return to_section(heading, table, std::vector<Style>(failing.size(), Style::bad));
}

}  // namespace

std::vector<Section> overview_sections(const json& overview, const Rates& rates,
                                       std::size_t columns) {
  return {spenders(field(overview, "top"), columns), upstreams(overview, rates, columns),
          failing(overview, columns)};
}

std::string rate_text(std::optional<double> per_second) {
  if (!per_second) return kUnknown;
  const bool is_whole = *per_second == std::trunc(*per_second);
  return *per_second < 9.95 && !is_whole ? fixed(*per_second, 1) : count_text(*per_second);
}

}  // namespace sluice::app
