#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <utility>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::fleet {

/// What is still to happen in virtual time, the earliest first; of one instant, in the order added.
/// That order makes a run repeatable.
template <typename Event>
class EventQueue {
 public:
  void add(TimePoint at, Event event) { heap_.push({at, next_serial_++, std::move(event)}); }
  /// The same for events that are added in the order of their times, as time-outs that are all
  /// equally long: they need no sorting.
  void add_in_order(TimePoint at, Event event) {
    in_order_.push_back({at, next_serial_++, std::move(event)});
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty() && in_order_.empty(); }
  /// kNever if there is none.
  [[nodiscard]] TimePoint next() const noexcept {
    if (empty()) return kNever;
    return is_next_in_order() ? in_order_.front().at : heap_.top().at;
  }
  /// Removes the event at next(); there must be one.
  [[nodiscard]] Event pop() {
    if (is_next_in_order()) {
      Event event = in_order_.front().event;
      in_order_.pop_front();
      return event;
    }
    Event event = heap_.top().event;
    heap_.pop();
    return event;
  }

 private:
  struct Entry {
    TimePoint at;
    std::uint64_t serial;
    Event event;
    bool operator<(const Entry& other) const noexcept {  // the queue has the greatest on top
      return at != other.at ? at > other.at : serial > other.serial;
    }
  };

  [[nodiscard]] bool is_next_in_order() const noexcept {
    return !in_order_.empty() && (heap_.empty() || heap_.top() < in_order_.front());
  }

  std::priority_queue<Entry> heap_;
  std::deque<Entry> in_order_;
  std::uint64_t next_serial_ = 0;
};

}  // namespace sluice::fleet
