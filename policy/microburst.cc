#include "policy/microburst.h"

#include <algorithm>

namespace sluice::policy {

namespace {

// Longer than the longest window, so that a stamp that comes late (its writer was stalled after it
// had read the clock) still meets its neighbours.
constexpr Duration kKept = 1'100ms;

}  // namespace

Microburst::Microburst(const BudgetWord& word)
    : word_{word}, next_{word.packets_sent.load(std::memory_order_relaxed)}, seen_end_{next_} {
  log_.reserve(BudgetWord::kStamps);
}

Microburst::Peaks Microburst::read(TimePoint now) noexcept {
  Peaks peaks;
  peaks.missed = collect(now);
  const auto is_before = [](const Packet& a, const Packet& b) { return a.taken < b.taken; };
  // Several processes read their clocks and then write, so neighbours may change places.
  if (!std::is_sorted(log_.begin(), log_.end(), is_before))
    std::sort(log_.begin(), log_.end(), is_before);
  peaks.in_1ms = peak(1ms);
  peaks.in_10ms = peak(10ms);
  peaks.in_100ms = peak(100ms);
  peaks.in_1s = peak(1s);
  std::erase_if(log_, [&](const Packet& packet) { return packet.taken < now - kKept; });
  for (Packet& packet : log_) packet.is_new = false;
  return peaks;
}

std::uint32_t Microburst::in_last_second(TimePoint now) const noexcept {
  return static_cast<std::uint32_t>(std::count_if(
      log_.begin(), log_.end(), [&](const Packet& packet) { return packet.taken > now - 1s; }));
}

/// Appends what has been stamped since the last time; how many packets it could not get.
std::uint64_t Microburst::collect(TimePoint now) noexcept {
  const std::uint64_t end = word_.packets_sent.load(std::memory_order_relaxed);
  std::uint64_t missed = 0;
  // Counted backwards: a faulty sharer. There is nothing to be said about what it has overwritten.
  if (end < next_) next_ = seen_end_ = end;
  if (end - next_ > BudgetWord::kStamps) {
    missed = end - next_ - BudgetWord::kStamps;
    next_ = end - BudgetWord::kStamps;
  }
  const auto unread = static_cast<std::size_t>(end - next_);
  if (const std::size_t room = BudgetWord::kStamps - log_.size(); room < unread) {
    log_.erase(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(unread - room));
    missed += unread - room;
  }
  for (; next_ != end; ++next_) {
    if (const auto taken_at = word_.taken_at(next_, now)) {
      log_.push_back({.taken = *taken_at, .is_new = true});
    } else if (next_ < seen_end_) {
      ++missed;  // it had a whole interval to appear
    } else {
      break;
    }
  }
  seen_end_ = end;
  return missed;
}

/// A window can be moved left until it ends with a packet, so these are all that must be looked at.
std::uint32_t Microburst::peak(Duration window) const noexcept {
  std::size_t most = 0;
  TimePoint newest = TimePoint::min();
  std::size_t begin = 0;
  for (std::size_t last = 0; last < log_.size(); ++last) {
    const TimePoint from = log_[last].taken - window;
    while (log_[begin].taken < from) ++begin;
    if (log_[last].is_new) newest = log_[last].taken;
    if (newest >= from) most = std::max(most, last + 1 - begin);
  }
  return static_cast<std::uint32_t>(most);
}

}  // namespace sluice::policy
