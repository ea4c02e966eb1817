#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "policy/flow_rounds.h"
#include "policy/flow_table.h"
#include "policy/index_list.h"

namespace sluice::policy {

/// Items that wait, by client and by subtree of the name space, served fairly: in each of several
/// independent trees clients take turns, and each client's subtrees take turns inside its own.
///
/// So a client with thousands of names delays no other, and a storm under one domain delays none
/// of the same client's look-ups elsewhere. Inside a subtree first tries go before retries.
///
/// Knows nothing of time, bands or budgets. Items are the owner's indexes below `capacity`.
///
/// Thread-confined. Every operation takes constant time; no allocation after construction. Bounds:
/// `capacity` items and as many flows on each level, which is enough for those with something
/// waiting; of the idle, those are forgotten that have been idle longest, and start afresh if they
/// come back.
class FlowScheduler {
 public:
  using Item = std::uint32_t;
  enum class Try : std::uint8_t { first, again };
  /// Which first try of a flow goes first. Retries go oldest first.
  enum class Order : std::uint8_t { oldest_first, newest_first };
  struct Key {
    std::uint32_t tree = 0;
    std::uint64_t client = 0;
    std::uint64_t subtree = 0;
    friend bool operator==(const Key&, const Key&) = default;
    [[nodiscard]] std::uint64_t hash() const noexcept;
  };
  /// How many of a client's subtrees are looked at for the longest, besides the one that was the
  /// longest when something was last put into it.
  static constexpr std::size_t kFlowsExamined = 16;

  FlowScheduler(std::size_t capacity, std::size_t tree_count);

  /// Puts in an item that is not in yet.
  void insert(Item item, const Key& key, Try attempt) noexcept;
  /// Takes out an item that is in.
  void erase(Item item) noexcept;
  /// The flows of an item that is in have had a turn at a price of so many packets.
  void charge(Item item, std::uint32_t price) noexcept;

  /// Whose turn it is in a tree; nullopt if nothing waits there.
  [[nodiscard]] std::optional<Item> next(std::uint32_t tree, Order order) const noexcept;
  /// What can best be spared of all trees: from the longest client flow (of several, the one that
  /// grew or shrank to that length last), there from the longest subtree found, the newest retry,
  /// else the newest first try.
  [[nodiscard]] std::optional<Item> surplus() const noexcept;
  /// What can best be spared of the client in this tree whose turn it is.
  [[nodiscard]] std::optional<Item> surplus(std::uint32_t tree) const noexcept;

  [[nodiscard]] std::size_t size(std::uint32_t tree) const noexcept { return trees_[tree].size; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = IndexList::kNone;

  struct Flow : FlowTurn {
    Key key;
    std::uint64_t hash = 0;
    Index next_in_bucket = kNone;
    std::uint32_t size = 0;  ///< items that wait
  };
  struct SubtreeFlow : Flow {
    Index client = kNone;
    IndexList first_tries;
    IndexList retries;
  };
  struct ClientFlow : Flow {  // its key's subtree is 0
    FlowRounds<SubtreeFlow> subtrees;
    IndexLinks of_length;   ///< among the clients with as many items
    Index longest = kNone;  ///< the longest subtree when an item was last put in; may be outdated
  };
  struct Tree {
    FlowRounds<ClientFlow> clients;
    std::uint32_t size = 0;
  };
  struct Node {
    Index subtree = kNone;
    IndexLinks links;
    Try attempt = Try::first;
  };

  [[nodiscard]] static IndexList& list_of(SubtreeFlow& flow, Try attempt) noexcept {
    return attempt == Try::first ? flow.first_tries : flow.retries;
  }
  void resize(Index client, std::uint32_t size) noexcept;
  [[nodiscard]] Index longest_subtree(Index client) const noexcept;
  [[nodiscard]] Item surplus_of(Index client) const noexcept;

  std::vector<Node> nodes_;
  std::vector<Tree> trees_;
  FlowTable<ClientFlow> clients_;
  FlowTable<SubtreeFlow> subtrees_;
  std::vector<IndexList> by_length_;  // clients by the number of their items
  std::uint32_t longest_ = 0;         // the greatest of those numbers
};

}  // namespace sluice::policy
