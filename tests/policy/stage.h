#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "policy/packet_budget.h"
#include "resolver/base/clock.h"
#include "tests/policy/sliding_window.h"

namespace sluice::policy {

/// What two players, threads or forked processes, share beside the budget: a virtual clock that
/// moves with every look, and a record of all that was taken. Zeros are its initial state.
///
/// Real scheduling decides who looks when, but none gets more than kLead ahead of the other, so
/// that both play however busy the machine is. kLead is long enough for stalls beyond kMaxDebt.
struct Stage {
  static constexpr std::size_t kMaxTaken = 1 << 16;
  static constexpr TimePoint kStart{1000s};
  static constexpr Duration kTick = 20us;
  static constexpr Duration kEnd = 12s;
  static constexpr std::int64_t kLead = 1s / kTick;
  static constexpr std::int64_t kGone = std::numeric_limits<std::int64_t>::max();

  std::atomic<std::int64_t> ticks;
  std::array<std::atomic<std::int64_t>, 2> last_look;
  std::array<std::atomic<std::uint64_t>, 2> taken_by;
  std::atomic<std::size_t> taken_count;
  std::array<std::atomic<std::int64_t>, kMaxTaken> taken_at;

  TimePoint look(std::size_t who) {
    while (last_look[who] - last_look[1 - who] > kLead) std::this_thread::yield();
    const std::int64_t tick = ticks.fetch_add(1);
    last_look[who] = tick;
    return kStart + tick * kTick;
  }
  /// Takes all there is at one moment. False when the play is over.
  bool spend(PacketBudget& budget, std::size_t who) {
    const TimePoint now = look(who);
    while (budget.take(1, now)) {
      taken_at[taken_count.fetch_add(1)] = now.time_since_epoch().count();
      ++taken_by[who];
    }
    return now < kStart + kEnd;
  }
  [[nodiscard]] std::vector<Departure> departures() const {
    std::vector<Departure> result;
    for (std::size_t i = 0; i < taken_count; ++i)  // 0: its taker died before it could write
      if (taken_at[i] != 0) result.push_back({TimePoint{Duration{taken_at[i]}}, 1});
    return result;
  }
};

}  // namespace sluice::policy
