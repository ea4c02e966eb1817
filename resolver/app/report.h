#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace sluice::app {

/// What a daemon's reply to `verb` says, as text for people: aligned tables with units, at most
/// 100 columns wide unless names are long. Leaves out what only programs need. Ends with a line
/// feed.
///
/// The reply may hold names that strangers chose and may come from another version: odd bytes are
/// escaped, missing fields are shown as "-".
[[nodiscard]] std::string report(std::string_view verb, const nlohmann::json& reply);

/// "1.5 MiB", "812 B".
[[nodiscard]] std::string bytes_text(double bytes);
/// "3 d 4 h", "5 min 2 s", "12 s".
[[nodiscard]] std::string uptime_text(double seconds);
/// Printable ASCII as it is, every other byte as \DDD (RFC 1035 section 5.1).
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sluice::app
