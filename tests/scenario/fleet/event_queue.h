#pragma once

#include <cstdint>
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

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  /// kNever if there is none.
  [[nodiscard]] TimePoint next() const noexcept { return heap_.empty() ? kNever : heap_.top().at; }
  /// Removes the event at next(); there must be one.
  [[nodiscard]] Event pop() {
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

  std::priority_queue<Entry> heap_;
  std::uint64_t next_serial_ = 0;
};

}  // namespace sluice::fleet
