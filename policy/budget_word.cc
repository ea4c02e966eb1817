#include "policy/budget_word.h"

#include <algorithm>

namespace sluice::policy {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// A stamp is one word that proves itself: the packet's round through the ring in the upper 8 bits,
// nanoseconds in the others. So a slot that its writer has not reached yet, or died before, still
// shows the round before, and no reader can take an old stamp for a new one.
constexpr unsigned kTimeBits = 56;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;

std::uint64_t to_ns(TimePoint time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

/// Beginning with 1, since a new ring holds zeros.
std::uint64_t round_of(std::uint64_t index) { return (index / BudgetWord::kStamps + 1) & 0xff; }

}  // namespace

void BudgetWord::record(std::uint32_t packets, TimePoint now) noexcept {
  const std::uint64_t end = packets_sent.fetch_add(packets, kRelaxed) + packets;
  const std::uint64_t time = to_ns(now) & kTimeMask;
  for (std::uint64_t i = end - std::min<std::uint64_t>(packets, kStamps); i != end; ++i)
    stamps[i % kStamps].store(round_of(i) << kTimeBits | time, kRelaxed);
}

std::optional<TimePoint> BudgetWord::taken_at(std::uint64_t index, TimePoint now) const noexcept {
  const std::uint64_t stamp = stamps[index % kStamps].load(kRelaxed);
  if (stamp >> kTimeBits != round_of(index)) return std::nullopt;
  // The difference to `now` modulo 2^56, with its sign.
  constexpr unsigned kShift = 64 - kTimeBits;
  const auto difference = static_cast<std::int64_t>((stamp - to_ns(now)) << kShift) >> kShift;
  return now + Duration{difference};
}

}  // namespace sluice::policy
