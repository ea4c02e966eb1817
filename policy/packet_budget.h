#pragma once

#include <cstdint>
#include <memory>

#include "policy/budget_word.h"
#include "policy/gcra.h"
#include "resolver/base/clock.h"

namespace sluice::policy {

class BudgetFile;

/// The packets that one network interface may send, spent by every process that maps the same
/// word: by compare-and-swap, with no broker and no lock, so that a process that dies holds
/// nothing.
///
/// `limit` = rate + burst + reserve. In any window of 1 s the sharers together take at most
/// limit - reserve packets, provided that all are configured alike; neither reload, nor a rate that
/// falls or recovers, nor a broken word voids that. Does not send, wait or order: AdmissionQueue
/// does the waiting.
///
/// One of the sharers watches the interface (try_to_watch()): it books what other processes send
/// and publishes the share of the rate that all obey from their next take on.
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

  /// Takes `packets` if the interface may send them at `now`. Counts them as sent at `now`.
  ///
  /// A broken word (further ahead than kMaxDebt: a faulty sharer, or a file that outlived a reboot)
  /// grants nothing. If a later call with a later `now` still finds the same, the word becomes that
  /// of an empty bucket and the reset is counted.
  [[nodiscard]] bool take(std::uint32_t packets, TimePoint now) noexcept;
  /// Books packets that have left unpaid (TCP segments beyond the reservation). Counts them as
  /// sent.
  void charge(std::uint32_t packets, TimePoint now) noexcept;
  /// Books packets once more that were paid before a stall of this process and left after it.
  void charge_again(std::uint32_t packets, TimePoint now) noexcept { book(packets, now); }
  /// Books packets that processes without this budget have sent through the interface.
  void charge_foreign(std::uint32_t packets, TimePoint now) noexcept { book(packets, now); }
  /// How long until take() may succeed, as things stand.
  [[nodiscard]] Duration retry_after(std::uint32_t packets, TimePoint now) const noexcept;
  /// The most packets that one take() would grant.
  [[nodiscard]] std::uint32_t available(TimePoint now) const noexcept;

  /// Makes all sharers spend at `permille` (1 to 1000) of their rate. For the one that watches.
  void publish_rate(std::uint32_t permille) noexcept;
  [[nodiscard]] std::uint32_t permille() const noexcept { return word_->share(); }
  /// Packets per second that are granted at present: limit - burst - reserve, or the share of it.
  [[nodiscard]] std::uint32_t rate() const noexcept;
  /// True if this object is the one that watches the interface for all sharers, from now on or
  /// already; a private budget always is. It remains so until stop_watching() or its process ends.
  [[nodiscard]] bool try_to_watch() noexcept;
  void stop_watching() noexcept;

  /// New limits from a reload; what has been spent stays spent. In a window that
  /// spans the change, the bound is the larger of the two.
  void set_limits(Limits limits) noexcept;
  [[nodiscard]] Limits limits() const noexcept { return limits_; }
  [[nodiscard]] bool is_shared() const noexcept { return file_ != nullptr; }
  [[nodiscard]] std::uint64_t packets_sent_by_all() const noexcept;
  [[nodiscard]] std::uint64_t resets() const noexcept;
  /// For reading; lives as long as this object.
  [[nodiscard]] const BudgetWord& word() const noexcept { return *word_; }

 private:
  /// A word that seemed broken, and when.
  struct Suspect {
    std::int64_t bucket_ns = 0;
    TimePoint seen = kNever;
  };

  [[nodiscard]] bool is_broken(std::int64_t bucket_ns, TimePoint now) const noexcept;
  [[nodiscard]] Gcra rule() const noexcept { return rule_.slowed(word_->share()); }
  [[nodiscard]] TimePoint largest_debt(TimePoint now) const noexcept;
  [[nodiscard]] TimePoint bucket(TimePoint now) const noexcept;
  void book(std::uint32_t packets, TimePoint now) noexcept;
  void look_at_broken(std::int64_t bucket_ns, TimePoint now) noexcept;

  Limits limits_;
  Gcra rule_;          // at the full rate
  Duration furthest_;  // that any limits so far let an empty bucket run ahead
  std::unique_ptr<BudgetWord> private_word_;
  std::shared_ptr<BudgetFile> file_;
  BudgetWord* word_;
  Suspect suspect_;
};

}  // namespace sluice::policy
