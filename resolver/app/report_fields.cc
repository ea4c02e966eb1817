#include "resolver/app/report_fields.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace sluice::app {

using nlohmann::json;

const json& field(const json& row, const char* key) {
  static const json none;
  if (!row.is_object()) return none;
  const auto it = row.find(key);
  return it == row.end() ? none : *it;
}

const json& rows(const json& row, const char* key) {
  static const json none = json::array();
  const json& value = field(row, key);
  return value.is_array() ? value : none;
}

bool has_number(const json& row, const char* key) { return field(row, key).is_number(); }

double number(const json& row, const char* key) {
  const json& value = field(row, key);
  return value.is_number() ? value.get<double>() : 0;
}

bool is_true(const json& row, const char* key) {
  const json& value = field(row, key);
  return value.is_boolean() && value.get<bool>();
}

std::string text(const json& row, const char* key) {
  const json& value = field(row, key);
  if (!value.is_string()) return kUnknown;
  const auto& string = value.get_ref<const std::string&>();
  return string.empty() ? kUnknown : printable(string);
}

std::string name(const json& row, const char* key, std::size_t width) {
  std::string full = text(row, key);
  if (full.size() <= width) return full;
  return "..." + full.substr(full.size() - width + 3);
}

std::string head(const json& row, const char* key, std::size_t width) {
  std::string full = text(row, key);
  if (full.size() <= width) return full;
  return full.substr(0, width - 3) + "...";
}

std::string count(const json& row, const char* key) {
  return has_number(row, key) ? count_text(number(row, key)) : kUnknown;
}

std::string ms(const json& row, const char* key) {
  if (!has_number(row, key)) return kUnknown;
  const double value = number(row, key);
  return fixed(value, value != 0 && value < 10 ? 1 : 0);
}

std::string percent(const json& row, const char* key) {
  if (!has_number(row, key)) return kUnknown;
  return fixed(100 * number(row, key), 0) + " %";
}

std::string seconds(const json& row, const char* key) {
  return has_number(row, key) ? uptime_text(number(row, key)) : kUnknown;
}

std::string seconds_of_ms(const json& row, const char* key) {
  return has_number(row, key) ? uptime_text(number(row, key) / 1'000) : kUnknown;
}

std::string yes_no(const json& row, const char* key) {
  const json& value = field(row, key);
  return !value.is_boolean() ? kUnknown : value.get<bool>() ? "yes" : "no";
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1)};
}

std::string count_text(double value) {
  if (value < 100'000) return fixed(value, 0);
  const char* const letters = "kMGTPE";
  std::size_t step = 0;
  for (value /= 1'000; value >= 999.5 && step < 5; ++step) value /= 1'000;
  return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + letters[step];
}

std::string bytes_text(double bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  for (; bytes >= 1'024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1'024;
  return fixed(bytes, unit == 0 ? 0 : 1) + " " + kUnits[unit];
}

std::string uptime_text(double seconds) {
  // A number from outside may be beyond what an integer holds.
  constexpr double kMost = 1e15;
  const auto total = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, kMost));
  const auto pair = [](std::uint64_t a, const char* unit_a, std::uint64_t b, const char* unit_b) {
    const std::string rest = b == 0 ? "" : " " + std::to_string(b) + " " + unit_b;
    return std::to_string(a) + " " + unit_a + rest;
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
