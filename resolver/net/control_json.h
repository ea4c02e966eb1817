#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "metrics/exporter.h"
#include "resolver/engine_snapshot.h"
#include "resolver/net/spender_words.h"

/// What the control socket shows, as JSON. Keys are names of fields; times are numbers whose key
/// ends in their unit; names are in presentation format.
namespace sluice::net {

/// What a spender is called.
using Describe = std::function<SpenderWords(const Spender&)>;

/// A list of zone rules, servers of upstreams, and budgets, in the engine's order.
[[nodiscard]] nlohmann::json zones_json(const EngineSnapshot& snapshot);
[[nodiscard]] nlohmann::json upstreams_json(const EngineSnapshot& snapshot);
[[nodiscard]] nlohmann::json budgets_json(const EngineSnapshot& snapshot);
/// {"requests": [...], "cut": false}.
[[nodiscard]] nlohmann::json requests_json(const EngineSnapshot& snapshot,
                                           const Describe& describe);
/// {"window": "minute", "seconds": 57.1, "packets": 5310, "spenders": [...]}.
[[nodiscard]] nlohmann::json top_json(const EngineSnapshot& snapshot,
                                      policy::TopSpenders::Window window, const Describe& describe);
/// Its rows alone, at most so many.
[[nodiscard]] nlohmann::json spenders_json(const EngineSnapshot::Top& top, std::size_t at_most,
                                           const Describe& describe);
/// [{"suffix", "zone", "probability", "requests", "failures", "age_ms"}, ...].
[[nodiscard]] nlohmann::json failing_json(const EngineSnapshot& snapshot);

/// One row of these lists.
[[nodiscard]] nlohmann::json to_json(const EngineSnapshot::Zone& zone);
[[nodiscard]] nlohmann::json to_json(const EngineSnapshot::Server& server);
[[nodiscard]] nlohmann::json to_json(const EngineSnapshot::Budget& budget);
[[nodiscard]] nlohmann::json to_json(const EngineSnapshot::Failing& failing);
[[nodiscard]] nlohmann::json to_json(const EngineSnapshot::Request& request,
                                     const Describe& describe);

/// {"sluice_client_queries_total{transport=\"udp\"}": 3, ...}; of histograms the count and the sum.
[[nodiscard]] nlohmann::json stats_json(const std::vector<metrics::Family>& families);

[[nodiscard]] double in_seconds(Duration duration) noexcept;
[[nodiscard]] double in_milliseconds(Duration duration) noexcept;

}  // namespace sluice::net
