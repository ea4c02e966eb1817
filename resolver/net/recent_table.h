#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::net {

/// Remembers what was found out about keys, for a while. Where a key would be there is room for
/// kWays of them; one more takes the place of the one that would be forgotten first.
///
/// Thread-confined. Bound: `capacity`, rounded up to a power of two, allocated at construction;
/// nothing is allocated later if Key and Value do not.
template <typename Key, typename Value>
class RecentTable {
 public:
  static constexpr std::size_t kWays = 4;

  RecentTable(std::size_t capacity, Duration memory)
      : slots_(std::bit_ceil(capacity < kWays ? kWays : capacity)), memory_{memory} {}

  /// What put() was given for `key`, or null if that was never, is forgotten or was displaced.
  /// Valid until the next put().
  [[nodiscard]] Value* find(const Key& key, std::uint64_t hash, TimePoint now) noexcept {
    Slot* slot = slot_of(key, hash, now);
    return slot == nullptr ? nullptr : &slot->value;
  }

  /// The same, and it is to be remembered as long as if it were put at `now`.
  [[nodiscard]] Value* find_and_renew(const Key& key, std::uint64_t hash, TimePoint now) noexcept {
    Slot* slot = slot_of(key, hash, now);
    if (slot == nullptr) return nullptr;
    slot->until = now + memory_;
    return &slot->value;
  }

  enum class Room : std::uint8_t { found, made };  ///< made: another that was remembered had to go

  /// Remembers `value` for `key`, in place of what it was.
  Room put(const Key& key, std::uint64_t hash, const Value& value, TimePoint now) noexcept {
    Slot* slot = slot_of(key, hash, now);
    Room room = Room::found;
    if (slot == nullptr) {
      slot = first(hash);
      for (std::size_t way = 1; way < kWays; ++way)
        if (first(hash)[way].until < slot->until) slot = first(hash) + way;
      if (slot->until > now) room = Room::made;
    }
    *slot = {.key = key, .value = value, .until = now + memory_};
    return room;
  }

 private:
  struct Slot {
    Key key{};
    Value value{};
    TimePoint until = TimePoint::min();
  };

  // The ways of a hash are neighbours.
  [[nodiscard]] Slot* first(std::uint64_t hash) noexcept {
    return &slots_[(hash * kWays) & (slots_.size() - 1)];
  }

  [[nodiscard]] Slot* slot_of(const Key& key, std::uint64_t hash, TimePoint now) noexcept {
    for (std::size_t way = 0; way < kWays; ++way)
      if (Slot& slot = first(hash)[way]; slot.until > now && slot.key == key) return &slot;
    return nullptr;
  }

  std::vector<Slot> slots_;
  Duration memory_;
};

}  // namespace sluice::net
