#include "policy/admission_queue.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "resolver/base/assert.h"

namespace sluice::policy {

AdmissionQueue::AdmissionQueue(std::size_t capacity, std::size_t class_count)
    : nodes_(capacity), classes_(class_count) {
  SLUICE_ASSERT(capacity < kNone && class_count <= std::size_t{1} << 16);
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
  Class& klass = classes_[entry.klass];
  if (klass.size == 0) activate(entry.klass);
  append(list_of(klass, entry.priority), &Node::in_class, entry.item);
  append(all_, &Node::in_all, entry.item);
  ++klass.size;
  ++size_;
}

std::optional<AdmissionQueue::Entry> AdmissionQueue::front() noexcept {
  if (size_ == 0) return std::nullopt;
  // The class that has been served least for its weight.
  const auto due = [this](ClassIndex index) { return std::pair{classes_[index].start, index}; };
  const Class& klass = classes_[*std::ranges::min_element(active_, {}, due)];
  front_ = klass.first_tries.first != kNone ? klass.first_tries.first : klass.retries.first;
  return nodes_[front_].entry;
}

void AdmissionQueue::pop() noexcept {
  if (front_ == kNone) return;
  const Entry& entry = nodes_[front_].entry;
  Class& klass = classes_[entry.klass];
  now_served_ = std::max(now_served_, klass.start);
  klass.start += entry.price * kPacketAtWeightOne / klass.weight;
  latest_paid_ = std::max(latest_paid_, klass.start);
  remove(front_);
}

void AdmissionQueue::remove(Item item) noexcept {
  if (!contains(item)) return;
  Node& node = nodes_[item];
  Class& klass = classes_[node.entry.klass];
  unlink(list_of(klass, node.entry.priority), &Node::in_class, item);
  unlink(all_, &Node::in_all, item);
  node.queued = false;
  if (front_ == item) front_ = kNone;
  if (--klass.size == 0) deactivate(node.entry.klass);
  // With nothing waiting there were packets for everybody, so what was used before is forgiven.
  if (--size_ == 0) now_served_ = latest_paid_;
}

std::optional<AdmissionQueue::Entry> AdmissionQueue::shed_candidate() const noexcept {
  if (size_ == 0) return std::nullopt;
  const auto length = [this](ClassIndex index) {
    return std::tuple{classes_[index].size, kMaxWeight - classes_[index].weight, index};
  };
  const Class& klass = classes_[*std::ranges::max_element(active_, {}, length)];
  return nodes_[klass.retries.last != kNone ? klass.retries.last : klass.first_tries.last].entry;
}

bool AdmissionQueue::contains(Item item) const noexcept {
  return item < nodes_.size() && nodes_[item].queued;
}

std::optional<TimePoint> AdmissionQueue::oldest() const noexcept {
  if (all_.first == kNone) return std::nullopt;
  return nodes_[all_.first].entry.since;
}

void AdmissionQueue::append(List& list, Links Node::*links, Item item) noexcept {
  nodes_[item].*links = {.before = list.last, .after = kNone};
  (list.last == kNone ? list.first : (nodes_[list.last].*links).after) = item;
  list.last = item;
}

void AdmissionQueue::unlink(List& list, Links Node::*links, Item item) noexcept {
  const auto [before, after] = nodes_[item].*links;
  (before == kNone ? list.first : (nodes_[before].*links).after) = after;
  (after == kNone ? list.last : (nodes_[after].*links).before) = before;
}

AdmissionQueue::List& AdmissionQueue::list_of(Class& klass, Priority priority) noexcept {
  return priority == Priority::first_try ? klass.first_tries : klass.retries;
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
}

}  // namespace sluice::policy
