#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::lab {

/// Items that come out when they are due, equal times in the order they went in.
///
/// Bound: `capacity` items; push() refuses more.
template <typename T>
class DelayQueue {
 public:
  explicit DelayQueue(std::size_t capacity) : capacity_{capacity} {}

  [[nodiscard]] bool push(TimePoint due, T item) {
    if (heap_.size() == capacity_) return false;
    heap_.push_back({due, next_sequence_++, std::move(item)});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
    return true;
  }

  /// The first item that is due at `now`, removed; nullopt if none is.
  [[nodiscard]] std::optional<T> pop_due(TimePoint now) {
    if (heap_.empty() || heap_.front().due > now) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    std::optional<T> item{std::move(heap_.back().item)};
    heap_.pop_back();
    return item;
  }

  [[nodiscard]] TimePoint next_due() const noexcept {
    return heap_.empty() ? kNever : heap_.front().due;
  }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

 private:
  struct Entry {
    TimePoint due;
    std::uint64_t sequence;
    T item;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const noexcept {
      return a.due != b.due ? a.due > b.due : a.sequence > b.sequence;
    }
  };

  std::vector<Entry> heap_;
  std::size_t capacity_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace sluice::lab
