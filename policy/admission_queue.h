#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/flow_scheduler.h"
#include "policy/index_list.h"
#include "resolver/base/clock.h"

namespace sluice::policy {

/// Where questions wait for a packet of the budget.
///
/// What clients wait for stands in classes, one per zone rule. They share packets by weight with
/// start-time fair queueing (Goyal, Vin and Cheng, 1996): of classes that all have something
/// waiting, each gets its weight's share to within one entry. A newcomer of a class that had
/// nothing waiting, and was not served ahead of its share before, goes behind at most one entry of
/// each other class, however long their queues. A class saves nothing up while it has nothing
/// waiting. Inside a class clients take turns, and inside a client the subtrees of the name space
/// (FlowScheduler); inside a subtree first tries go before retries.
///
/// Behind the classes come what has been found to fail, with a trickle of its own to probe it, and
/// then what no client waits for.
///
/// Knows nothing of budgets or deadlines: its owner pops when there are packets and removes what
/// came too late. Items are the owner's slab indexes, below `capacity`.
///
/// Thread-confined. Every operation takes constant time, but for front(), which also looks at each
/// class that has something waiting. No allocation after construction. Bounds: `capacity`
/// items, `class_count` classes.
class AdmissionQueue {
 public:
  using Item = FlowScheduler::Item;
  using ClassIndex = std::uint16_t;
  /// In the order in which they are served. First tries and retries wait in their rule's class; the
  /// others belong to the whole queue.
  enum class Band : std::uint8_t {
    first_try,
    retry,
    penalty,   ///< in a subtree that fails: clients are not told apart, subtrees take turns
    refresh,   ///< of an answer served stale; in order of push()
    prefetch,  ///< before an answer expires; in order of push()
  };
  static constexpr std::size_t kBands = 5;
  /// What the budget can pay for; less than the price of a packet: do not ask.
  enum class Supply : std::uint8_t {
    scarce,
    spare,  ///< so much that refresh and prefetch may have some
  };

  static constexpr std::uint32_t kMaxWeight = 10'000;
  static constexpr std::uint32_t kDefaultWeight = 100;
  /// The classes having had something waiting for so long without a break is standing overload.
  static constexpr Duration kStanding = 500ms;
  static constexpr Duration kDefaultTrickle = 1s;

  struct Entry {
    Item item = 0;
    ClassIndex klass = 0;
    Band band = Band::first_try;
    std::uint64_t client = 0;   ///< hash of who asked, keyed by the owner
    std::uint64_t subtree = 0;  ///< hash of the domain that the name lies in, keyed by the owner
    std::uint32_t price = 1;    ///< packets
    TimePoint since{};          ///< when it was pushed

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  AdmissionQueue(std::size_t capacity, std::size_t class_count);

  /// Weight of a class, 1 .. kMaxWeight; kDefaultWeight until set.
  void set_weight(ClassIndex klass, std::uint32_t weight) noexcept;
  /// The least time between two entries of the penalty band while classes have something waiting.
  void set_trickle(Duration interval) noexcept { trickle_ = interval; }

  /// Queues an item that is not queued yet.
  void push(const Entry& entry) noexcept;
  /// The entry that is to be sent next; nullopt if none may be. Stays queued until pop().
  [[nodiscard]] std::optional<Entry> front(TimePoint now, Supply supply) noexcept;
  /// Removes what front() last returned, its class and flows paying the price. Nothing happens if
  /// that has been removed.
  void pop(TimePoint now) noexcept;
  /// Removes `item` wherever it waits, unpaid; nothing happens if it does not.
  void remove(Item item) noexcept;

  /// A held class keeps what waits, and front() passes it over: its servers do not answer. To the
  /// other classes and bands it is as if it had nothing waiting. Does not concern entries of its
  /// rule in the bands of the whole queue.
  void hold(ClassIndex klass) noexcept;
  void release(ClassIndex klass) noexcept;
  [[nodiscard]] bool is_held(ClassIndex klass) const noexcept { return classes_[klass].is_held; }
  /// What front() would return of this class were it alone and not held: a probe for its servers,
  /// to be taken with remove().
  [[nodiscard]] std::optional<Entry> candidate(ClassIndex klass, TimePoint now) const noexcept;

