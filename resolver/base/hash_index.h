#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "resolver/base/slab.h"

namespace sluice {

/// Finds objects of a Slab by hash: chained buckets threaded through the objects themselves. T has
/// the members `std::uint64_t hash` and `std::uint32_t next_in_bucket`.
///
/// Thread-confined. Never allocates after construction.
template <typename T>
class HashIndex {
 public:
  using Index = typename Slab<T>::Index;

  explicit HashIndex(Slab<T>& slab)
      : slab_{slab}, heads_(std::bit_ceil(std::size_t{slab.capacity()} + 1), Slab<T>::kNone) {}

  void insert(Index index) noexcept {
    Index& head = head_of(slab_[index].hash);
    slab_[index].next_in_bucket = head;
    head = index;
  }

  /// Takes out an object that is in the index.
  void erase(Index index) noexcept {
    Index* link = &head_of(slab_[index].hash);
    while (*link != index) {
      SLUICE_ASSERT(*link != Slab<T>::kNone);
      link = &slab_[*link].next_in_bucket;
    }
    *link = slab_[index].next_in_bucket;
  }

  /// The object with this hash for which `matches(object)` holds, or kNone.
  template <typename Matches>
  [[nodiscard]] Index find(std::uint64_t hash, Matches&& matches) const noexcept {
    for (Index index = heads_[hash & (heads_.size() - 1)]; index != Slab<T>::kNone;
         index = slab_[index].next_in_bucket) {
      const T& object = slab_[index];
      if (object.hash == hash && matches(object)) return index;
    }
    return Slab<T>::kNone;
  }

 private:
  [[nodiscard]] Index& head_of(std::uint64_t hash) noexcept {
    return heads_[hash & (heads_.size() - 1)];
  }

  Slab<T>& slab_;
  std::vector<Index> heads_;
};

}  // namespace sluice
