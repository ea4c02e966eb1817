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
  const Gcra rule = this->rule();
  std::int64_t before = word_->bucket_ns.load(kRelaxed);
  TimePoint after;
  do {
    if (is_broken(before, now)) {
      look_at_broken(before, now);
      return false;
    }
    const auto granted = rule.take(to_time(before), packets, now);
    if (!granted) return false;
    // Many packets at a small share could seem a broken word to those who know of none. What this
    // forgives leaves them more than their price at the full rate.
    after = std::min(*granted, largest_debt(now));
  } while (!word_->bucket_ns.compare_exchange_weak(before, to_ns(after), kRelaxed));
  word_->record(packets, now);
  return true;
}

void PacketBudget::charge(std::uint32_t packets, TimePoint now) noexcept {
  book(packets, now);
  word_->record(packets, now);
}

void PacketBudget::book(std::uint32_t packets, TimePoint now) noexcept {
  const Gcra rule = this->rule();
  const TimePoint largest = largest_debt(now);
  std::int64_t before = word_->bucket_ns.load(kRelaxed);
  TimePoint after;
  do {
    // Never turns the word back: whether it is broken is for take() to judge.
    if (to_time(before) >= largest) return;
    const Duration room = largest - std::max(to_time(before), now);
    after = packets < room / rule.interval() ? rule.charge(to_time(before), packets, now) : largest;
  } while (!word_->bucket_ns.compare_exchange_weak(before, to_ns(after), kRelaxed));
}

Duration PacketBudget::retry_after(std::uint32_t packets, TimePoint now) const noexcept {
  return rule().retry_after(bucket(now), packets, now);
}

std::uint32_t PacketBudget::available(TimePoint now) const noexcept {
  return rule().available(bucket(now), now);
}

void PacketBudget::publish_rate(std::uint32_t permille) noexcept {
  SLUICE_ASSERT(permille >= 1 && permille <= BudgetWord::kFullRate);
  word_->rate_permille.store(permille, kRelaxed);
}

std::uint32_t PacketBudget::rate() const noexcept {
  const std::uint64_t full = limits_.gcra().rate;
  return static_cast<std::uint32_t>(
      std::max<std::uint64_t>(1, full * permille() / BudgetWord::kFullRate));
}

bool PacketBudget::try_to_watch() noexcept { return !file_ || file_->try_to_watch(); }

void PacketBudget::stop_watching() noexcept {
  if (file_) file_->stop_watching();
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

/// Where charges stop. Whatever the share, so that all agree what no honest word exceeds.
TimePoint PacketBudget::largest_debt(TimePoint now) const noexcept {
  return rule_.empty(now) + kMaxDebt;
}

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
