#include "conf/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sluice::conf {

namespace {

/// Longer words are nobody's slip of the pen; the bound keeps the table below small.
constexpr std::size_t kMaxLength = 64;

/// Optimal string alignment: the Levenshtein distance with swaps of neighbours as one step.
std::size_t distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> table((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return table[i * width + j];
  };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      std::size_t best = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, at(i - 2, j - 2) + 1);
      at(i, j) = best;
    }
  }
  return at(a.size(), b.size());
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known) {
  if (word.size() > kMaxLength) return std::nullopt;
  std::size_t closest = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string_view> found;
  for (const std::string_view candidate : known) {
    if (candidate.size() > kMaxLength) continue;
    const std::size_t slips = distance(word, candidate);
    if (found ? slips >= closest : slips > closest) continue;
    closest = slips;
    found = candidate;
  }
  return found;
}

}  // namespace sluice::conf
