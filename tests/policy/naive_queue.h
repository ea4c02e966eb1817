#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "policy/admission_queue.h"

namespace sluice::policy {

/// What AdmissionQueue does, without a thought for speed: one vector of all that waits. Which flow
/// of a class is next it does not know; it knows which entry of a flow is.
class NaiveQueue {
 public:
  using Entry = AdmissionQueue::Entry;
  using Item = AdmissionQueue::Item;
  using ClassIndex = AdmissionQueue::ClassIndex;
  using Band = AdmissionQueue::Band;
  using Supply = AdmissionQueue::Supply;

  NaiveQueue(std::vector<std::uint32_t> weights, Duration trickle)
      : weights_{std::move(weights)}, trickle_{trickle} {}

  void push(const Entry& entry) {
    const bool was_active = is_active(entry.klass);
    waiting_.push_back(entry);
    if (!was_active && is_active(entry.klass)) activate(entry.klass);
    if (is_of_class(entry) && !held_.contains(entry.klass) && !active_since_)
      active_since_ = entry.since;
  }
  /// Whether `entry` may be sent next; nullopt: that nothing may be.
  [[nodiscard]] bool may_be_front(const std::optional<Entry>& entry, TimePoint now, Supply supply) {
    if (any_active() && !active_since_) active_since_ = now;
    const auto place = next_place(now, supply);
    if (!place || !entry) return !place && !entry;
    return place_of(*entry) == *place && is_first_of_flow(*entry, now);
  }
  void pop(const Entry& entry, TimePoint now) {
    if (is_of_class(entry)) {
      served_ = std::max(served_, start_[entry.klass]);
      start_[entry.klass] += entry.price * (std::uint64_t{1} << 24) / weights_[entry.klass];
    }
    if (entry.band == Band::penalty) penalty_served_ = now;
    remove(entry.item);
  }
  void remove(Item item) {
    std::erase_if(waiting_, [item](const Entry& entry) { return entry.item == item; });
    settle();
  }
  void hold(ClassIndex klass) {
    held_.insert(klass);
    settle();
  }
  void release(ClassIndex klass) {
    if (held_.erase(klass) > 0 && is_active(klass)) activate(klass);
  }
  [[nodiscard]] bool may_be_shed(const std::optional<Entry>& entry) const {
    if (!entry) return waiting_.empty();
    for (const Band band : {Band::prefetch, Band::refresh})
      if (size(band) > 0) return entry->item == newest_of(band).item;
    if (size(Band::penalty) > 0) return entry->band == Band::penalty && is_last_of_flow(*entry);
    return is_last_of_flow(*entry) && std::ranges::all_of(waiting_, [&](const Entry& other) {
             return length_of_client(other) <= length_of_client(*entry);
           });
  }
  [[nodiscard]] std::optional<TimePoint> oldest() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.front().since;
  }
  [[nodiscard]] std::optional<TimePoint> oldest(Band band) const {
    const auto first = std::ranges::find(waiting_, band, &Entry::band);
    if (first == waiting_.end()) return std::nullopt;
    return first->since;
  }
  [[nodiscard]] bool is_overloaded(TimePoint now) const {
    return active_since_ && now - *active_since_ >= AdmissionQueue::kStanding;
  }
  [[nodiscard]] bool contains(Item item) const {
    return std::ranges::count(waiting_, item, &Entry::item) == 1;
  }
  [[nodiscard]] std::size_t size(ClassIndex klass) const {
    return count([&](const Entry& entry) { return is_of_class(entry) && entry.klass == klass; });
  }
  [[nodiscard]] std::size_t size(Band band) const {
    return count([&](const Entry& entry) { return entry.band == band; });
  }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  /// A band, and for the classes which one; retries have the place of first tries.
  using Place = std::pair<Band, ClassIndex>;
  using Flow = std::tuple<Place, std::uint64_t, std::uint64_t>;

