#pragma once

#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::app {

/// Sums by the value of one label.
using Sums = std::map<std::string, double>;

/// Of the counters of `stats`, the series of `family` summed by `label`; by "" where a series does
/// not have it.
[[nodiscard]] Sums sums_by(const nlohmann::json& stats, std::string_view family,
                           std::string_view label);

/// What has happened each second between two overviews of one daemon.
///
/// Holds references to both. Says nullopt where it cannot know: there is no earlier overview, no
/// time has passed, or a counter went back, as when the daemon has been started anew.
class Rates {
 public:
  Rates(const nlohmann::json& now, const nlohmann::json& before);

  [[nodiscard]] std::optional<double> of(double now, double before) const;
  [[nodiscard]] std::optional<double> total(std::string_view family) const;
  [[nodiscard]] std::optional<Sums> by(std::string_view family, std::string_view label) const;

  /// The row of list `key` of the earlier overview that is the same as `row` in all of `names`;
  /// null if there is none.
  [[nodiscard]] const nlohmann::json& earlier(const char* key, const nlohmann::json& row,
                                              std::initializer_list<const char*> names) const;

 private:
  const nlohmann::json& now_;
  const nlohmann::json& before_;
  double elapsed_seconds_;
};

}  // namespace sluice::app
