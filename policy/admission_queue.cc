#include "policy/admission_queue.h"

#include <algorithm>
#include <utility>

#include "resolver/base/assert.h"

namespace sluice::policy {

using Order = FlowScheduler::Order;
using Try = FlowScheduler::Try;

AdmissionQueue::AdmissionQueue(std::size_t capacity, std::size_t class_count)
    : nodes_(capacity), classes_(class_count), flows_{capacity, class_count + 1} {
  SLUICE_ASSERT(class_count <= std::size_t{1} << 16);
  active_.reserve(class_count);
}

void AdmissionQueue::set_weight(ClassIndex klass, std::uint32_t weight) noexcept {
  classes_[klass].weight = std::clamp<std::uint32_t>(weight, 1, kMaxWeight);
}

void AdmissionQueue::push(const Entry& entry) noexcept {
  SLUICE_ASSERT(entry.item < nodes_.size() && entry.klass < classes_.size());
  Node& node = nodes_[entry.item];
  SLUICE_ASSERT(!node.queued);
  node.entry = entry;
  node.queued = true;
  append(line(entry.band).items, nodes_, &Node::links, entry.item);
  ++line(entry.band).size;
  ++size_;
  if (!has_flow(entry.band)) return;
  flows_.insert(entry.item, key_of(entry), entry.band == Band::retry ? Try::again : Try::first);
  if (!is_of_class(entry.band) || is_held(entry.klass)) return;
  if (size(entry.klass) == 1) activate(entry.klass);
  if (!active_since_) active_since_ = entry.since;
}

std::optional<AdmissionQueue::Entry> AdmissionQueue::front(TimePoint now, Supply supply) noexcept {
  if (!active_.empty() && !active_since_) active_since_ = now;  // a class was released
  const std::optional<Item> item = choose(now, supply);
  front_ = item.value_or(kNone);
  if (!item) return std::nullopt;
  return nodes_[*item].entry;
}

void AdmissionQueue::pop(TimePoint now) noexcept {
  if (front_ == kNone) return;
  const Entry& entry = nodes_[front_].entry;
  if (is_of_class(entry.band)) {
    Class& klass = classes_[entry.klass];
    now_served_ = std::max(now_served_, klass.start);
    klass.start += entry.price * kPacketAtWeightOne / klass.weight;
    latest_paid_ = std::max(latest_paid_, klass.start);
  }
  if (entry.band == Band::penalty) penalty_served_ = now;
  if (has_flow(entry.band)) flows_.charge(front_, entry.price);
  remove(front_);
}

void AdmissionQueue::remove(Item item) noexcept {
  if (!contains(item)) return;
  Node& node = nodes_[item];
  const auto [band, klass] = std::pair{node.entry.band, node.entry.klass};
  node.queued = false;
  if (front_ == item) front_ = kNone;
  unlink(line(band).items, nodes_, &Node::links, item);
  --line(band).size;
  --size_;
  if (!has_flow(band)) return;
  flows_.erase(item);
  if (is_of_class(band) && !is_held(klass) && size(klass) == 0) deactivate(klass);
}

void AdmissionQueue::hold(ClassIndex klass) noexcept {
  if (is_held(klass)) return;
  classes_[klass].is_held = true;
  if (size(klass) > 0) deactivate(klass);
}

void AdmissionQueue::release(ClassIndex klass) noexcept {
  if (!is_held(klass)) return;
  classes_[klass].is_held = false;
  if (size(klass) > 0) activate(klass);
}

std::optional<AdmissionQueue::Entry> AdmissionQueue::candidate(ClassIndex klass,
                                                               TimePoint now) const noexcept {
  const std::optional<Item> item = next_of(klass, now);
  if (!item) return std::nullopt;
  return nodes_[*item].entry;
}

std::optional<AdmissionQueue::Entry> AdmissionQueue::shed_candidate() const noexcept {
  const std::optional<Item> item = surplus();
  if (!item) return std::nullopt;
  return nodes_[*item].entry;
}

bool AdmissionQueue::contains(Item item) const noexcept {
  return item < nodes_.size() && nodes_[item].queued;
}

std::optional<TimePoint> AdmissionQueue::oldest() const noexcept {
  std::optional<TimePoint> oldest;
  for (const Line& line : lines_) {
    if (line.items.empty()) continue;
    const TimePoint since = nodes_[line.items.first].entry.since;
    oldest = std::min(oldest.value_or(since), since);
  }
  return oldest;
}

std::optional<TimePoint> AdmissionQueue::oldest(Band band) const noexcept {
  if (size(band) == 0) return std::nullopt;
  return nodes_[line(band).items.first].entry.since;
}

std::optional<TimePoint> AdmissionQueue::oldest_not_held() const noexcept {
  for (Item item = line(Band::first_try).items.first; item != kNone;
       item = nodes_[item].links.after)
    if (!is_held(nodes_[item].entry.klass)) return nodes_[item].entry.since;
  return std::nullopt;
}

/// Stubs wait for 1 to 5 s before they ask again, so a burst may stand for a moment and still be
/// served in order: 500 packets of a budget of 1000. Past that the queue is not absorbing a burst,
/// it is too long, and serving in order would make every client wait almost until it gives up.
bool AdmissionQueue::is_overloaded(TimePoint now) const noexcept {
  return active_since_ && now - *active_since_ >= kStanding;
}

FlowScheduler::Key AdmissionQueue::key_of(const Entry& entry) const noexcept {
  if (entry.band == Band::penalty)
    return {.tree = penalty_tree(), .client = 0, .subtree = entry.subtree};
  return {.tree = entry.klass, .client = entry.client, .subtree = entry.subtree};
}

std::optional<AdmissionQueue::Item> AdmissionQueue::choose(TimePoint now,
                                                           Supply supply) const noexcept {
  const bool is_trickle_due = !penalty_served_ || now - *penalty_served_ >= trickle_;
  if (size(Band::penalty) > 0 && (active_.empty() || is_trickle_due)) return next_penalty(now);
  if (!active_.empty()) {
    // The class that has been served least for its weight.
    const auto due = [this](ClassIndex index) { return std::pair{classes_[index].start, index}; };
    return next_of(*std::ranges::min_element(active_, {}, due), now);
  }
  if (supply == Supply::scarce) return std::nullopt;
  if (size(Band::refresh) > 0) return line(Band::refresh).items.first;
  if (size(Band::prefetch) > 0) return line(Band::prefetch).items.first;
  return std::nullopt;
}

std::optional<AdmissionQueue::Item> AdmissionQueue::next_penalty(TimePoint now) const noexcept {
  const bool is_standing = now - *oldest(Band::penalty) >= kStanding;
  return flows_.next(penalty_tree(), is_standing ? Order::newest_first : Order::oldest_first);
}

std::optional<AdmissionQueue::Item> AdmissionQueue::next_of(ClassIndex klass,
                                                            TimePoint now) const noexcept {
  return flows_.next(klass, is_overloaded(now) ? Order::newest_first : Order::oldest_first);
}

std::optional<AdmissionQueue::Item> AdmissionQueue::surplus() const noexcept {
  if (size(Band::prefetch) > 0) return line(Band::prefetch).items.last;
  if (size(Band::refresh) > 0) return line(Band::refresh).items.last;
  if (size(Band::penalty) > 0) return flows_.surplus(penalty_tree());
  return flows_.surplus();  // only classes are left
}

/// A class that comes back starts where the others are now: what it did not use is gone. But what
/// it has used stays used, or sending one at a time would earn a class more than its share.
void AdmissionQueue::activate(ClassIndex index) noexcept {
  Class& klass = classes_[index];
  klass.start = std::max(klass.start, now_served_);
  klass.place = static_cast<ClassIndex>(active_.size());
  active_.push_back(index);
}

void AdmissionQueue::deactivate(ClassIndex index) noexcept {
  const ClassIndex place = classes_[index].place;
  active_[place] = active_.back();
  classes_[active_[place]].place = place;
  active_.pop_back();
  if (!active_.empty()) return;
  // With nothing waiting there were packets for everybody, so what was used before is forgiven.
  now_served_ = latest_paid_;
  active_since_.reset();
}

std::string_view name_of(AdmissionQueue::Band band) noexcept {
  using Band = AdmissionQueue::Band;
  switch (band) {
    case Band::first_try:
      return "first_try";
    case Band::retry:
      return "retry";
    case Band::penalty:
      return "penalty";
    case Band::refresh:
      return "refresh";
    case Band::prefetch:
      return "prefetch";
  }
  return "";
}

}  // namespace sluice::policy
