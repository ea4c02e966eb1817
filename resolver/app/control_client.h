#pragma once

#include <string>

#include "resolver/base/result.h"

namespace sluice::app {

/// Why there is no answer, in a sentence for the operator.
struct ControlFailure {
  std::string reason;
};

/// Sends one line to the daemon's control socket at `path` and returns the line it answers with, or
/// why not: no daemon, no permission (and which group has it), no answer. Blocks for up to 10 s
/// each time the daemon pauses.
[[nodiscard]] Result<std::string, ControlFailure> ask_daemon(const std::string& path,
                                                             const std::string& request);

}  // namespace sluice::app
