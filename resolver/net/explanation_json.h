#pragma once

#include <nlohmann/json_fwd.hpp>

#include "resolver/explanation.h"
#include "resolver/net/control_json.h"

namespace sluice::net {

/// What would happen to a question, and why: {"name", "type", "outcome": a sentence, "steps": [a
/// sentence for each thing that is looked at, in that order], and what the engine knows of it:
/// "rule", "local", "cache", "failure", "subtree", "in_flight", "budget" (each null if there is
/// none), "servers": [...]}.
[[nodiscard]] nlohmann::json explanation_json(const Explanation& explanation,
                                              const Describe& describe);

}  // namespace sluice::net
