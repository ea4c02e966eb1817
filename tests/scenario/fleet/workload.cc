#include "tests/scenario/fleet/workload.h"

#include <algorithm>
#include <cmath>

namespace sluice::fleet {

Duration next_gap(double rate, Random& random) noexcept {
  const double seconds = -std::log1p(-random.fraction()) / rate;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

NamePopularity::NamePopularity(std::uint32_t names) {
  double sum = 0;
  for (std::uint32_t rank = 1; rank <= names; ++rank) cumulative_.push_back(sum += 1.0 / rank);
}

LookupName NamePopularity::draw(Random& random) const noexcept {
  const double point = random.fraction() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, point);
  return LookupName::ordinary(static_cast<std::uint32_t>(found - cumulative_.begin()));
}

}  // namespace sluice::fleet
