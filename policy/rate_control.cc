#include "policy/rate_control.h"

#include <algorithm>
#include <utility>

namespace sluice::policy {

RateControl::Permille RateControl::on_reading(std::optional<std::uint64_t> dropped_total,
                                              TimePoint now) noexcept {
  const std::uint64_t increase = increase_to(dropped_total);
  dropped_ += increase;
  if (increase == 0) {
    recover(now);
  } else if (now >= hold_ends_) {
    cut(now);
  }
  return share_;
}

std::uint64_t RateControl::increase_to(std::optional<std::uint64_t> dropped_total) noexcept {
  const std::optional<std::uint64_t> before = std::exchange(last_total_, dropped_total);
  if (!before || !dropped_total || *dropped_total < *before) return 0;
  return *dropped_total - *before;
}

void RateControl::cut(TimePoint now) noexcept {
  share_ = std::max(kFloor, share_ * kCutTo / kFull);
  hold_ends_ = recovered_until_ = now + kHold;
  ++cuts_;
}

void RateControl::recover(TimePoint now) noexcept {
  if (share_ == kFull || now <= recovered_until_) return;
  constexpr Duration kPerPermille = Duration{std::chrono::seconds{1}} / kStep;
  const auto steps = (now - recovered_until_) / kPerPermille;
  recovered_until_ += steps * kPerPermille;
  share_ += static_cast<Permille>(std::min<Duration::rep>(steps, kFull - share_));
}

}  // namespace sluice::policy
