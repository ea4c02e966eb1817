#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/random.h"
#include "resolver/dns/question.h"

namespace sluice::policy {

/// Why a question failed; the SERVFAIL counters and EDE codes follow from it.
enum class FailureCause : std::uint8_t {
  timeout,            ///< no upstream answered in time
  upstream_servfail,  ///< an upstream said SERVFAIL
  upstream_refused,   ///< REFUSED, NOTIMP, FORMERR or another error code
  network,            ///< unreachable, connection refused or reset
  bad_response,       ///< malformed or for another question
};

/// Resolution failures by question (RFC 9520 section 3.2): while one is remembered, its question
/// costs no packet.
///
/// The first failure is remembered for kFirst, each further one in a row for twice as long up to
/// kLongest, with jitter of a tenth that never leaves these two. Success forgets. A streak outlives
/// its failure by as long again, at least kStreakMemory, so that a question which is asked again
/// and fails again backs off further. The key holds DO and CD (RFC 6840 section 5.9). Never touches
/// the response cache, so a failure cannot replace good data.
///
/// Thread-confined to the engine. Bound: `capacity` entries, rounded up to whole sets of 4; in a
/// full set the failure that expires first makes room. Entries are kept as 128-bit keyed hashes of
/// the question. Never allocates after construction.
class FailureCache {
 public:
  static constexpr Duration kFirst = std::chrono::seconds{1};
  static constexpr Duration kLongest = std::chrono::seconds{300};
  static constexpr Duration kStreakMemory = std::chrono::seconds{30};

  struct Failure {
    FailureCause cause = FailureCause::timeout;
    std::uint8_t streak = 0;  ///< failures in a row
    TimePoint since{};        ///< when the last of them was recorded
    TimePoint expires{};
  };

  FailureCache(std::size_t capacity, HashKey hash_key);

  /// The failure that is still to be answered with, if any.
  [[nodiscard]] std::optional<Failure> lookup(const dns::LookupKey& key,
                                              TimePoint now) const noexcept;
  /// Remembers one more failure of `key`; what it returns is in force.
  Failure record(const dns::LookupKey& key, FailureCause cause, TimePoint now,
                 Random& random) noexcept;
  /// Keeps the failure of `key` in force for `least` from when it was recorded, if it would end
  /// sooner: where stale data is there to answer with, it may rest longer (RFC 8767 section 5).
  void keep_for(const dns::LookupKey& key, Duration least) noexcept;
  /// Forgets `key` after a success. Nothing to forget is fine.
  void forget(const dns::LookupKey& key) noexcept;

  /// Forgets everything.
  void clear() noexcept;

  /// Entries held. One that is past stays until its place is needed.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Entries that made room before they were past.
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  static constexpr std::size_t kWays = 4;

  struct Tag {
    std::uint64_t high = 0;
    std::uint64_t low = 0;  ///< 0: an empty slot
    friend bool operator==(const Tag&, const Tag&) = default;
  };
  struct Slot {
    Tag tag;
    Failure failure{};
    TimePoint streak_ends{};
  };

  [[nodiscard]] Tag tag_of(const dns::LookupKey& key) const noexcept;
  [[nodiscard]] std::size_t first_slot_of(const Tag& tag) const noexcept;
  [[nodiscard]] const Slot* find(const Tag& tag) const noexcept;
  [[nodiscard]] Slot& slot_for(const Tag& tag, TimePoint now) noexcept;

  HashKey high_key_;
  HashKey low_key_;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace sluice::policy
