#include "policy/retry_budget.h"

#include <algorithm>

namespace sluice::policy {

void RetryBudget::on_first_try(TimePoint now) noexcept {
  spent_until_ = spent_until(now) - kTryEarns;
}

bool RetryBudget::take(std::uint32_t packets, TimePoint now) noexcept {
  const TimePoint after = spent_until(now) + kPacketPrice * packets;
  if (after > now) return false;
  spent_until_ = after;
  return true;
}

std::uint32_t RetryBudget::available(TimePoint now) const noexcept {
  return static_cast<std::uint32_t>((now - spent_until(now)) / kPacketPrice);
}

/// Savings beyond the most that can be saved are forgotten here, before each use of them.
TimePoint RetryBudget::spent_until(TimePoint now) const noexcept {
  return std::max(spent_until_, now - kPacketPrice * kMostSaved);
}

}  // namespace sluice::policy
