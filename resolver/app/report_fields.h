#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace sluice::app {

/// What stands where a daemon says nothing, or says it in a form that we do not know.
constexpr const char* kUnknown = "-";
/// The longest name that a table shows whole.
constexpr std::size_t kMaxName = 32;

/// `row[key]`; null if there is no such field, or `row` has none.
[[nodiscard]] const nlohmann::json& field(const nlohmann::json& row, const char* key);
/// An array's elements, or none: what a field holds that should be a list.
[[nodiscard]] const nlohmann::json& rows(const nlohmann::json& row, const char* key);
[[nodiscard]] bool has_number(const nlohmann::json& row, const char* key);
/// The number; 0 if it is none.
[[nodiscard]] double number(const nlohmann::json& row, const char* key);
[[nodiscard]] bool is_true(const nlohmann::json& row, const char* key);

/// What tables show of a field. All are printable ASCII.
[[nodiscard]] std::string text(const nlohmann::json& row, const char* key);
/// At most `width` octets: of a longer one the end, which says the zone.
[[nodiscard]] std::string name(const nlohmann::json& row, const char* key,
                               std::size_t width = kMaxName);
/// At most `width` octets: of a longer one the beginning.
[[nodiscard]] std::string head(const nlohmann::json& row, const char* key, std::size_t width);
[[nodiscard]] std::string count(const nlohmann::json& row, const char* key);
[[nodiscard]] std::string ms(const nlohmann::json& row, const char* key);
[[nodiscard]] std::string percent(const nlohmann::json& row, const char* key);
/// Of a field that holds seconds or milliseconds: "5 min 2 s".
[[nodiscard]] std::string seconds(const nlohmann::json& row, const char* key);
[[nodiscard]] std::string seconds_of_ms(const nlohmann::json& row, const char* key);
[[nodiscard]] std::string yes_no(const nlohmann::json& row, const char* key);

[[nodiscard]] std::string fixed(double value, int digits);
/// Exact up to five digits, then three of them and a letter: columns stay narrow.
[[nodiscard]] std::string count_text(double value);
/// "1.5 MiB", "812 B".
[[nodiscard]] std::string bytes_text(double bytes);
/// "3 d 4 h", "5 min 2 s", "12 s".
[[nodiscard]] std::string uptime_text(double seconds);
/// Printable ASCII as it is, every other byte as \DDD (RFC 1035 section 5.1).
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sluice::app
