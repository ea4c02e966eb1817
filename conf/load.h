#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "resolver/base/result.h"

namespace sluice::conf {

/// One thing that is wrong with a configuration file.
struct Problem {
  std::string file;
  std::uint32_t line = 0;  ///< 0 if it belongs to no line
  std::string key;         ///< "zone[2].weight"
  std::string reason;      ///< what is wrong and what would be right

  /// "file:line: key: reason".
  [[nodiscard]] std::string to_string() const;
};
using Problems = std::vector<Problem>;

/// Reads a configuration file. Every problem in it is reported, not only the first. A section that
/// the file does not name keeps its defaults; naming any [[budget]], [[upstream]] or [[zone]]
/// replaces the default list of that kind.
[[nodiscard]] Result<Config, Problems> load_file(const std::string& path);
[[nodiscard]] Result<Config, Problems> load_text(std::string_view text, const std::string& file);

/// Keys whose change in `next` needs a restart, by name; a reload keeps their old values.
[[nodiscard]] std::vector<std::string> restart_only_changes(const Config& current,
                                                            const Config& next);

}  // namespace sluice::conf
