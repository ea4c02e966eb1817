#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// Where questions wait for a packet of the budget: one class per zone rule, first tries before
/// retries inside a class, classes served by deficit round robin (Shreedhar and Varghese, 1995) in
/// packets, by weight. The heaviest class sends one packet a round, so a newcomer of any class
/// waits behind at most one packet of each other class and never behind a burst of one.
///
/// Knows nothing of budgets or deadlines: its owner pops when there are packets and removes what
/// came too late. Items are the owner's slab indexes, below `capacity`.
///
/// Thread-confined. O(1) push and remove, no allocation after construction. Bounds: `capacity`
/// items, `class_count` classes.
class AdmissionQueue {
 public:
  using Item = std::uint32_t;
  using ClassIndex = std::uint16_t;
  enum class Priority : std::uint8_t { first_try, retry };

  struct Entry {
    Item item = 0;
    ClassIndex klass = 0;
    Priority priority = Priority::first_try;
    std::uint32_t price = 1;  ///< packets
    TimePoint since{};        ///< when it was pushed
  };

  AdmissionQueue(std::size_t capacity, std::size_t class_count);

  /// Weight of a class, 1 .. 10'000; 100 until set.
  void set_weight(ClassIndex klass, std::uint32_t weight) noexcept;

  /// Queues an item that is not queued yet.
  void push(const Entry& entry) noexcept;
  /// The entry that is to be sent next; nullopt if nothing waits. Stays queued until pop().
  [[nodiscard]] std::optional<Entry> front() noexcept;
  /// Removes what front() last returned, paying its price from its class's deficit.
  void pop() noexcept;
  /// Removes `item` wherever it waits; nothing happens if it does not.
  void remove(Item item) noexcept;

  /// The entry to shed when there must be room: the newest retry, else the newest first try, of
  /// the longest class. nullopt if nothing waits.
  [[nodiscard]] std::optional<Entry> shed_candidate() const noexcept;

  [[nodiscard]] bool contains(Item item) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t size(ClassIndex klass) const noexcept;
  /// When the longest-waiting entry was pushed; nullopt if nothing waits.
  [[nodiscard]] std::optional<TimePoint> oldest() const noexcept;

 private:
  // The implementation's own: intrusive lists over arrays indexed by item and by class.
  struct Node;
  struct List;
  struct Class;
  std::vector<Node> nodes_;
  std::vector<Class> classes_;
  std::size_t size_ = 0;
};

}  // namespace sluice::policy
