#include "policy/flow_scheduler.h"

#include "resolver/base/assert.h"
#include "resolver/base/hash.h"

namespace sluice::policy {

std::uint64_t FlowScheduler::Key::hash() const noexcept {
  SipHasher hasher{HashKey{}};  // no secret needed: what strangers choose comes hashed with one
  hasher.add(tree);
  hasher.add(client);
  hasher.add(subtree);
  return hasher.finish();
}

FlowScheduler::FlowScheduler(std::size_t capacity, std::size_t tree_count)
    : nodes_(capacity),
      trees_(tree_count),
      clients_{capacity},
      subtrees_{capacity},
      by_length_(capacity + 1) {
  SLUICE_ASSERT(capacity < kNone);
}

/// Both tables have as many slots and forget in the same order, and a client falls idle with the
/// last of its subtrees: it is never forgotten before them, so a new client has no subtrees that
/// remember rounds of an earlier life.
void FlowScheduler::insert(Item item, const Key& key, Try attempt) noexcept {
  const Index client_index = clients_.wake({.tree = key.tree, .client = key.client});
  const Index subtree_index = subtrees_.wake(key);
  Tree& tree = trees_[key.tree];
  ClientFlow& client = clients_[client_index];
  SubtreeFlow& subtree = subtrees_[subtree_index];
  if (client.size == 0) tree.clients.join(clients_.slab(), client_index);
  if (subtree.size == 0) {
    subtree.client = client_index;
    client.subtrees.join(subtrees_.slab(), subtree_index);
  }
  nodes_[item].subtree = subtree_index;
  nodes_[item].attempt = attempt;
  append(list_of(subtree, attempt), nodes_, &Node::links, item);
  ++tree.size;
  const Index longest = client.longest;
  ++subtree.size;
  if (longest == kNone || subtrees_[longest].client != client_index ||
      subtree.size > subtrees_[longest].size)
    client.longest = subtree_index;
  resize(client_index, client.size + 1);
}

void FlowScheduler::erase(Item item) noexcept {
  const Index subtree_index = nodes_[item].subtree;
  SubtreeFlow& subtree = subtrees_[subtree_index];
  const Index client_index = subtree.client;
  ClientFlow& client = clients_[client_index];
  Tree& tree = trees_[subtree.key.tree];
  unlink(list_of(subtree, nodes_[item].attempt), nodes_, &Node::links, item);
  --tree.size;
  if (--subtree.size == 0) {
    client.subtrees.leave(subtrees_.slab(), subtree_index);
    subtrees_.sleep(subtree_index);
  }
  resize(client_index, client.size - 1);
  if (client.size == 0) {
    tree.clients.leave(clients_.slab(), client_index);
    clients_.sleep(client_index);
  }
}

void FlowScheduler::charge(Item item, std::uint32_t price) noexcept {
  const Index subtree_index = nodes_[item].subtree;
  const SubtreeFlow& subtree = subtrees_[subtree_index];
  clients_[subtree.client].subtrees.pay(subtrees_.slab(), subtree_index, price);
  trees_[subtree.key.tree].clients.pay(clients_.slab(), subtree.client, price);
}

std::optional<FlowScheduler::Item> FlowScheduler::next(std::uint32_t tree,
                                                       Order order) const noexcept {
  const Index client = trees_[tree].clients.next(clients_.slab());
  if (client == kNone) return std::nullopt;
  const SubtreeFlow& flow = subtrees_[clients_[client].subtrees.next(subtrees_.slab())];
  if (flow.first_tries.empty()) return flow.retries.first;
  return order == Order::oldest_first ? flow.first_tries.first : flow.first_tries.last;
}

std::optional<FlowScheduler::Item> FlowScheduler::surplus() const noexcept {
  if (longest_ == 0) return std::nullopt;
  return surplus_of(by_length_[longest_].last);
}

std::optional<FlowScheduler::Item> FlowScheduler::surplus(std::uint32_t tree) const noexcept {
  const Index client = trees_[tree].clients.next(clients_.slab());
  if (client == kNone) return std::nullopt;
  return surplus_of(client);
}

/// Moves a client to the list of its new length. Lengths change by one, so when the list of the
/// longest runs empty the client that left it is now the longest.
void FlowScheduler::resize(Index index, std::uint32_t size) noexcept {
  ClientFlow& client = clients_[index];
  if (client.size > 0) unlink(by_length_[client.size], clients_, &ClientFlow::of_length, index);
  if (size > 0) append(by_length_[size], clients_, &ClientFlow::of_length, index);
  client.size = size;
  if (size > longest_ || by_length_[longest_].empty()) longest_ = size;
}

/// Exact would need the lengths of every client's subtrees in order. A storm's flow grows with each
/// of its look-ups, so it is the remembered one, or else long enough to be met soon.
FlowScheduler::Index FlowScheduler::longest_subtree(Index index) const noexcept {
  const ClientFlow& client = clients_[index];
  Index longest = client.subtrees.next(subtrees_.slab());
  const auto compare = [&](Index other) {
    if (subtrees_[other].size > subtrees_[longest].size) longest = other;
  };
  if (subtrees_[client.longest].client == index) compare(client.longest);
  client.subtrees.for_some(subtrees_.slab(), kFlowsExamined, compare);
  return longest;
}

FlowScheduler::Item FlowScheduler::surplus_of(Index client) const noexcept {
  const SubtreeFlow& flow = subtrees_[longest_subtree(client)];
  return flow.retries.empty() ? flow.first_tries.last : flow.retries.last;
}

}  // namespace sluice::policy
