#pragma once

#include "resolver/base/clock.h"

namespace sluice::policy {

/// How long to wait for one upstream's answers under one zone rule: SRTT + 4 RTTVAR in the form of
/// RFC 6298, clamped. Slow zones are waited for and not asked twice; fast ones are not kept
/// waiting.
///
/// Every exchange has a socket and an ID of its own, so a late answer is as good a sample as a
/// timely one (Karn's rule is about samples that cannot be told apart).
///
/// Thread-confined; a plain value.
class RttEstimator {
 public:
  static constexpr Duration kFloor = std::chrono::milliseconds{400};
  static constexpr Duration kCeiling = std::chrono::seconds{3};
  static constexpr Duration kInitial = std::chrono::seconds{1};
  /// A longer sample counts as this: no exchange is kept open for longer.
  static constexpr Duration kLongestSample = std::chrono::seconds{10};

  void add_sample(Duration rtt) noexcept;
  /// The time-out of try number `attempt` (0 is the first): doubled for each further one, never
  /// above kCeiling. The caller adds jitter.
  [[nodiscard]] Duration timeout(unsigned attempt) const noexcept;
  [[nodiscard]] Duration srtt() const noexcept { return srtt_; }
  [[nodiscard]] bool has_sample() const noexcept { return srtt_ > Duration::zero(); }

 private:
  Duration srtt_{};
  Duration rttvar_{};
};

}  // namespace sluice::policy
