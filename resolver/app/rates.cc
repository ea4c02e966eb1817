#include "resolver/app/rates.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "resolver/app/report_fields.h"

namespace sluice::app {

using nlohmann::json;

namespace {

double elapsed(const json& now, const json& before) {
  if (!has_number(now, "at_seconds") || !has_number(before, "at_seconds")) return 0;
  return number(now, "at_seconds") - number(before, "at_seconds");
}

// Of a series name such as family{zone=".",cause="timeout"}.
std::string label_of(std::string_view series, std::string_view label) {
  const std::string opening = std::string{label} + "=\"";
  const std::size_t at = series.find(opening);
  if (at == std::string_view::npos) return {};
  series.remove_prefix(at + opening.size());
  return std::string{series.substr(0, series.find('"'))};
}

double sum_of(const Sums& sums) {
  double sum = 0;
  for (const auto& [value, amount] : sums) sum += amount;
  return sum;
}

}  // namespace

Sums sums_by(const json& stats, std::string_view family, std::string_view label) {
  Sums sums;
  if (!stats.is_object()) return sums;
  for (const auto& [series, value] : stats.items())
    if (value.is_number() && series.substr(0, series.find('{')) == family)
      sums[label_of(series, label)] += value.get<double>();
  return sums;
}

Rates::Rates(const json& now, const json& before)
    : now_{now}, before_{before}, elapsed_seconds_{elapsed(now, before)} {}

std::optional<double> Rates::of(double now, double before) const {
  if (elapsed_seconds_ <= 0 || now < before) return std::nullopt;
  return (now - before) / elapsed_seconds_;
}

std::optional<double> Rates::total(std::string_view family) const {
  return of(sum_of(sums_by(field(now_, "stats"), family, "")),
            sum_of(sums_by(field(before_, "stats"), family, "")));
}

std::optional<Sums> Rates::by(std::string_view family, std::string_view label) const {
  const Sums before = sums_by(field(before_, "stats"), family, label);
  Sums rates;
  for (const auto& [value, amount] : sums_by(field(now_, "stats"), family, label)) {
    const auto it = before.find(value);
    const auto rate = of(amount, it == before.end() ? 0 : it->second);
    if (!rate) return std::nullopt;
    rates[value] = *rate;
  }
  return rates;
}

const json& Rates::earlier(const char* key, const json& row,
                           std::initializer_list<const char*> names) const {
  static const json none;
  const json& list = rows(before_, key);
  const auto it = std::find_if(list.begin(), list.end(), [&](const json& candidate) {
    return std::all_of(names.begin(), names.end(), [&](const char* name) {
      return field(candidate, name) == field(row, name);
    });
  });
  return it == list.end() ? none : *it;
}

}  // namespace sluice::app
