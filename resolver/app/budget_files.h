#pragma once

#include <map>
#include <string>

#include "conf/config.h"
#include "resolver/routing.h"

namespace sluice::app {

/// Opens the shared file of every budget that an upstream uses and that asks for one:
/// <shared>/<name>, or one for each interface, <shared>/<name>.<interface>, where interfaces are
/// listed. A file that cannot be used makes its budget private, with a line in the log that says
/// what to do; that never keeps the daemon from serving.
[[nodiscard]] std::map<std::string, BudgetFiles> open_budget_files(const conf::Config& config);

/// Asks again which interfaces the routes lead through, for each budget with interface = "auto".
/// Logs what has changed.
void follow_routes(const conf::Config& config, const Routing& routing);

}  // namespace sluice::app
