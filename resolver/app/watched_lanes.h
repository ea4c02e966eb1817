#pragma once

#include <vector>

#include "conf/config.h"
#include "resolver/net/budget_watch.h"
#include "resolver/routing.h"

namespace sluice::app {

/// What there is to watch of each budget that an upstream of `config` uses, lane by lane, in the
/// order of the gates. `config` names all servers ("system" resolved).
[[nodiscard]] std::vector<net::WatchedLane> watched_lanes(const conf::Config& config,
                                                          const Routing& routing);

/// Copies what the watch reports of those lanes into the metrics of their budgets.
void count_watch(const std::vector<net::LaneReport>& reports, const conf::Config& config,
                 const Routing& routing);

}  // namespace sluice::app
