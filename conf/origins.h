#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::conf {

/// Where one section of a configuration comes from: for the file, line and key of a Problem.
struct Origin {
  std::string section;     ///< "server", "zone[2]"
  std::uint32_t line = 0;  ///< 0 if the file does not have it: it stands at its default
  std::map<std::string, std::uint32_t, std::less<>> key_lines = {};
  /// Keys whose values were refused: what the section has instead proves nothing.
  std::set<std::string, std::less<>> refused = {};

  /// The line of the key, or of the section if the file does not name the key.
  [[nodiscard]] std::uint32_t line_of(std::string_view key) const;
};

/// The origins of a Config's sections. Lists run parallel to those of the Config, or are empty if
/// the Config has the default list or comes from no file.
struct Origins {
  std::string file;
  Origin server{.section = "server"};
  Origin admin{.section = "admin"};
  Origin log{.section = "log"};
  Origin cache{.section = "cache"};
  Origin local{.section = "local"};
  Origin recorder{.section = "recorder"};
  Origin query_log{.section = "query_log"};
  Origin dnstap{.section = "dnstap"};
  std::vector<Origin> records = {};
  std::vector<Origin> blocklists = {};
  std::vector<Origin> budgets = {};
  std::vector<Origin> upstreams = {};
  std::vector<Origin> zones = {};
  std::vector<Origin> networks = {};
};

}  // namespace sluice::conf
