#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace sluice::lab {

/// An open loop: how many look-ups should have begun after a while, whatever became of the earlier
/// ones. Integer arithmetic, so that no look-up is gained or lost however the loop is stepped.
class Pace {
 public:
  explicit constexpr Pace(std::uint32_t rate_per_second) noexcept : rate_{rate_per_second} {}

  /// How many are due now beyond those taken before, and takes them. `elapsed` never shrinks.
  [[nodiscard]] constexpr std::uint64_t take_due(Duration elapsed) noexcept {
    const std::uint64_t total = total_at(elapsed);
    const std::uint64_t due = total - taken_;
    taken_ = total;
    return due;
  }

 private:
  [[nodiscard]] constexpr std::uint64_t total_at(Duration elapsed) const noexcept {
    constexpr std::uint64_t kSecondNs = 1'000'000'000;
    const auto ns = static_cast<std::uint64_t>(elapsed.count());
    return ns / kSecondNs * rate_ + ns % kSecondNs * rate_ / kSecondNs;
  }

  std::uint64_t rate_;
  std::uint64_t taken_ = 0;
};

}  // namespace sluice::lab
