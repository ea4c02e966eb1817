#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/budget_word.h"
#include "resolver/base/clock.h"

namespace sluice::policy {

/// Finds the densest moments of a budget: the most packets that all its sharers together took in
/// any 1 ms, 10 ms, 100 ms and 1 s, wherever such a (closed) window begins.
///
/// Exact by the times of taking; a second's peak is what `limit - reserve` bounds. Other processes
/// may be writing meanwhile. A packet whose stamp is not written yet is left to the next read, with
/// all after it; one whose writer died is given up there. Of the packets since the last read and in
/// the 1.1 s before it, at most BudgetWord::kStamps are remembered; older ones are missed, and said
/// to be. A stamp that comes more than 0.1 s late may miss neighbours.
///
/// Thread-confined; does not allocate after construction. A read costs O(those packets).
class Microburst {
 public:
  struct Peaks {
    std::uint32_t in_1ms = 0, in_10ms = 0, in_100ms = 0, in_1s = 0;
    std::uint64_t missed = 0;  ///< packets that could not be counted in
    bool operator==(const Peaks&) const = default;
  };

  /// Looks at packets taken from now on. `word` outlives this.
  explicit Microburst(const BudgetWord& word);

  /// The peaks over all windows with a packet recorded since the last read, packets before it
  /// included.
  [[nodiscard]] Peaks read(TimePoint now) noexcept;
  /// How many of the packets known since the last read were taken in the second before `now`.
  [[nodiscard]] std::uint32_t in_last_second(TimePoint now) const noexcept;

 private:
  struct Packet {
    TimePoint taken;
    bool is_new;
  };

  std::uint64_t collect(TimePoint now) noexcept;
  [[nodiscard]] std::uint32_t peak(Duration window) const noexcept;

  const BudgetWord& word_;
  std::uint64_t next_;       // the first packet not read yet
  std::uint64_t seen_end_;   // all before it were counted as sent at the last read
  std::vector<Packet> log_;  // by time; those not new may still share a window with new ones
};

}  // namespace sluice::policy
