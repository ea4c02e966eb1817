#pragma once

#include <nlohmann/json_fwd.hpp>

#include "resolver/app/command_line.h"

namespace sluice::app {

/// What is sent to the daemon for `command`.
[[nodiscard]] nlohmann::json request_for(const Command& command);

/// Of a daemon's reply, what `command` asks for: the series that a pattern picks, the first rows.
[[nodiscard]] nlohmann::json wanted_part(const Command& command, nlohmann::json reply);

}  // namespace sluice::app
