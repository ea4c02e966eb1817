#include "policy/top_spenders.h"

#include <algorithm>

namespace sluice::policy {

namespace {

bool is_same(const TopSpenders::Key& a, const TopSpenders::Key& b) noexcept {
  return a.type == b.type && a.spender == b.spender && a.suffix == b.suffix;
}

constexpr Duration slice_length(TopSpenders::Window window) noexcept {
  return TopSpenders::length(window) / static_cast<Duration::rep>(TopSpenders::kSlices);
}

}  // namespace

TopSpenders::TopSpenders(HashKey hash_key) : hash_key_{hash_key} {}

void TopSpenders::add(const Key& key, const Spending& spent, TimePoint now) noexcept {
  const std::uint64_t hash = hash_of(key);
  for (const Window window : {Window::minute, Window::hour}) {
    Ring& ring = rings_[static_cast<std::size_t>(window)];
    turn(ring, window, now);
    ring.slices[ring.current].add(hash, key, spent);
  }
}

void TopSpenders::Slice::add(std::uint64_t hash, const Key& key, const Spending& spent) noexcept {
  packets += spent.packets;
  for (std::size_t i = 0; i < size; ++i)
    if (hashes[i] == hash && is_same(rows[i].key, key)) return rows[i].spent.add(spent);
  if (size < kTracked) {
    hashes[size] = hash;
    rows[size++] = {key, spent, 0};
    return;
  }
  if (spent.packets == 0) return;
  // The newcomer takes the place of who has spent least, and might have spent as much itself while
  // it had no place.
  const auto least = std::min_element(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.spent.packets < b.spent.packets;
  });
  const std::uint64_t overcount = least->spent.packets;
  *least = {key, spent, overcount};
  least->spent.packets += overcount;
  hashes[static_cast<std::size_t>(least - rows.begin())] = hash;
}

/// Makes the slice that `now` falls into the current one.
void TopSpenders::turn(Ring& ring, Window window, TimePoint now) noexcept {
  Slice& slice = ring.slices[ring.current];
  if (slice.since == kNever) {
    slice.since = now;
    return;
  }
  if (now < slice.since + slice_length(window)) return;
  ring.current = (ring.current + 1) % kSlices;
  Slice& next = ring.slices[ring.current];
  next.size = 0;
  next.packets = 0;
  next.since = now;
}

TopSpenders::Top TopSpenders::top(Window window, std::size_t at_most, TimePoint now) const {
  Top top;
  std::vector<std::uint64_t> hashes;
  for (const Slice& slice : rings_[static_cast<std::size_t>(window)].slices) {
    // A slice belongs to the window while any of its time does.
    if (slice.since == kNever || slice.since + slice_length(window) <= now - length(window))
      continue;
    top.covered = std::max(top.covered, now - slice.since);
    top.packets += slice.packets;
    for (std::size_t i = 0; i < slice.size; ++i) {
      const Row& row = slice.rows[i];
      std::size_t at = 0;
      while (at < hashes.size() &&
             !(hashes[at] == slice.hashes[i] && is_same(top.rows[at].key, row.key)))
        ++at;
      if (at == hashes.size()) {
        hashes.push_back(slice.hashes[i]);
        top.rows.push_back(row);
        continue;
      }
      top.rows[at].spent.add(row.spent);
      top.rows[at].overcount += row.overcount;
    }
  }
  std::stable_sort(top.rows.begin(), top.rows.end(),
                   [](const Row& a, const Row& b) { return a.spent.packets > b.spent.packets; });
  if (top.rows.size() > at_most) top.rows.resize(at_most);
  return top;
}

std::uint64_t TopSpenders::hash_of(const Key& key) const noexcept {
  SipHasher hasher{hash_key_};
  hasher.add(key.suffix.wire());
  hasher.add(key.spender.hash(hash_key_));
  hasher.add(static_cast<std::uint64_t>(key.type));
  return hasher.finish();
}

}  // namespace sluice::policy
