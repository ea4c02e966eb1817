#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "policy/admission_queue.h"

namespace sluice::policy {

/// What AdmissionQueue does, without a thought for speed: one vector of all that waits.
class NaiveQueue {
 public:
  using Entry = AdmissionQueue::Entry;
  using Item = AdmissionQueue::Item;
  using ClassIndex = AdmissionQueue::ClassIndex;
  using Priority = AdmissionQueue::Priority;

  explicit NaiveQueue(std::vector<std::uint32_t> weights) : weights_{std::move(weights)} {}

  void push(const Entry& entry) {
    if (size(entry.klass) == 0) start_[entry.klass] = std::max(start_[entry.klass], served_);
    waiting_.push_back(entry);
  }
  [[nodiscard]] std::optional<Entry> front() {
    std::optional<Entry> best;
    for (const Entry& entry : waiting_)
      if (!best || rank(entry) < rank(*best)) best = entry;
    return best;
  }
  void pop() {
    const Entry entry = *front();
    served_ = start_[entry.klass];
    start_[entry.klass] += entry.price * (std::uint64_t{1} << 24) / weights_[entry.klass];
    remove(entry.item);
  }
  void remove(Item item) {
    std::erase_if(waiting_, [item](const Entry& entry) { return entry.item == item; });
    if (!waiting_.empty()) return;
    for (const auto& [klass, start] : start_) served_ = std::max(served_, start);
  }
  [[nodiscard]] std::optional<Entry> shed_candidate() {
    std::optional<Entry> best;
    for (const Entry& entry : waiting_)  // the newest of equals
      if (!best || shed_rank(entry) >= shed_rank(*best)) best = entry;
    return best;
  }
  [[nodiscard]] std::optional<TimePoint> oldest() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.front().since;
  }
  [[nodiscard]] bool contains(Item item) const {
    return std::ranges::count(waiting_, item, &Entry::item) == 1;
  }
  [[nodiscard]] std::size_t size(ClassIndex klass) const {
    return static_cast<std::size_t>(std::ranges::count(waiting_, klass, &Entry::klass));
  }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  [[nodiscard]] std::tuple<std::uint64_t, ClassIndex, Priority> rank(const Entry& entry) {
    return {start_[entry.klass], entry.klass, entry.priority};
  }
  [[nodiscard]] std::tuple<std::size_t, std::uint32_t, ClassIndex, Priority> shed_rank(
      const Entry& entry) const {
    return {size(entry.klass), ~weights_[entry.klass], entry.klass, entry.priority};
  }

  std::vector<std::uint32_t> weights_;
  std::map<ClassIndex, std::uint64_t> start_;
  std::uint64_t served_ = 0;
  std::vector<Entry> waiting_;
};

}  // namespace sluice::policy
