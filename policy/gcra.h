#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "resolver/base/assert.h"
#include "resolver/base/clock.h"

namespace sluice::policy {

/// The rule of a token bucket whose whole state is one time point: the Generic Cell Rate
/// Algorithm (ITU-T I.371).
///
/// In any closed window of 1 s it admits at most `rate + burst` packets, whatever came before;
/// the interval is rounded up so that the bound holds exactly. It holds by the stamps `now` that
/// takes were made with, in whatever order these came. A refused take costs nothing.
///
/// Time is an argument, never read. Immutable: one Gcra serves any number of buckets, on any
/// thread. A full bucket is any time that is not after `now`, such as TimePoint{}.
class Gcra {
 public:
  struct Limit {
    std::uint32_t rate = 1;   ///< packets per second, at least 1
    std::uint32_t burst = 1;  ///< packets at once, at least 1
    bool operator==(const Limit&) const = default;
  };

  explicit constexpr Gcra(Limit limit) noexcept {
    SLUICE_ASSERT(limit.rate >= 1 && limit.burst >= 1);
    constexpr std::int64_t kSecond = Duration{std::chrono::seconds{1}}.count();
    interval_ = Duration{(kSecond + limit.rate - 1) / limit.rate};
    tolerance_ = interval_ * (limit.burst - 1);
    burst_ = limit.burst;
  }

  /// The rule for the same bucket at `permille` (1 to 1000) of the rate. Its tolerance is the same
  /// *time*, which is fewer packets; only a full bucket still grants up to the burst at once.
  ///
  /// Takes by either rule may alternate in any way, and the bound of the faster one holds: each
  /// packet moves the bucket by at least the faster interval, and a take of `n` is granted only if
  /// the bucket is at most (n - 1) faster intervals short of the tolerance, or not ahead at all.
  [[nodiscard]] constexpr Gcra slowed(std::uint32_t permille) const noexcept {
    SLUICE_ASSERT(permille >= 1 && permille <= 1'000);
    Gcra slow = *this;
    slow.interval_ = (interval_ * 1'000 + Duration{permille - 1}) / permille;
    return slow;
  }

  /// The state of `bucket` after taking `packets` at once, or nullopt if it has not so many.
  /// `packets` of more than the burst are never granted.
  [[nodiscard]] constexpr std::optional<TimePoint> take(TimePoint bucket, std::uint32_t packets,
                                                        TimePoint now) const noexcept {
    if (packets > burst_ || std::max(bucket, now) - now > furthest_for(packets))
      return std::nullopt;
    return charge(bucket, packets, now);
  }

  /// The state of `bucket` after `packets` that left without asking: a debt later takes wait for.
  [[nodiscard]] constexpr TimePoint charge(TimePoint bucket, std::uint32_t packets,
                                           TimePoint now) const noexcept {
    return std::max(bucket, now) + interval_ * packets;
  }

  /// How long until take() of `packets`, which are at most the burst, succeeds if nobody else
  /// takes; zero if it would at `now`.
  [[nodiscard]] constexpr Duration retry_after(TimePoint bucket, std::uint32_t packets,
                                               TimePoint now) const noexcept {
    return std::max(Duration::zero(), std::max(bucket, now) - now - furthest_for(packets));
  }

  /// The most packets that one take() would grant at `now`.
  [[nodiscard]] constexpr std::uint32_t available(TimePoint bucket, TimePoint now) const noexcept {
    if (bucket <= now) return burst_;
    if (bucket >= empty(now)) return 0;
    return static_cast<std::uint32_t>((empty(now) - bucket) / interval_);
  }

  /// The bucket that has spent its whole burst at `now`; one further ahead is in debt.
  [[nodiscard]] constexpr TimePoint empty(TimePoint now) const noexcept {
    return now + tolerance_ + interval_;
  }

  [[nodiscard]] constexpr Duration interval() const noexcept { return interval_; }
  [[nodiscard]] constexpr Duration tolerance() const noexcept { return tolerance_; }

 private:
  /// How far ahead of now a bucket may be that is to grant `packets`.
  [[nodiscard]] constexpr Duration furthest_for(std::uint32_t packets) const noexcept {
    if (packets == 0) return tolerance_ + interval_;
    return std::max(Duration::zero(), tolerance_ - interval_ * (packets - 1));
  }

  Duration interval_{};   // between packets at exactly the allowed rate
  Duration tolerance_{};  // how far ahead of that schedule the bucket may run
  std::uint32_t burst_ = 1;
};

}  // namespace sluice::policy
