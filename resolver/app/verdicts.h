#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

namespace sluice::app {

/// A daemon's judgement of its own state, as people read it.
struct Verdict {
  std::string_view name;      ///< what the daemon calls it
  std::string_view headline;  ///< what stands first in a report
  std::string_view meaning;   ///< one sentence; the manual has more
};

/// Those that we know; a newer daemon may have more.
[[nodiscard]] std::span<const Verdict> verdicts();

/// The headline of `row[key]`; of a verdict that we do not know, its name in capitals; "-" if there
/// is none. Printable ASCII.
[[nodiscard]] std::string headline(const nlohmann::json& row, const char* key);

/// The meaning of `row[key]`; "" of a verdict that we do not know.
[[nodiscard]] std::string_view meaning(const nlohmann::json& row, const char* key);

/// Whether a reply to `diagnose` says that nothing is wrong.
[[nodiscard]] bool is_healthy(const nlohmann::json& diagnosis);

}  // namespace sluice::app
