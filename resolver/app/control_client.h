#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "resolver/base/result.h"

namespace sluice::app {

/// Why there is no answer, in a sentence for the operator.
struct ControlFailure {
  std::string reason;
};

/// What an answer may cost us.
struct ControlBounds {
  /// For each time that the daemon pauses.
  std::chrono::milliseconds patience{10'000};
  /// A capture or a dump of a large cache is several MiB; more than this is no answer of ours.
  std::size_t reply_bytes = std::size_t{64} << 20;
};

/// Sends one line to the daemon's control socket at `path` and returns the line it answers with, or
/// why not: no daemon, no permission (and which group has it), no answer. Blocks for up to
/// `bounds.patience` each time the daemon pauses.
[[nodiscard]] Result<std::string, ControlFailure> ask_daemon(const std::string& path,
                                                             const std::string& request,
                                                             ControlBounds bounds = {});

}  // namespace sluice::app
