#pragma once

#include <cstdint>
#include <memory>

#include "policy/index_list.h"
#include "resolver/base/hash_index.h"
#include "resolver/base/slab.h"

namespace sluice::policy {

/// Flows by key. A flow with nothing waiting is idle: it is remembered, for what it has used, until
/// its slot is needed for another. The one that has been idle longest goes first.
///
/// Flow has the members that HashIndex asks for, `Key key`, `std::uint32_t size` (entries that
/// wait; the caller counts) and `IndexLinks links`, which are the table's while it is idle and the
/// caller's otherwise.
///
/// Thread-confined. Constant time; no allocation after construction. Bound: `capacity` flows,
/// fewer of which may be busy when wake() is called.
template <typename Flow>
class FlowTable {
 public:
  using Index = typename Slab<Flow>::Index;
  using Key = decltype(Flow::key);

  explicit FlowTable(std::size_t capacity)
      : slab_{std::make_unique<Slab<Flow>>(capacity)}, index_{*slab_} {}

  /// The flow of this key, which is idle no longer.
  [[nodiscard]] Index wake(const Key& key) noexcept {
    const std::uint64_t hash = key.hash();
    const Index known = index_.find(hash, [&](const Flow& flow) { return flow.key == key; });
    if (known == Slab<Flow>::kNone) return take(key, hash);
    if ((*slab_)[known].size == 0) unlink(idle_, *slab_, &Flow::links, known);
    return known;
  }

  /// Nothing of this flow waits any more.
  void sleep(Index index) noexcept { append(idle_, *slab_, &Flow::links, index); }

  [[nodiscard]] Flow& operator[](Index index) noexcept { return (*slab_)[index]; }
  [[nodiscard]] const Flow& operator[](Index index) const noexcept { return (*slab_)[index]; }
  [[nodiscard]] Slab<Flow>& slab() noexcept { return *slab_; }
  [[nodiscard]] const Slab<Flow>& slab() const noexcept { return *slab_; }

 private:
  [[nodiscard]] Index take(const Key& key, std::uint64_t hash) noexcept {
    if (slab_->size() == slab_->capacity()) forget(idle_.first);
    const Index index = *slab_->take();
    (*slab_)[index].key = key;
    (*slab_)[index].hash = hash;
    index_.insert(index);
    return index;
  }
  void forget(Index index) noexcept {
    SLUICE_ASSERT(index != Slab<Flow>::kNone);
    unlink(idle_, *slab_, &Flow::links, index);
    index_.erase(index);
    slab_->release(index);
  }

  std::unique_ptr<Slab<Flow>>
      slab_;  // stays where it is when this object moves: index_ refers to it
  HashIndex<Flow> index_;
  IndexList idle_;  // since when: the longest first
};

}  // namespace sluice::policy