  /// The entry to shed when there must be room, nullopt if nothing waits: the newest prefetch, else
  /// the newest refresh, else one of the longest subtree in penalty, else of the longest client in
  /// any class (FlowScheduler::surplus), held or not.
  [[nodiscard]] std::optional<Entry> shed_candidate() const noexcept;

  [[nodiscard]] bool contains(Item item) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// First tries and retries of a class.
  [[nodiscard]] std::size_t size(ClassIndex klass) const noexcept { return flows_.size(klass); }
  [[nodiscard]] std::size_t size(Band band) const noexcept { return line(band).size; }
  /// When the longest-waiting entry was pushed; nullopt if nothing waits.
  [[nodiscard]] std::optional<TimePoint> oldest() const noexcept;
  [[nodiscard]] std::optional<TimePoint> oldest(Band band) const noexcept;
  /// Of the first tries that wait for a packet and not for a class to be released. Looks at each of
  /// the others that is older.
  [[nodiscard]] std::optional<TimePoint> oldest_not_held() const noexcept;
  /// Whether the newest first try of each flow is served first, since the oldest's client is about
  /// to give up. The penalty band, which may wait while the classes are empty, goes by the age of
  /// its oldest entry instead.
  [[nodiscard]] bool is_overloaded(TimePoint now) const noexcept;

 private:
  static constexpr Item kNone = IndexList::kNone;
  /// Packets divided by weight, in fixed point: what a class has been served, comparable between
  /// classes. In 64 bits it lasts for 2^40 packets of the least weight, or 30 years of 1024 a
  /// second.
  using VirtualTime = std::uint64_t;
  static constexpr VirtualTime kPacketAtWeightOne = VirtualTime{1} << 24;

  struct Node {
    Entry entry;
    IndexLinks links;  ///< among all of its band, in order of push()
    bool queued = false;
  };
  struct Line {
    IndexList items;
    std::size_t size = 0;
  };
  struct Class {
    VirtualTime start = 0;  ///< when its next entry is due
    std::uint32_t weight = kDefaultWeight;
    ClassIndex place = 0;  ///< in active_, while it is there
    bool is_held = false;
  };

  [[nodiscard]] static bool is_of_class(Band band) noexcept {
    return band == Band::first_try || band == Band::retry;
  }
  [[nodiscard]] static bool has_flow(Band band) noexcept { return band <= Band::penalty; }
  [[nodiscard]] Line& line(Band band) noexcept { return lines_[static_cast<std::size_t>(band)]; }
  [[nodiscard]] const Line& line(Band band) const noexcept {
    return lines_[static_cast<std::size_t>(band)];
  }
  /// The penalty band is one more tree behind those of the classes.
  [[nodiscard]] std::uint32_t penalty_tree() const noexcept {
    return static_cast<std::uint32_t>(classes_.size());
  }
  [[nodiscard]] FlowScheduler::Key key_of(const Entry& entry) const noexcept;
  [[nodiscard]] std::optional<Item> choose(TimePoint now, Supply supply) const noexcept;
  [[nodiscard]] std::optional<Item> next_penalty(TimePoint now) const noexcept;
  [[nodiscard]] std::optional<Item> next_of(ClassIndex klass, TimePoint now) const noexcept;
  [[nodiscard]] std::optional<Item> surplus() const noexcept;
  void activate(ClassIndex index) noexcept;
  void deactivate(ClassIndex index) noexcept;

  std::vector<Node> nodes_;
  std::vector<Class> classes_;
  FlowScheduler flows_;
  std::vector<ClassIndex> active_;  // classes with something waiting and not held, in any order
  std::array<Line, kBands> lines_;
  std::size_t size_ = 0;
  Item front_ = kNone;                     // what front() last returned
  VirtualTime now_served_ = 0;             // start of the entry popped last: no class falls behind
  VirtualTime latest_paid_ = 0;            // the latest start of any class
  std::optional<TimePoint> active_since_;  // classes have been, without a break
  std::optional<TimePoint> penalty_served_;  // last
  Duration trickle_ = kDefaultTrickle;
};

/// "first_try": for metrics' labels, recordings and the control tool.
[[nodiscard]] std::string_view name_of(AdmissionQueue::Band band) noexcept;

}  // namespace sluice::policy
