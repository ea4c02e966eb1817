#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "policy/admission_queue.h"

namespace sluice::policy {

using Entry = AdmissionQueue::Entry;
using Item = AdmissionQueue::Item;
using ClassIndex = AdmissionQueue::ClassIndex;
using Band = AdmissionQueue::Band;
using Supply = AdmissionQueue::Supply;

constexpr TimePoint t0{1000s};

inline Entry first_try(Item item, ClassIndex klass, std::uint32_t price = 1) {
  return {.item = item, .klass = klass, .price = price, .since = t0};
}
inline Entry retry(Item item, ClassIndex klass) {
  return {.item = item, .klass = klass, .band = Band::retry, .since = t0};
}
inline Entry of_band(Item item, Band band) { return {.item = item, .band = band, .since = t0}; }
/// A first try of class 0.
inline Entry asked(Item item, std::uint64_t client, std::uint64_t subtree = 0) {
  return {.item = item, .client = client, .subtree = subtree, .since = t0};
}

/// The item sent next, removed; the test fails if nothing waits.
inline Entry send_one(AdmissionQueue& queue, TimePoint now = t0) {
  const auto entry = queue.front(now, Supply::spare);
  EXPECT_TRUE(entry.has_value());
  queue.pop(now);
  return entry.value_or(Entry{});
}

inline std::vector<Item> send_all(AdmissionQueue& queue, TimePoint now = t0) {
  std::vector<Item> items;
  while (queue.size() > 0) items.push_back(send_one(queue, now).item);
  return items;
}

/// What shed_candidate() names, one after the other, until nothing is left.
inline std::vector<Item> shed_all(AdmissionQueue& queue) {
  std::vector<Item> items;
  while (const auto entry = queue.shed_candidate()) {
    items.push_back(entry->item);
    queue.remove(entry->item);
  }
  return items;
}

}  // namespace sluice::policy
