#pragma once

#include "resolver/app/command_line.h"

namespace sluice::app {

/// Shows what the daemon does: on a terminal as a live view, until q, Ctrl-C or a signal that ends
/// processes; elsewhere as one frame of text for each interval, with --json as one overview on a
/// line, until it is ended. A daemon that goes away is waited for; one that is not there at the
/// start is not.
///
/// Returns the exit status. Blocks the signals that end processes while it has a terminal.
[[nodiscard]] int watch(const Command& command);

}  // namespace sluice::app
