#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace sluice::app {

/// `reply` again and again, each time with another of its values, or lists and objects of values,
/// turned into something of another kind.
inline std::vector<nlohmann::json> changed_replies(const nlohmann::json& reply) {
  using nlohmann::json;
  const json flat = reply.flatten();
  std::set<std::string> places;
  for (const auto& [place, value] : flat.items())
    for (json::json_pointer at{place}; !at.empty(); at = at.parent_pointer())
      places.insert(at.to_string());
  std::vector<json> changed;
  for (const std::string& place : places)
    for (const json& odd : {json(nullptr), json(-1e308), json(1e308), json("\x1b"), json{{"a", 1}},
                            json::array({1, "x"}), json(true)}) {
      changed.push_back(reply);
      changed.back()[json::json_pointer{place}] = odd;
    }
  return changed;
}

}  // namespace sluice::app
