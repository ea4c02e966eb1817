#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "policy/gcra.h"
#include "resolver/base/clock.h"

namespace sluice::policy {

class BudgetFile;

/// What all processes that share a budget see: one word of time and what they have sent together.
/// Lives in a memory-mapped file (budget_file.h) or in a private object. Its layout is a contract
/// between versions: with another layout goes another digit in kMagic.
struct BudgetWord {
  static constexpr std::uint64_t kMagic = 0x3174656764756221;  // "!budget1" in memory order
  std::atomic<std::uint64_t> magic{kMagic};
  std::atomic<std::int64_t> bucket_ns{0};      ///< CLOCK_MONOTONIC nanoseconds, the GCRA's state
  std::atomic<std::uint64_t> packets_sent{0};  ///< by all sharers, since the file was made
  std::atomic<std::uint64_t> resets{0};        ///< times the word was found beyond any honest debt
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(BudgetWord) == 32 && offsetof(BudgetWord, bucket_ns) == 8);

/// The packets that one network interface may send, spent by every process that maps the same
/// word: by compare-and-swap, with no broker and no lock, so that a process that dies holds
/// nothing.
///
/// `limit` = rate + burst + reserve. In any window of 1 s the sharers together take at most
/// limit - reserve packets, provided that all are configured alike; neither reload nor a broken
/// word voids that. Does not send, wait or order: AdmissionQueue does the waiting.
///
/// Thread-confined: what threads and processes share is the word, each through a PacketBudget of
/// its own. Never allocates after construction.
class PacketBudget {
 public:
  struct Limits {
    std::uint32_t limit = 1024;  ///< packets per second that the interface may send
    std::uint32_t burst = 60;    ///< of these, at once; a larger price is never granted
    std::uint32_t reserve = 64;  ///< left for other processes and for what cannot be foreseen
    bool operator==(const Limits&) const = default;
    /// `limit` must exceed burst + reserve.
    [[nodiscard]] constexpr Gcra::Limit gcra() const noexcept {
      SLUICE_ASSERT(limit > std::uint64_t{burst} + reserve);
      return {.rate = limit - burst - reserve, .burst = burst};
    }
  };

  /// The largest debt that honest sharers can run up beyond an empty bucket: TCP segments and
  /// stalls that are settled after the fact. Charges stop here; a word further ahead is broken.
  static constexpr Duration kMaxDebt = std::chrono::milliseconds{500};

  /// A budget of this process alone.
  explicit PacketBudget(Limits limits);
  /// A budget shared through `file`.
  PacketBudget(Limits limits, std::shared_ptr<BudgetFile> file);

  /// Takes `packets` if the interface may send them at `now`. Counts them as sent.
  ///
  /// A broken word (further ahead than kMaxDebt: a faulty sharer, or a file that outlived a reboot)
  /// grants nothing. If a later call with a later `now` still finds the same, the word becomes that
  /// of an empty bucket and the reset is counted.
  [[nodiscard]] bool take(std::uint32_t packets, TimePoint now) noexcept;
  /// Books packets that have left unpaid (TCP segments beyond the reservation). Counts them as
  /// sent.
  void charge(std::uint32_t packets, TimePoint now) noexcept;
  /// Books packets once more that were paid before a stall of this process and left after it.
  void charge_again(std::uint32_t packets, TimePoint now) noexcept;
  /// How long until take() may succeed, as things stand.
  [[nodiscard]] Duration retry_after(std::uint32_t packets, TimePoint now) const noexcept;
  [[nodiscard]] std::uint32_t available(TimePoint now) const noexcept;

  /// New limits from a reload or a lowered rate; what has been spent stays spent. In a window that
  /// spans the change, the bound is the larger of the two.
  void set_limits(Limits limits) noexcept;
  [[nodiscard]] Limits limits() const noexcept { return limits_; }
  [[nodiscard]] bool is_shared() const noexcept { return file_ != nullptr; }
  [[nodiscard]] std::uint64_t packets_sent_by_all() const noexcept;
  [[nodiscard]] std::uint64_t resets() const noexcept;

 private:
  /// A word that seemed broken, and when.
  struct Suspect {
    std::int64_t bucket_ns = 0;
    TimePoint seen = kNever;
  };

  [[nodiscard]] bool is_broken(std::int64_t bucket_ns, TimePoint now) const noexcept;
  [[nodiscard]] TimePoint bucket(TimePoint now) const noexcept;
  void look_at_broken(std::int64_t bucket_ns, TimePoint now) noexcept;

  Limits limits_;
  Gcra rule_;
  Duration furthest_;  // that any limits so far let an empty bucket run ahead
  std::unique_ptr<BudgetWord> private_word_;
  std::shared_ptr<BudgetFile> file_;
  BudgetWord* word_;
  Suspect suspect_;
};

}  // namespace sluice::policy
