#include "policy/packet_budget.h"

#include <algorithm>
#include <utility>

#include "policy/budget_file.h"

namespace sluice::policy {

namespace {

// One word carries all that must agree, so no access orders any other.
constexpr auto kRelaxed = std::memory_order_relaxed;

std::int64_t to_ns(TimePoint time) { return time.time_since_epoch().count(); }
TimePoint to_time(std::int64_t ns) { return TimePoint{Duration{ns}}; }
Duration ahead_when_empty(const Gcra& rule) { return rule.empty(TimePoint{}).time_since_epoch(); }

}  // namespace

PacketBudget::PacketBudget(Limits limits)
    : limits_{limits},
      rule_{limits.gcra()},
      furthest_{ahead_when_empty(rule_)},
      private_word_{std::make_unique<BudgetWord>()},
      word_{private_word_.get()} {}

PacketBudget::PacketBudget(Limits limits, std::shared_ptr<BudgetFile> file)
    : limits_{limits},
      rule_{limits.gcra()},
      furthest_{ahead_when_empty(rule_)},
      file_{std::move(file)},
      word_{&file_->word()} {}

bool PacketBudget::take(std::uint32_t packets, TimePoint now) noexcept {
  std::int64_t before = word_->bucket_ns.load(kRelaxed);
  std::optional<TimePoint> after;
  do {
    if (is_broken(before, now)) {
      look_at_broken(before, now);
      return false;
    }
    after = rule_.take(to_time(before), packets, now);
    if (!after) return false;
  } while (!word_->bucket_ns.compare_exchange_weak(before, to_ns(*after), kRelaxed));
  word_->packets_sent.fetch_add(packets, kRelaxed);
  return true;
}

void PacketBudget::charge(std::uint32_t packets, TimePoint now) noexcept {
  charge_again(packets, now);
  word_->packets_sent.fetch_add(packets, kRelaxed);
}

void PacketBudget::charge_again(std::uint32_t packets, TimePoint now) noexcept {
  const TimePoint largest_debt = rule_.empty(now) + kMaxDebt;
  std::int64_t before = word_->bucket_ns.load(kRelaxed);
  TimePoint after;
  do {
    // Never turns the word back: whether it is broken is for take() to judge.
    if (to_time(before) >= largest_debt) return;
    after = std::min(rule_.charge(to_time(before), packets, now), largest_debt);
  } while (!word_->bucket_ns.compare_exchange_weak(before, to_ns(after), kRelaxed));
}

Duration PacketBudget::retry_after(std::uint32_t packets, TimePoint now) const noexcept {
  return rule_.retry_after(bucket(now), packets, now);
}

std::uint32_t PacketBudget::available(TimePoint now) const noexcept {
  return rule_.available(bucket(now), now);
}

void PacketBudget::set_limits(Limits limits) noexcept {
  const Gcra rule{limits.gcra()};
  // A wider tolerance must not become packets at once: those who spent all before the change would
  // get them on top. So the word moves ahead by as much. Then for N packets in a window of 1 s that
  // spans the change, N - 1 intervals of the faster rule are at most 1 s + its own tolerance.
  const Duration widened = rule.tolerance() - rule_.tolerance();
  if (widened > Duration::zero()) word_->bucket_ns.fetch_add(widened.count(), kRelaxed);
  limits_ = limits;
  rule_ = rule;
  // What was honest under the limits before must not look broken under narrower ones.
  furthest_ = std::max(furthest_, ahead_when_empty(rule_));
}

std::uint64_t PacketBudget::packets_sent_by_all() const noexcept {
  return word_->packets_sent.load(kRelaxed);
}

std::uint64_t PacketBudget::resets() const noexcept { return word_->resets.load(kRelaxed); }

bool PacketBudget::is_broken(std::int64_t bucket_ns, TimePoint now) const noexcept {
  return to_time(bucket_ns) > now + furthest_ + kMaxDebt;
}

/// The state of the bucket, a broken word read as what it will be reset to.
TimePoint PacketBudget::bucket(TimePoint now) const noexcept {
  const std::int64_t bucket_ns = word_->bucket_ns.load(kRelaxed);
  return is_broken(bucket_ns, now) ? rule_.empty(now) : to_time(bucket_ns);
}

/// A word can seem broken because our `now` is old: this process read the clock, was stalled, and
/// others went on spending. Turning the word back then would grant their packets again. But a `now`
/// that was read after the first look is past everything honest that the word could hold at that
/// look. So the second look decides, if the word has not moved in between.
void PacketBudget::look_at_broken(std::int64_t bucket_ns, TimePoint now) noexcept {
  if (suspect_.bucket_ns != bucket_ns || suspect_.seen >= now) {
    suspect_ = {.bucket_ns = bucket_ns, .seen = now};
    return;
  }
  // Reset to empty, not to full: packets of the last second may have left already. Of several
  // sharers that see it, one resets.
  if (word_->bucket_ns.compare_exchange_strong(bucket_ns, to_ns(rule_.empty(now)), kRelaxed))
    word_->resets.fetch_add(1, kRelaxed);
  suspect_ = {};
}

}  // namespace sluice::policy
