#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "metrics/exporter.h"
#include "resolver/engine_snapshot.h"

/// What the control socket shows, as JSON. Keys are names of fields; times are numbers of
/// milliseconds whose key ends in _ms; names are in presentation format.
namespace sluice::net {

/// A list of zone rules, servers of upstreams, and budgets, in the engine's order.
[[nodiscard]] nlohmann::json zones_json(const EngineSnapshot& snapshot);
[[nodiscard]] nlohmann::json upstreams_json(const EngineSnapshot& snapshot);
[[nodiscard]] nlohmann::json budgets_json(const EngineSnapshot& snapshot);
/// {"requests": [...], "cut": false}.
[[nodiscard]] nlohmann::json requests_json(const EngineSnapshot& snapshot);

/// {"sluice_client_queries_total{transport=\"udp\"}": 3, ...}; of histograms the count and the sum.
[[nodiscard]] nlohmann::json stats_json(const std::vector<metrics::Family>& families);

}  // namespace sluice::net
