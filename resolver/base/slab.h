#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>

#include "resolver/base/assert.h"

namespace sluice {

/// A fixed number of objects of one kind, all allocated at construction, addressed by index.
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
      : slots_{std::make_unique<Slot[]>(capacity)}, capacity_{static_cast<Index>(capacity)} {
    for (Index i = 0; i < capacity_; ++i) slots_[i].next_free = i + 1 == capacity_ ? kNone : i + 1;
    first_free_ = capacity_ == 0 ? kNone : 0;
  }

  /// A slot with a value-initialised object, or nullopt if all are taken.
  [[nodiscard]] std::optional<Index> take() {
    if (first_free_ == kNone) return std::nullopt;
    const Index index = first_free_;
    Slot& slot = slots_[index];
    first_free_ = slot.next_free;
    slot.value = T{};
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
    return index < capacity_ && slots_[index].taken;
  }
  [[nodiscard]] std::uint32_t generation(Index index) const noexcept {
    return slots_[index].generation;
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

  std::unique_ptr<Slot[]> slots_;
  Index capacity_;
  Index first_free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace sluice
