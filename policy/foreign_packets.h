#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sluice::policy {

/// Tells what other processes send through an interface from two counts that only grow: packets
/// seen leaving it, and packets that the sharers of its budget have counted as sent.
///
/// The two do not move at the same time. A sharer pays before it sends, so a packet may be sent in
/// one interval and seen in the next; hence what was sent and not seen is set against the *next*
/// interval's packets, and against no later one. What has not left by then (a reservation that was
/// not used up, a stalled process) never will cover a stranger's packets: tokens that nobody used
/// must not be saved up. A TCP segment may be seen before its sharer books it, and then counts
/// twice, once as foreign, for an interval. So an error is at most an interval old in our favour,
/// and any older one is a packet paid for twice.
///
/// Pure arithmetic; thread-confined.
class ForeignPackets {
 public:
  struct Counts {
    std::uint64_t seen = 0;
    std::uint64_t sent = 0;
  };

  /// Begins at `counts`. `carried_max`: the most packets that sharers can have paid for and not
  /// sent yet.
  ForeignPackets(Counts counts, std::uint32_t carried_max) noexcept
      : before_{counts}, carried_max_{carried_max} {}

  /// The packets to charge for the interval that ends with `counts`, of which `seen` was read
  /// first.
  [[nodiscard]] std::uint32_t on_counts(Counts counts) noexcept {
    const std::uint64_t seen = grown(before_.seen, counts.seen);
    const std::uint64_t sent = grown(before_.sent, counts.sent);
    before_ = counts;
    const std::uint64_t ours = sent + carried_;
    carried_ = std::min(grown(seen, sent), carried_max_);
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(grown(ours, seen), std::numeric_limits<std::uint32_t>::max()));
  }

 private:
  /// A count that runs backwards (a broken sharer) has not moved.
  static std::uint64_t grown(std::uint64_t from, std::uint64_t to) noexcept {
    return to > from ? to - from : 0;
  }

  Counts before_;
  std::uint64_t carried_max_;
  std::uint64_t carried_ = 0;  // sent in the last interval and not seen in it
};

}  // namespace sluice::policy
