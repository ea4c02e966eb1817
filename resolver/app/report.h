#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace sluice::app {

/// What a daemon's reply to `verb` (a name of verbs()) says, as text for people: aligned tables
/// with units, at most 100 columns wide unless names are long, and prose of 80. Leaves out what
/// only programs need. Ends with a line feed.
///
/// The reply may hold names that strangers chose and may come from another version: odd bytes are
/// escaped, missing fields are shown as "-".
[[nodiscard]] std::string report(std::string_view verb, const nlohmann::json& reply);

}  // namespace sluice::app
