#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// What all processes that share a budget see: one word of time, what they have sent together and
/// when, and the share of the rate they may use. Lives in a memory-mapped file (budget_file.h) or
/// in a private object. Its layout is a contract between versions: with another layout goes another
/// digit in kMagic.
///
/// No field orders another: whatever must agree is in one word. All accesses are relaxed.
struct BudgetWord {
  static constexpr std::uint64_t kMagic = 0x3274656764756221;  // "!budget2" in memory order
  static constexpr std::uint32_t kFullRate = 1'000;            ///< permille
  static constexpr std::size_t kStamps = 16'384;

  std::atomic<std::uint64_t> magic{kMagic};
  std::atomic<std::int64_t> bucket_ns{0};      ///< CLOCK_MONOTONIC nanoseconds, the GCRA's state
  std::atomic<std::uint64_t> packets_sent{0};  ///< by all sharers, since the file was made
  std::atomic<std::uint64_t> resets{0};        ///< times the word was found beyond any honest debt
  std::atomic<std::uint64_t> rate_permille{kFullRate};  ///< see share()
  std::array<std::uint64_t, 3> unused{};
  /// When packet i was taken is in slot i % kStamps. Written by stamp().
  std::array<std::atomic<std::uint64_t>, kStamps> stamps{};

  /// The share of the configured rate that all sharers obey, 1 to kFullRate. What is out of range,
  /// as in a file of zeros, means all of it.
  [[nodiscard]] std::uint32_t share() const noexcept {
    const std::uint64_t permille = rate_permille.load(std::memory_order_relaxed);
    return permille >= 1 && permille <= kFullRate ? static_cast<std::uint32_t>(permille)
                                                  : kFullRate;
  }
  /// Counts `packets` as sent and notes that they were taken at `now`.
  void record(std::uint32_t packets, TimePoint now) noexcept;
  /// When packet `index` was taken; nullopt if that has not been written (yet), or another packet
  /// has overwritten it. Right for times within a year of `now`.
  [[nodiscard]] std::optional<TimePoint> taken_at(std::uint64_t index,
                                                  TimePoint now) const noexcept;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(BudgetWord) == 64 + 8 * BudgetWord::kStamps);
static_assert(offsetof(BudgetWord, bucket_ns) == 8 && offsetof(BudgetWord, stamps) == 64);

}  // namespace sluice::policy
