#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::lab {

/// Every latency of a run, kept so that percentiles are exact. Bound: one for each reply.
class Latencies {
 public:
  void add(Duration latency) {
    values_.push_back(latency);
    is_sorted_ = false;
  }
  [[nodiscard]] std::size_t count() const noexcept { return values_.size(); }

  /// The smallest latency that at least `percent` of all do not exceed (nearest rank); 100 is the
  /// greatest. `percent` is above 0. Zero if there are none.
  [[nodiscard]] Duration percentile(double percent) {
    if (values_.empty()) return Duration::zero();
    if (!is_sorted_) std::sort(values_.begin(), values_.end());
    is_sorted_ = true;
    const double rank = std::ceil(percent / 100 * static_cast<double>(values_.size()));
    return values_[std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, values_.size()) - 1];
  }

 private:
  std::vector<Duration> values_;
  bool is_sorted_ = false;
};

}  // namespace sluice::lab
