#include "resolver/app/overview_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "resolver/app/overview_sections.h"
#include "resolver/app/rates.h"
#include "resolver/app/report_fields.h"
#include "resolver/app/report_table.h"
#include "resolver/app/verdicts.h"

namespace sluice::app {

namespace {

using nlohmann::json;

constexpr std::size_t kLabelWidth = 10;
constexpr std::size_t kMaxSummaryLines = 2;
constexpr std::size_t kMaxBudgets = 4;

std::string label(std::string text) {
  text.resize(kLabelWidth, ' ');
  return text;
}

std::string clock_text(const json& overview) {
  if (!has_number(overview, "at_seconds")) return "";
  constexpr double kEndOfYear9999 = 253'402'300'799;
  const auto at =
      static_cast<std::time_t>(std::clamp(number(overview, "at_seconds"), 0.0, kEndOfYear9999));
  std::tm parts{};
  std::array<char, 32> text{};
  gmtime_r(&at, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%F %T UTC", &parts)};
}

// What it is to the left, when it was to the right.
Line title(const json& overview, FrameSize size) {
  const json& status = field(overview, "status");
  std::string left = "sluiced " + text(status, "version") + ", pid " + count(status, "pid") +
                     ", up for " + seconds(status, "uptime_seconds");
  const std::string right = clock_text(overview);
  const std::size_t gap =
      size.columns > left.size() + right.size() ? size.columns - left.size() - right.size() : 2;
  return {{left + std::string(gap, ' ') + right, Style::faint}};
}

void add_verdict(Frame& frame, const json& diagnosis, FrameSize size) {
  std::string verdict = headline(diagnosis, "verdict");
  if (has_number(diagnosis, "since_seconds"))
    verdict += " for " + seconds(diagnosis, "since_seconds");
  frame.push_back({{verdict, is_healthy(diagnosis) ? Style::good : Style::bad}});
  if (text(diagnosis, "summary") == kUnknown) return;
  auto lines = prose_lines("", text(diagnosis, "summary"), size.columns);
  lines.resize(std::min(lines.size(), kMaxSummaryLines));
  for (std::string& line : lines) frame.push_back({{std::move(line)}});
}

// Packets that all sharers paid for in the last second, or, from a daemon that does not say so,
// since the last look.
std::optional<double> used_packets(const json& overview, const json& budget, const Rates& rates) {
  const Sums used = sums_by(field(overview, "stats"), "sluice_budget_used_packets", "budget");
  const json& name = field(budget, "budget");
  if (name.is_string())
    if (const auto it = used.find(name.get<std::string>()); it != used.end()) return it->second;
  const json& before = rates.earlier("budgets", budget, {"budget"});
  if (!before.is_object()) return std::nullopt;
  return rates.of(number(budget, "packets_by_all"), number(before, "packets_by_all"));
}

Line budget_line(const json& budget, std::optional<double> used, FrameSize size) {
  const double limit = number(budget, "limit");
  const std::string figures =
      "  " + (used ? count_text(*used) : kUnknown) + " of " + count(budget, "limit") + " packets/s";
  const std::size_t taken = kLabelWidth + 2 + figures.size();
  const std::size_t width =
      std::clamp<std::size_t>(size.columns > taken ? size.columns - taken : 0, 10, 60);
  const double part = used && limit > 0 ? std::clamp(*used / limit, 0.0, 1.0) : 0;
  const auto filled = static_cast<std::size_t>(std::lround(part * static_cast<double>(width)));
  const Style style = part >= 0.9 ? Style::bad : part >= 0.7 ? Style::warning : Style::good;
  return {{label(head(budget, "budget", kLabelWidth - 1))},
          {"["},
          {std::string(filled, '#'), style},
          {std::string(width - filled, '.'), Style::faint},
          {"]" + figures}};
}

void add_budgets(Frame& frame, const json& overview, const Rates& rates, FrameSize size) {
  const json& budgets = rows(overview, "budgets");
  const std::size_t shown = std::min(budgets.size(), kMaxBudgets);
  for (std::size_t i = 0; i < shown; ++i)
    frame.push_back(budget_line(budgets[i], used_packets(overview, budgets[i], rates), size));
  if (budgets.empty()) frame.push_back({{label("budgets") + "none: upstreams are not limited"}});
  if (shown < budgets.size())
    frame.push_back({{label("") + "and " + std::to_string(budgets.size() - shown) + " more"}});
}

// "first_try 812, penalty 3", the greatest first; leaves out what is none.
std::string parts_text(const Sums& sums) {
  std::vector<std::pair<std::string, double>> parts{sums.begin(), sums.end()};
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out;
  for (const auto& [name, amount] : parts)
    if (amount > 0) out += (out.empty() ? "" : ", ") + printable(name) + " " + rate_text(amount);
  return out;
}

double sum_of(const Sums& sums) {
  double sum = 0;
  for (const auto& [name, amount] : sums) sum += amount;
  return sum;
}

Line waiting_line(const json& overview) {
  const Sums depths = sums_by(field(overview, "stats"), "sluice_budget_queue_depth", "class");
  double oldest_ms = 0;
  for (const json& budget : rows(overview, "budgets"))
    oldest_ms = std::max(oldest_ms, number(budget, "queue_oldest_ms"));
  const double total = sum_of(depths);
  if (total <= 0) return {{label("waiting") + "nobody"}};
  return {{label("waiting")},
          {count_text(total), Style::warning},
          {": " + parts_text(depths) + "; the oldest for " + fixed(oldest_ms, 0) + " ms"}};
}

Line clients_line(const json& overview, const Rates& rates) {
  std::string text = label("clients");
  text += rate_text(rates.total("sluice_client_queries_total")) + " queries/s";
  if (const auto lookups = rates.by("sluice_cache_lookups_total", "result");
      lookups && sum_of(*lookups) > 0) {
    const auto hits = lookups->find("hit");
    const double part = hits == lookups->end() ? 0 : hits->second / sum_of(*lookups);
    text += ", " + fixed(100 * part, 0) + " % of them stored";
  }
  text += "; " + rate_text(rates.total("sluice_zone_questions_total")) + " questions/s";
  return {{text + ", " + count(field(overview, "status"), "in_flight") + " in flight"}};
}

Line servfail_line(const Rates& rates) {
  const auto causes = rates.by("sluice_zone_servfail_total", "cause");
  if (!causes) return {{label("SERVFAIL") + kUnknown}};
  const double total = sum_of(*causes);
  if (total <= 0) return {{label("SERVFAIL") + "none"}};
  return {{label("SERVFAIL")}, {rate_text(total) + "/s", Style::bad}, {": " + parts_text(*causes)}};
}

// Gives every section a row in turn until there are none: the height of each.
std::vector<std::size_t> share_rows(const std::vector<Section>& sections, std::size_t rows) {
  std::vector<std::size_t> heights(sections.size());
  for (bool has_given = true; has_given && rows > 0;) {
    has_given = false;
    for (std::size_t i = 0; i < sections.size() && rows > 0; ++i) {
      if (heights[i] == sections[i].rows.size()) continue;
      ++heights[i];
      --rows;
      has_given = true;
    }
  }
  return heights;
}

void add_sections(Frame& frame, const std::vector<Section>& sections, FrameSize size) {
  constexpr std::size_t kRowsAround = 2;  // an empty one, and the heading
  const std::size_t taken = frame.size() + kRowsAround * sections.size();
  const std::vector<std::size_t> heights =
      share_rows(sections, size.rows > taken ? size.rows - taken : 0);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const Section& section = sections[i];
    std::string heading = section.heading;
    const std::size_t all = section.rows.size();
    if (heights[i] < all)  // the first row names the columns
      heading += " (" + std::to_string(std::max<std::size_t>(heights[i], 1) - 1) + " of " +
                 std::to_string(all - 1) + ")";
    frame.emplace_back();
    frame.push_back({{heading, Style::heading}});
    const auto end = section.rows.begin() + static_cast<std::ptrdiff_t>(heights[i]);
    frame.insert(frame.end(), section.rows.begin(), end);
  }
}

}  // namespace

Frame overview_frame(const json& now, const json& before, FrameSize size) {
  const Rates rates{now, before};
  Frame frame{title(now, size)};
  add_verdict(frame, field(now, "diagnosis"), size);
  frame.emplace_back();
  add_budgets(frame, now, rates, size);
  frame.push_back(waiting_line(now));
  frame.push_back(clients_line(now, rates));
  frame.push_back(servfail_line(rates));
  add_sections(frame, overview_sections(now, rates, size.columns), size);
  return cut_to(size, frame);
}

}  // namespace sluice::app
