#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "policy/index_list.h"
#include "resolver/base/slab.h"

namespace sluice::policy {

/// What FlowRounds keeps in a flow: those who take turns derive from it.
struct FlowTurn {
  std::uint64_t round = 0;    ///< the flow is paid up until this round begins
  std::uint64_t overdue = 0;  ///< from so many turns on it goes before sparse flows
  IndexLinks links;
  bool is_sparse = false;  ///< waits among those that have used nothing of late
};

/// Flows that take turns: a deficit round robin in packets, with the new and old flows of FQ-CoDel
/// (RFC 8290 section 4.2), for one level of a hierarchy.
///
/// In each round a flow may spend one packet. One that spends more sits out as many rounds. One
/// that has sat out a whole round with nothing waiting is *sparse*: it goes before all that have
/// been served. A flow that leaves and comes back sooner goes to the end of the round it had paid
/// for, so that asking one at a time gains nothing.
///
/// At a price of one packet, whoever joins is served after at most one turn of each other flow.
/// Nobody starves: a flow that has seen as many turns as there were flows beside it goes first,
/// however many sparse ones keep arriving.
///
/// The flows stand in a slab that the caller passes in, always the same. Every operation takes
/// constant time. Thread-confined; does not allocate. Bound: the slab's.
template <typename Flow>
class FlowRounds {
 public:
  using Flows = Slab<Flow>;
  using Index = std::uint32_t;
  static constexpr Index kNone = IndexList::kNone;
  /// A turn that costs more counts as this much.
  static constexpr std::uint64_t kMaxPrice = 7;

  /// A flow, not among these yet, has something waiting.
  void join(Flows& flows, Index index) noexcept {
    Flow& flow = flows[index];
    ++size_;
    flow.is_sparse = flow.round < round_;
    flow.overdue = turns_ + size_;
    append(list_of(flow), flows, &Flow::links, index);
  }

  /// A flow has nothing waiting any more.
  void leave(Flows& flows, Index index) noexcept {
    unlink(list_of(flows[index]), flows, &Flow::links, index);
    // With nobody waiting there was enough for all: what was used before is forgiven.
    if (--size_ == 0) round_ += kRounds;
  }

  /// A flow has had its turn, at a price of 1 to kMaxPrice packets.
  void pay(Flows& flows, Index index, std::uint64_t price) noexcept {
    Flow& flow = flows[index];
    if (!flow.is_sparse) round_ = earliest_round();
    unlink(list_of(flow), flows, &Flow::links, index);
    price = std::clamp<std::uint64_t>(price, 1, kMaxPrice);
    flow.is_sparse = false;
    flow.round = round_ + price;
    flow.overdue = ++turns_ + size_ * price;
    append(list_of(flow), flows, &Flow::links, index);
  }

  /// Whose turn it is; kNone if nothing waits.
  [[nodiscard]] Index next(const Flows& flows) const noexcept {
    const Index served_before = wheel_[earliest_round() % kRounds].first;
    if (sparse_.empty()) return served_before;
    if (served_before != kNone && flows[served_before].overdue <= turns_) return served_before;
    return sparse_.first;
  }

  /// Calls `visit(index)` for up to `limit` flows, those that were served before first.
  template <typename Visit>
  void for_some(const Flows& flows, std::size_t limit, Visit&& visit) const {
    const auto walk = [&](const IndexList& list) {
      for (Index i = list.first; i != kNone && limit > 0; i = flows[i].links.after, --limit)
        visit(i);
    };
    std::ranges::for_each(wheel_, walk);
    walk(sparse_);
  }

 private:
  /// A flow that waits stands at most kMaxPrice rounds ahead, so the lists of the rounds to come
  /// fit on a wheel, and finding the next takes no walk over flows in debt.
  static constexpr std::size_t kRounds = kMaxPrice + 1;

  [[nodiscard]] IndexList& list_of(const Flow& flow) noexcept {
    return flow.is_sparse ? sparse_ : wheel_[flow.round % kRounds];
  }
  /// The first round for which a flow waits; the present one if there is none.
  [[nodiscard]] std::uint64_t earliest_round() const noexcept {
    for (std::uint64_t round = round_; round < round_ + kRounds; ++round)
      if (!wheel_[round % kRounds].empty()) return round;
    return round_;
  }

  std::array<IndexList, kRounds> wheel_;  // "old" flows, by the round they wait for
  IndexList sparse_;                      // "new" flows
  std::uint64_t round_ = 1;               // later than that of a flow never served
  std::uint64_t turns_ = 0;               // had so far
  std::uint32_t size_ = 0;
};

}  // namespace sluice::policy
