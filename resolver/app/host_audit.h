#pragma once

#include <memory>
#include <vector>

#include "conf/audit.h"
#include "conf/config.h"

namespace sluice::app {

/// What is to be said about the configuration on this host, with the given local names; null: they
/// are not known, and rules are not compared with them.
[[nodiscard]] std::vector<conf::Advice> audit_here(
    const conf::Config& config, std::shared_ptr<const local::LocalNames> local_names);

/// The same before there is a daemon: reads hosts file and blocklists, which may take seconds.
[[nodiscard]] std::vector<conf::Advice> audit_here(const conf::Config& config);

}  // namespace sluice::app
