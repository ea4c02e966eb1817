#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// How many packets may be spent on asking one upstream again: a fifth of a packet for each first
/// try, and 10 packets a second besides, so that a lost packet is repaired and an outage is not
/// multiplied.
///
/// In any closed window of length W in which N first tries leave, it grants at most
/// kMostSaved + 10 W/s + N/5 packets, whatever came before: an hour without retries saves up no
/// storm. Counted in time, exactly: a packet costs as much of it as the floor takes to earn one.
///
/// Thread-confined; a plain value. It starts with kMostSaved. `now` never goes backwards.
class RetryBudget {
 public:
  /// What a packet costs: earned by itself 10 times a second.
  static constexpr Duration kPacketPrice = std::chrono::milliseconds{100};
  /// What a first try earns: 20 % of a packet.
  static constexpr Duration kTryEarns = std::chrono::milliseconds{20};
  /// The most packets that can be saved up: what 10 s of silence earn.
  static constexpr std::uint32_t kMostSaved = 100;
  static_assert(kPacketPrice == 5 * kTryEarns && kPacketPrice * 10 == std::chrono::seconds{1});

  /// A question leaves for this upstream for the first time.
  void on_first_try(TimePoint now) noexcept;
  /// Pays for a retry of `packets`, or takes nothing and refuses. More than kMostSaved is never
  /// granted.
  [[nodiscard]] bool take(std::uint32_t packets, TimePoint now) noexcept;
  /// Whole packets that take() would grant.
  [[nodiscard]] std::uint32_t available(TimePoint now) const noexcept;

 private:
  [[nodiscard]] TimePoint spent_until(TimePoint now) const noexcept;

  TimePoint spent_until_{};  // the time from here to now is what is saved
};

}  // namespace sluice::policy
