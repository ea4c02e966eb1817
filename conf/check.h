#pragma once

#include "conf/config.h"
#include "conf/origins.h"
#include "conf/problem.h"

namespace sluice::conf {

/// What is wrong between the values of a configuration that are each right by themselves: names
/// given twice or not at all, a budget that adds up to nothing, an upstream that is ourselves.
/// Needs no file: a Config put together otherwise is checked with empty Origins.
[[nodiscard]] Problems check(const Config& config, const Origins& origins);

}  // namespace sluice::conf
