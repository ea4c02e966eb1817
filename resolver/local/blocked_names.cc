#include "resolver/local/blocked_names.h"

#include <algorithm>

namespace sluice::local {
namespace {

constexpr unsigned kActionBits = 3;
constexpr std::uint64_t kActionMask = (1U << kActionBits) - 1;
constexpr std::uint64_t kHashMask = ~((1ULL << 2 * kActionBits) - 1);
static_assert(static_cast<std::uint64_t>(ListAction::local_data) <= kActionMask);

std::uint64_t pack(std::uint64_t hash, NameActions actions) noexcept {
  return (hash & kHashMask) | static_cast<std::uint64_t>(actions.below) << kActionBits |
         static_cast<std::uint64_t>(actions.itself);
}

NameActions actions_of(std::uint64_t slot) noexcept {
  return {.itself = static_cast<ListAction>(slot & kActionMask),
          .below = static_cast<ListAction>(slot >> kActionBits & kActionMask)};
}

ListAction first_of(ListAction first, ListAction second) noexcept {
  return first != ListAction::none ? first : second;
}

}  // namespace

void BlockedNames::Builder::reserve(std::size_t names) {
  entries_.reserve(std::min(names, kMaxBlockedNames));
}

bool BlockedNames::Builder::add(std::uint64_t hash, NameActions actions) {
  if (entries_.size() == kMaxBlockedNames) return false;
  entries_.push_back(pack(hash, actions));
  return true;
}

BlockedNames::BlockedNames(const Builder& builder) {
  const std::size_t count = builder.entries_.size();
  slots_.resize(count + count / 3 + 1);  // never full: a search for what is not there ends
  for (const std::uint64_t entry : builder.entries_) {
    std::size_t at = home_of(entry);
    while (slots_[at] != 0 && (slots_[at] & kHashMask) != (entry & kHashMask))
      at = at + 1 == slots_.size() ? 0 : at + 1;
    if (slots_[at] == 0) {
      slots_[at] = entry;
      ++size_;
      continue;
    }
    const NameActions before = actions_of(slots_[at]);
    const NameActions now = actions_of(entry);
    slots_[at] = pack(entry, {.itself = first_of(before.itself, now.itself),
                              .below = first_of(before.below, now.below)});
  }
}

NameActions BlockedNames::find(std::uint64_t hash) const noexcept {
  if (size_ == 0) return {};
  for (std::size_t at = home_of(hash); slots_[at] != 0; at = at + 1 == slots_.size() ? 0 : at + 1) {
    if ((slots_[at] & kHashMask) == (hash & kHashMask)) return actions_of(slots_[at]);
  }
  return {};
}

/// The upper half of the hash, scaled to the table (Lemire's reduction): any size will do, where a
/// power of two would waste up to half of the memory.
std::size_t BlockedNames::home_of(std::uint64_t hash) const noexcept {
  return (hash >> 32) * slots_.size() >> 32;
}

}  // namespace sluice::local