  static bool is_of_class(const Entry& entry) { return entry.band <= Band::retry; }
  static Place place_of(const Entry& entry) {
    return is_of_class(entry) ? Place{Band::first_try, entry.klass} : Place{entry.band, 0};
  }
  static Flow flow_of(const Entry& entry) {
    if (is_of_class(entry)) return {place_of(entry), entry.client, entry.subtree};
    return {place_of(entry), 0, entry.band == Band::penalty ? entry.subtree : 0};
  }

  [[nodiscard]] bool is_active(ClassIndex klass) const {
    return size(klass) > 0 && !held_.contains(klass);
  }
  [[nodiscard]] bool any_active() const {
    return std::ranges::any_of(waiting_, [this](const Entry& entry) {
      return is_of_class(entry) && !held_.contains(entry.klass);
    });
  }
  void activate(ClassIndex klass) { start_[klass] = std::max(start_[klass], served_); }
  void settle() {
    if (any_active()) return;
    active_since_.reset();
    for (const auto& [klass, start] : start_) served_ = std::max(served_, start);
  }

  [[nodiscard]] std::optional<Place> next_place(TimePoint now, Supply supply) {
    const bool is_due = !penalty_served_ || now - *penalty_served_ >= trickle_;
    if (size(Band::penalty) > 0 && (!any_active() || is_due)) return Place{Band::penalty, 0};
    std::optional<ClassIndex> best;
    for (ClassIndex klass = 0; klass < weights_.size(); ++klass)
      if (is_active(klass) && (!best || start_[klass] < start_[*best])) best = klass;
    if (best) return Place{Band::first_try, *best};
    for (const Band band : {Band::refresh, Band::prefetch})
      if (supply == Supply::spare && size(band) > 0) return Place{band, 0};
    return std::nullopt;
  }
  [[nodiscard]] bool is_first_of_flow(const Entry& entry, TimePoint now) const {
    const std::vector<Entry> flow = in_order_of_service(entry);
    const bool is_penalty = entry.band == Band::penalty;
    const bool newest_first = is_penalty ? now - *oldest(entry.band) >= AdmissionQueue::kStanding
                                         : is_of_class(entry) && is_overloaded(now);
    if (!newest_first || entry.band == Band::retry) return entry == flow.front();
    return entry == *std::ranges::find_if(
                        flow.rbegin(), flow.rend(),
                        [&](const Entry& other) { return other.band == entry.band; }) &&
           entry.band == flow.front().band;
  }
  [[nodiscard]] bool is_last_of_flow(const Entry& entry) const {
    return entry == in_order_of_service(entry).back();
  }
  /// The entries of this one's flow: first tries before retries, each in order of push().
  [[nodiscard]] std::vector<Entry> in_order_of_service(const Entry& entry) const {
    std::vector<Entry> flow;
    std::ranges::copy_if(waiting_, std::back_inserter(flow),
                         [&](const Entry& other) { return flow_of(other) == flow_of(entry); });
    std::ranges::stable_sort(flow, {}, &Entry::band);
    return flow;
  }
  [[nodiscard]] std::size_t length_of_client(const Entry& entry) const {
    return count([&](const Entry& other) {
      return place_of(other) == place_of(entry) && other.client == entry.client;
    });
  }
  [[nodiscard]] const Entry& newest_of(Band band) const {
    return *std::ranges::find(waiting_.rbegin(), waiting_.rend(), band, &Entry::band);
  }
  template <typename Predicate>
  [[nodiscard]] std::size_t count(Predicate predicate) const {
    return static_cast<std::size_t>(std::ranges::count_if(waiting_, predicate));
  }

  std::vector<std::uint32_t> weights_;
  Duration trickle_;
  std::map<ClassIndex, std::uint64_t> start_;
  std::set<ClassIndex> held_;
  std::uint64_t served_ = 0;
  std::optional<TimePoint> active_since_;
  std::optional<TimePoint> penalty_served_;
  std::vector<Entry> waiting_;
};

}  // namespace sluice::policy
