#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tests/lab/stub_crowd.h"

namespace sluice::lab {

/// What the clients of one kind saw, as JSON: the counts, packets, replies by RCODE name and
/// latencies in milliseconds (p50, p90, p99, max). `lost` is every look-up without a useful answer.
[[nodiscard]] nlohmann::json to_json(Tally& tally);

/// The table for people. `run` is incident's JSON; `upstream` vpcsim's, or null if there is none.
[[nodiscard]] std::string incident_table(const nlohmann::json& run, const nlohmann::json& upstream);

}  // namespace sluice::lab
