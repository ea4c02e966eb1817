#pragma once

#include <string>
#include <vector>

#include "conf/config.h"

namespace sluice::conf {

/// Keys whose change in `next` needs a restart, by name: "server.threads", "budget[eni].shared".
/// Budgets are compared by their names; one that is new or gone needs no restart.
[[nodiscard]] std::vector<std::string> restart_only_changes(const Config& current,
                                                            const Config& next);

/// `next` with the values that `current` has for these keys: what a reload puts into force. The
/// mixture is worth a check() of its own: an upstream of `next` may be a listener of `current`.
[[nodiscard]] Config keep_restart_only(const Config& current, Config next);

}  // namespace sluice::conf
