#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::conf {

/// One thing that is wrong with a configuration file.
struct Problem {
  std::string file;
  std::uint32_t line = 0;  ///< 0 if it belongs to no line
  std::string key;         ///< "zone[2].weight", counted from 0; empty if it belongs to no key
  std::string reason;      ///< what is wrong and what would be right

  /// "file:line: key: reason", without the parts that are missing. One line, whatever characters
  /// the file has put into its parts.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

}  // namespace sluice::conf
