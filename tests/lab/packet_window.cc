#include "tests/lab/packet_window.h"

#include <algorithm>

namespace sluice::lab {

std::uint64_t worst_window(std::span<const std::int64_t> sorted_ns,
                           std::int64_t window_ns) noexcept {
  std::size_t worst = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < sorted_ns.size(); ++last) {
    while (sorted_ns[last] - sorted_ns[first] >= window_ns) ++first;
    worst = std::max(worst, last - first + 1);
  }
  return worst;
}

bool SlidingLimit::admit(std::int64_t now_ns) noexcept {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  if (passed_ns_.empty()) return true;
  if (count_ == passed_ns_.size() && now_ns - passed_ns_[next_] < kSecondNs) return false;
  passed_ns_[next_] = now_ns;
  next_ = (next_ + 1) % passed_ns_.size();
  count_ = std::min(count_ + 1, passed_ns_.size());
  return true;
}

}  // namespace sluice::lab
