#pragma once

#include "resolver/app/command_line.h"

namespace sluice::app {

/// Shows what the daemon does until q, Ctrl-C or SIGTERM: on a terminal as a live view, elsewhere
/// as one frame of text for each interval, with --json as one overview on a line. A daemon that
/// goes away is waited for; one that is not there at the start is not.
///
/// Returns the exit status. Blocks the signals that end it for the whole process.
[[nodiscard]] int watch(const Command& command);

}  // namespace sluice::app
