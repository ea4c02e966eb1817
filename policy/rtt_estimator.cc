#include "policy/rtt_estimator.h"

#include <algorithm>

namespace sluice::policy {

void RttEstimator::add_sample(Duration rtt) noexcept {
  // At least one tick, so that srtt_ stays positive and has_sample() needs no flag of its own.
  const Duration sample = std::clamp(rtt, Duration{1}, kLongestSample);
  if (!has_sample()) {  // RFC 6298 section 2.2
    srtt_ = sample;
    rttvar_ = sample / 2;
    return;
  }
  // RFC 6298 section 2.3: the variation first, against the old SRTT.
  rttvar_ += (std::chrono::abs(srtt_ - sample) - rttvar_) / 4;
  srtt_ += (sample - srtt_) / 8;
}

Duration RttEstimator::timeout(unsigned attempt) const noexcept {
  const Duration first = has_sample() ? srtt_ + 4 * rttvar_ : kInitial;
  Duration timeout = std::clamp(first, kFloor, kCeiling);
  for (; attempt > 0 && timeout < kCeiling; --attempt) timeout *= 2;  // RFC 6298 section 5.5
  return std::min(timeout, kCeiling);
}

}  // namespace sluice::policy
