#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "resolver/base/assert.h"

namespace sluice {

/// A fixed number of objects of one kind, their memory allocated at construction, addressed by
/// index. Memory that no object has needed yet is never touched, so that room for a storm costs
/// nothing until there is one.
///
/// An index stays valid until release(); the generation of a slot changes with each release, so
/// that a late reference to an earlier object is recognised.
///
/// Thread-confined. Bound: `capacity`; take() answers nullopt when it is reached.
template <typename T>
class Slab {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  explicit Slab(std::size_t capacity)
      : slots_{std::allocator<Slot>{}.allocate(capacity)},
        capacity_{static_cast<Index>(capacity)} {}
  ~Slab() {
    std::destroy_n(slots_, used_);
    std::allocator<Slot>{}.deallocate(slots_, capacity_);
  }
  Slab(Slab&& other) noexcept : Slab{0} { swap(other); }
  Slab& operator=(Slab&& other) noexcept {
    swap(other);
    return *this;
  }

  /// A slot with a value-initialised object, or nullopt if all are taken.
  [[nodiscard]] std::optional<Index> take() {
    Index index = first_free_;
    if (index != kNone) {
      first_free_ = slots_[index].next_free;
      slots_[index].value = T{};
    } else if (used_ < capacity_) {
      index = used_++;
      std::construct_at(slots_ + index);
    } else {
      return std::nullopt;
    }
    Slot& slot = slots_[index];
    slot.taken = true;
    ++size_;
    return index;
  }

  void release(Index index) {
    Slot& slot = slots_[index];
    SLUICE_ASSERT(slot.taken);
    slot.taken = false;
    ++slot.generation;
    slot.next_free = first_free_;
    first_free_ = index;
    --size_;
  }

  [[nodiscard]] T& operator[](Index index) noexcept { return slots_[index].value; }
  [[nodiscard]] const T& operator[](Index index) const noexcept { return slots_[index].value; }
  [[nodiscard]] bool is_taken(Index index) const noexcept {
    return index < used_ && slots_[index].taken;
  }
  [[nodiscard]] std::uint32_t generation(Index index) const noexcept {
    return index < used_ ? slots_[index].generation : 0;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Index capacity() const noexcept { return capacity_; }

 private:
  struct Slot {
    T value{};
    Index next_free = kNone;
    std::uint32_t generation = 0;
    bool taken = false;
  };

  void swap(Slab& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(capacity_, other.capacity_);
    std::swap(used_, other.used_);
    std::swap(first_free_, other.first_free_);
    std::swap(size_, other.size_);
  }

  Slot* slots_;  // owned; the first used_ of them hold objects
  Index capacity_;
  Index used_ = 0;
  Index first_free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace sluice
