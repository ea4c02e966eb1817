#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sluice::conf {

/// The word of `known` that the author of `word` most likely meant: the one the fewest slips of the
/// pen away (a letter too many, missing, wrong or swapped with its neighbour). nullopt if none is
/// near enough to be worth a guess.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> known);

}  // namespace sluice::conf
