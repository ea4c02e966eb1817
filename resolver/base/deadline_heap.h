#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice {

/// The next deadline among many: a binary heap over slab indexes that knows where each one stands,
/// so that a deadline can move or go away.
///
/// Thread-confined. O(log n); never allocates after construction. Bound: `capacity` indexes.
class DeadlineHeap {
 public:
  using Index = std::uint32_t;

  explicit DeadlineHeap(std::size_t capacity) : positions_(capacity, kAbsent) {
    heap_.reserve(capacity);
  }

  /// Sets or moves the deadline of `index`.
  void set(Index index, TimePoint deadline) noexcept {
    std::uint32_t at = positions_[index];
    if (at == kAbsent) {
      at = static_cast<std::uint32_t>(heap_.size());
      heap_.push_back({deadline, index});
      positions_[index] = at;
      rise(at);
      return;
    }
    const bool earlier = deadline < heap_[at].deadline;
    heap_[at].deadline = deadline;
    earlier ? rise(at) : sink(at);
  }

  /// Forgets the deadline of `index`; nothing happens if it has none.
  void erase(Index index) noexcept {
    const std::uint32_t at = positions_[index];
    if (at == kAbsent) return;
    positions_[index] = kAbsent;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    place(at, last);
    rise(at);
    sink(positions_[last.index]);
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  /// kNever if there is none.
  [[nodiscard]] TimePoint next() const noexcept {
    return heap_.empty() ? kNever : heap_.front().deadline;
  }
  /// The index whose deadline is next(); there must be one.
  [[nodiscard]] Index front() const noexcept { return heap_.front().index; }

 private:
  static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};
  struct Entry {
    TimePoint deadline;
    Index index;
  };

  void place(std::uint32_t at, const Entry& entry) noexcept {
    heap_[at] = entry;
    positions_[entry.index] = at;
  }

  void swap(std::uint32_t a, std::uint32_t b) noexcept {
    const Entry entry = heap_[a];
    place(a, heap_[b]);
    place(b, entry);
  }

  void rise(std::uint32_t at) noexcept {
    while (at > 0) {
      const std::uint32_t parent = (at - 1) / 2;
      if (heap_[parent].deadline <= heap_[at].deadline) return;
      swap(at, parent);
      at = parent;
    }
  }

  void sink(std::uint32_t at) noexcept {
    for (;;) {
      std::uint32_t least = at;
      for (const std::uint32_t child : {2 * at + 1, 2 * at + 2})
        if (child < heap_.size() && heap_[child].deadline < heap_[least].deadline) least = child;
      if (least == at) return;
      swap(at, least);
      at = least;
    }
  }

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace sluice
