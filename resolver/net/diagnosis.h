#pragma once

#include <nlohmann/json_fwd.hpp>

#include "resolver/engine_snapshot.h"
#include "resolver/net/control_json.h"

namespace sluice::net {

/// What ails name resolution on this host, in sentences for whoever is on call: the verdict; for
/// each thing that is wrong what it is, the figures that say so, what they rule out, and what to
/// do; who spends the packets; which subtrees fail.
///
/// {"verdict", "since_seconds" (null: since the start), "summary",
/// "upstreams": [{"upstream", "verdict", "since_seconds"}],
/// "findings": [{"verdict", "subject", "what", "evidence": [...], "advice"}], "spenders": [rows of
/// top_json], "failing": [{"suffix", "zone", "requests", "failures", "age_ms"}]}
///
/// An upstream whose verdict is healthy has no findings, whatever single seconds looked like.
[[nodiscard]] nlohmann::json diagnosis_json(const EngineSnapshot& snapshot,
                                            const Describe& describe);

}  // namespace sluice::net
