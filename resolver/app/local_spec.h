#pragma once

#include <vector>

#include "conf/config.h"
#include "conf/problem.h"
#include "resolver/base/hash.h"
#include "resolver/net/local_reading.h"

namespace sluice::app {

/// What the configuration says of names that never leave the host, as the reader of local names
/// takes it. `key` keys the tables.
[[nodiscard]] net::LocalSpec local_spec_of(const conf::Config& config, HashKey key);

}  // namespace sluice::app
