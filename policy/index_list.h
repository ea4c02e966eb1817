#pragma once

#include <cstdint>

namespace sluice::policy {

/// An object's place in an IndexList. An object may have several, for as many lists at once.
struct IndexLinks {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t before = kNone;
  std::uint32_t after = kNone;
};

/// A doubly linked list through objects that stand in one array or slab and are known by their
/// index. It owns nothing, so that taking an object out of the middle needs neither search nor
/// memory.
struct IndexList {
  static constexpr std::uint32_t kNone = IndexLinks::kNone;

  std::uint32_t first = kNone;
  std::uint32_t last = kNone;

  [[nodiscard]] bool empty() const noexcept { return first == kNone; }
};

/// Puts an object that is in no list by these links at the end of `list`.
template <typename Objects, typename Object>
void append(IndexList& list, Objects& objects, IndexLinks Object::*links,
            std::uint32_t index) noexcept {
  objects[index].*links = {.before = list.last, .after = IndexList::kNone};
  (list.empty() ? list.first : (objects[list.last].*links).after) = index;
  list.last = index;
}

/// Takes an object out of `list`, which it is in.
template <typename Objects, typename Object>
void unlink(IndexList& list, Objects& objects, IndexLinks Object::*links,
            std::uint32_t index) noexcept {
  const auto [before, after] = objects[index].*links;
  (before == IndexList::kNone ? list.first : (objects[before].*links).after) = after;
  (after == IndexList::kNone ? list.last : (objects[after].*links).before) = before;
}

}  // namespace sluice::policy
