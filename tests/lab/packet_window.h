#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::lab {

/// The most arrivals in any half-open window [t, t + window_ns). `sorted_ns` ascends; window_ns is
/// at least 1. Exact: every window that can be a maximum begins at an arrival.
[[nodiscard]] std::uint64_t worst_window(std::span<const std::int64_t> sorted_ns,
                                         std::int64_t window_ns) noexcept;

/// The packet allowance of a network interface: of the packets offered, passes at most `limit` in
/// any second. The cloud documents a number per second and neither window nor burst, so this is
/// the strictest reading. A packet that is refused uses up nothing.
///
/// Time is an argument, in nanoseconds of any clock. Memory: 8 octets for each packet of the limit.
class SlidingLimit {
 public:
  /// 0 passes everything.
  explicit SlidingLimit(std::uint32_t limit) : passed_ns_(limit) {}

  [[nodiscard]] bool admit(std::int64_t now_ns) noexcept;
  [[nodiscard]] std::uint32_t limit() const noexcept {
    return static_cast<std::uint32_t>(passed_ns_.size());
  }

 private:
  std::vector<std::int64_t> passed_ns_;  // a ring of the last `limit` passed, oldest at next_
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sluice::lab
