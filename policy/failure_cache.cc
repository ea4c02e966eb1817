#include "policy/failure_cache.h"

#include <algorithm>
#include <limits>

namespace sluice::policy {

namespace {

/// How long failure number `streak` in a row is remembered.
Duration time_to_live(std::uint8_t streak, Random& random) noexcept {
  Duration base = FailureCache::kFirst;
  for (unsigned i = 1; i < streak && base < FailureCache::kLongest; ++i) base *= 2;
  base = std::min(base, FailureCache::kLongest);
  const Duration tenth = base / 10;
  const Duration jittered =
      base - tenth + Duration{random.below(static_cast<std::uint64_t>(2 * tenth.count()) + 1)};
  // RFC 9520 section 3.2 wants at least 1 s and at most 5 minutes.
  return std::clamp(jittered, FailureCache::kFirst, FailureCache::kLongest);
}

}  // namespace

FailureCache::FailureCache(std::size_t capacity, HashKey hash_key)
    : slots_(std::max<std::size_t>(1, (capacity + kWays - 1) / kWays) * kWays) {
  Random keys{hash_key};
  high_key_ = keys.next_key();
  low_key_ = keys.next_key();
}

std::optional<FailureCache::Failure> FailureCache::lookup(const dns::LookupKey& key,
                                                          TimePoint now) const noexcept {
  const Slot* slot = find(tag_of(key));
  if (slot == nullptr || slot->failure.expires <= now) return std::nullopt;
  return slot->failure;
}

FailureCache::Failure FailureCache::record(const dns::LookupKey& key, FailureCause cause,
                                           TimePoint now, Random& random) noexcept {
  const Tag tag = tag_of(key);
  Slot& slot = slot_for(tag, now);
  const std::uint8_t before = slot.streak_ends > now ? slot.failure.streak : std::uint8_t{0};
  const auto streak = static_cast<std::uint8_t>(
      std::min<unsigned>(before + 1U, std::numeric_limits<std::uint8_t>::max()));
  const Duration ttl = time_to_live(streak, random);
  slot.failure = {.cause = cause, .streak = streak, .since = now, .expires = now + ttl};
  slot.streak_ends = slot.failure.expires + std::max(ttl, kStreakMemory);
  return slot.failure;
}

void FailureCache::keep_for(const dns::LookupKey& key, Duration least) noexcept {
  const Slot* found = find(tag_of(key));
  if (found == nullptr) return;
  Slot& slot = slots_[static_cast<std::size_t>(found - slots_.data())];
  const TimePoint end = slot.failure.since + std::min(least, kLongest);
  slot.failure.expires = std::max(slot.failure.expires, end);
  slot.streak_ends = std::max(slot.streak_ends, end + kStreakMemory);
}

void FailureCache::forget(const dns::LookupKey& key) noexcept {
  const Slot* found = find(tag_of(key));
  if (found == nullptr) return;
  slots_[static_cast<std::size_t>(found - slots_.data())] = {};
  --size_;
}

void FailureCache::clear() noexcept {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  size_ = 0;
}

FailureCache::Tag FailureCache::tag_of(const dns::LookupKey& key) const noexcept {
  return {.high = key.hash(high_key_), .low = std::max<std::uint64_t>(key.hash(low_key_), 1)};
}

std::size_t FailureCache::first_slot_of(const Tag& tag) const noexcept {
  return tag.high % (slots_.size() / kWays) * kWays;
}

const FailureCache::Slot* FailureCache::find(const Tag& tag) const noexcept {
  const std::span set = std::span{slots_}.subspan(first_slot_of(tag), kWays);
  const auto slot = std::ranges::find(set, tag, &Slot::tag);
  return slot == set.end() ? nullptr : &*slot;
}

/// The slot that holds `tag` already or has been cleared for it.
FailureCache::Slot& FailureCache::slot_for(const Tag& tag, TimePoint now) noexcept {
  const std::span set = std::span{slots_}.subspan(first_slot_of(tag), kWays);
  if (const auto slot = std::ranges::find(set, tag, &Slot::tag); slot != set.end()) return *slot;
  // An empty slot is past since the epoch; of those past, any is free. Only if there is none must
  // a failure go that is still of use.
  const auto past =
      std::ranges::find_if(set, [now](const Slot& s) { return s.streak_ends <= now; });
  const auto expires = [](const Slot& s) { return s.failure.expires; };
  Slot& slot = past != set.end() ? *past : *std::ranges::min_element(set, {}, expires);
  if (past == set.end()) ++evictions_;
  if (slot.tag == Tag{}) ++size_;
  slot = {.tag = tag};
  return slot;
}

}  // namespace sluice::policy
