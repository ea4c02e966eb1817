#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// Where questions wait for a packet of the budget: one class per zone rule, first tries before
/// retries inside a class, packets shared between classes by weight with start-time fair queueing
/// (Goyal, Vin and Cheng, 1996).
///
/// Of classes that all have something waiting, each gets its weight's share of the packets to
/// within one entry. A newcomer of a class that had nothing waiting, and was not served ahead of
/// its share before, goes behind at most one entry of each other class, however long their queues.
/// A class saves nothing up while it has nothing waiting.
///
/// Knows nothing of budgets or deadlines: its owner pops when there are packets and removes what
/// came too late. Items are the owner's slab indexes, below `capacity`.
///
/// Thread-confined. push() and remove() take constant time, the rest grows with the classes that
/// have something waiting. No allocation after construction. Bounds: `capacity` items,
/// `class_count` classes.
class AdmissionQueue {
 public:
  using Item = std::uint32_t;
  using ClassIndex = std::uint16_t;
  enum class Priority : std::uint8_t { first_try, retry };

  static constexpr std::uint32_t kMaxWeight = 10'000;
  static constexpr std::uint32_t kDefaultWeight = 100;

  struct Entry {
    Item item = 0;
    ClassIndex klass = 0;
    Priority priority = Priority::first_try;
    std::uint32_t price = 1;  ///< packets
    TimePoint since{};        ///< when it was pushed

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  AdmissionQueue(std::size_t capacity, std::size_t class_count);

  /// Weight of a class, 1 .. kMaxWeight; kDefaultWeight until set.
  void set_weight(ClassIndex klass, std::uint32_t weight) noexcept;

  /// Queues an item that is not queued yet.
  void push(const Entry& entry) noexcept;
  /// The entry that is to be sent next; nullopt if nothing waits. Stays queued until pop().
  [[nodiscard]] std::optional<Entry> front() noexcept;
  /// Removes what front() last returned, its class paying the price. Nothing happens if that has
  /// been removed.
  void pop() noexcept;
  /// Removes `item` wherever it waits, unpaid; nothing happens if it does not.
  void remove(Item item) noexcept;

  /// The entry to shed when there must be room: the newest retry, else the newest first try, of
  /// the longest class, the lightest of several. nullopt if nothing waits.
  [[nodiscard]] std::optional<Entry> shed_candidate() const noexcept;

  [[nodiscard]] bool contains(Item item) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t size(ClassIndex klass) const noexcept { return classes_[klass].size; }
  /// When the longest-waiting entry was pushed; nullopt if nothing waits.
  [[nodiscard]] std::optional<TimePoint> oldest() const noexcept;

 private:
  static constexpr Item kNone = ~Item{0};
  /// Packets divided by weight, in fixed point: what a class has been served, comparable between
  /// classes. In 64 bits it lasts for 2^40 packets of the least weight, or 30 years of 1024 a
  /// second.
  using VirtualTime = std::uint64_t;
  static constexpr VirtualTime kPacketAtWeightOne = VirtualTime{1} << 24;

  struct Links {
    Item before = kNone;
    Item after = kNone;
  };
  struct List {
    Item first = kNone;
    Item last = kNone;
  };
  struct Node {
    Entry entry;
    Links in_class;  ///< among the same priority of its class
    Links in_all;    ///< among all, in order of push()
    bool queued = false;
  };
  struct Class {
    List first_tries;
    List retries;
    VirtualTime start = 0;  ///< when its next entry is due
    std::uint32_t weight = kDefaultWeight;
    std::uint32_t size = 0;
    ClassIndex place = 0;  ///< in active_, while it has something waiting
  };

  void append(List& list, Links Node::*links, Item item) noexcept;
  void unlink(List& list, Links Node::*links, Item item) noexcept;
  [[nodiscard]] static List& list_of(Class& klass, Priority priority) noexcept;
  void activate(ClassIndex index) noexcept;
  void deactivate(ClassIndex index) noexcept;

  std::vector<Node> nodes_;
  std::vector<Class> classes_;
  std::vector<ClassIndex> active_;  // classes with something waiting, in any order
  List all_;
  std::size_t size_ = 0;
  Item front_ = kNone;           // what front() last returned
  VirtualTime now_served_ = 0;   // start of the entry popped last: no class falls behind it
  VirtualTime latest_paid_ = 0;  // the latest start of any class
};

}  // namespace sluice::policy
