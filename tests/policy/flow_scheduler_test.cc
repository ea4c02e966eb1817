#include "policy/flow_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "resolver/base/random.h"

namespace sluice::policy {
namespace {

using Item = FlowScheduler::Item;
using Try = FlowScheduler::Try;
using Order = FlowScheduler::Order;
using ::testing::ElementsAre;

constexpr std::uint32_t kTree = 0;

/// A scheduler of one tree that hands out item numbers itself.
class Flows {
 public:
  explicit Flows(std::size_t capacity) : scheduler{capacity, 1}, entries_(capacity) {
    for (Item item = 0; item < capacity; ++item) free_.insert(item);
  }
  struct Asked {
    std::uint64_t client;
    std::uint64_t subtree = 0;
    std::uint32_t price = 1;
    friend bool operator==(const Asked&, const Asked&) = default;
  };

  Item ask(Asked asked, Try attempt = Try::first) {
    const Item item = *free_.begin();
    free_.erase(item);
    entries_[item] = asked;
    scheduler.insert(item, {.tree = kTree, .client = asked.client, .subtree = asked.subtree},
                     attempt);
    return item;
  }
  void ask(Asked asked, int times) {
    for (int i = 0; i < times; ++i) ask(asked);
  }
  Asked serve() {
    const Item item = *scheduler.next(kTree, Order::oldest_first);
    scheduler.charge(item, entries_[item].price);
    take_back(item);
    return entries_[item];
  }
  void take_back(Item item) {
    scheduler.erase(item);
    free_.insert(item);
  }
  std::vector<std::uint64_t> serve_clients(std::size_t count) {
    std::vector<std::uint64_t> clients(count);
    for (std::uint64_t& client : clients) client = serve().client;
    return clients;
  }
  [[nodiscard]] const Asked& entry(Item item) const { return entries_[item]; }
  [[nodiscard]] bool is_full() const { return free_.empty(); }

  FlowScheduler scheduler;

 private:
  std::vector<Asked> entries_;
  std::set<Item> free_;
};

TEST(FlowScheduler, ClientsTakeTurns) {
  Flows flows{16};
  flows.ask({.client = 1}, 3);
  flows.ask({.client = 2}, 2);
  flows.ask({.client = 3}, 1);

  EXPECT_THAT(flows.serve_clients(6), ElementsAre(1, 2, 3, 1, 2, 1));
}

TEST(FlowScheduler, SubtreesOfAClientTakeTurnsInsideItsOwn) {
  Flows flows{16};
  for (const std::uint64_t subtree : {10U, 10U, 20U, 30U})
    flows.ask({.client = 1, .subtree = subtree});
  flows.ask({.client = 2, .subtree = 10}, 4);

  std::vector<std::uint64_t> subtrees;
  for (int i = 0; i < 8; ++i) {
    const auto served = flows.serve();
    ASSERT_EQ(served.client, i % 2 == 0 ? 1U : 2U);
    if (served.client == 1) subtrees.push_back(served.subtree);
  }

  EXPECT_THAT(subtrees, ElementsAre(10, 20, 30, 10));
}

TEST(FlowScheduler, ASparseClientGoesBeforeAllThatHaveBeenServed) {
  Flows flows{64};
  for (std::uint64_t client = 1; client <= 10; ++client) flows.ask({.client = client}, 3);
  flows.serve_clients(10);

  flows.ask({.client = 99});

  EXPECT_EQ(flows.serve().client, 99U);
}

TEST(FlowScheduler, AskingOneAtATimeEarnsNoMoreThanATurnARound) {
  Flows flows{16};
  for (const std::uint64_t greedy : {1U, 2U}) flows.ask({.client = greedy}, 2);
  flows.ask({.client = 3});
  std::map<std::uint64_t, int> turns;

  for (int i = 0; i < 3'000; ++i) {
    const auto served = flows.serve();
    ++turns[served.client];
    flows.ask(served);  // client 3 had nothing waiting for a moment
  }

  for (const auto& [client, count] : turns) EXPECT_NEAR(count, 1'000, 1) << "client " << client;
}

TEST(FlowScheduler, CountsPacketsAndNotEntries) {
  for (const std::uint32_t price : {2U, 6U}) {
    Flows flows{16};
    flows.ask({.client = 1, .price = price}, 3);
    flows.ask({.client = 2, .price = 1}, 3);
    std::map<std::uint64_t, int> packets;

    for (int i = 0; i < 7'000; ++i) {
      const auto served = flows.serve();
      packets[served.client] += static_cast<int>(served.price);
      flows.ask(served);
    }

    EXPECT_NEAR(packets[1], packets[2], 6);
  }
}

TEST(FlowScheduler, AFlowIsServedAgainAlsoWhenAllAreInDebt) {
  Flows flows{16};
  flows.ask({.client = 1, .price = 6}, 2);
  flows.ask({.client = 2, .price = 6}, 2);

  EXPECT_THAT(flows.serve_clients(4), ElementsAre(1, 2, 1, 2));
}

TEST(FlowScheduler, APriceAboveTheMostCountsAsTheMost) {
  Flows flows{16};
  flows.ask({.client = 1, .price = 1'000}, 2);
  flows.ask({.client = 2}, 9);

  // Seven rounds after the first, at the end of the eighth.
  EXPECT_THAT(flows.serve_clients(11), ElementsAre(1, 2, 2, 2, 2, 2, 2, 2, 1, 2, 2));
}

TEST(FlowScheduler, BackloggedClientsDoNotStarveBehindEverNewOnes) {
  Flows flows{64};
  flows.ask({.client = 1}, 20);
  flows.serve();
  flows.ask({.client = 100}, 1);
  int own_turns = 0;

  // Two clients never seen before for each turn, while there is room for them.
  std::uint64_t newcomer = 101;
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < 2 && !flows.is_full(); ++k) flows.ask({.client = newcomer++});
    own_turns += flows.serve().client == 1;
  }

  EXPECT_GE(own_turns, 3);
}

TEST(FlowScheduler, EntriesTakenBackUnservedCostTheirClientNothing) {
  Flows flows{16};
  flows.ask({.client = 1}, 3);
  flows.ask({.client = 2}, 3);
  for (int i = 0; i < 100; ++i) flows.take_back(flows.ask({.client = 2}));

  EXPECT_THAT(flows.serve_clients(6), ElementsAre(1, 2, 1, 2, 1, 2));
}

TEST(FlowScheduler, WhatAClientUsedIsForgivenOnceNothingWaits) {
  Flows flows{16};
  flows.ask({.client = 1, .price = 6});
  flows.serve();

  flows.ask({.client = 1}, 2);
  flows.ask({.client = 2}, 2);

  EXPECT_THAT(flows.serve_clients(4), ElementsAre(1, 2, 1, 2));
}

TEST(FlowScheduler, TreesAreServedIndependently) {
  FlowScheduler scheduler{8, 2};
  scheduler.insert(0, {.tree = 0, .client = 1}, Try::first);
  scheduler.insert(1, {.tree = 1, .client = 1}, Try::first);
  scheduler.insert(2, {.tree = 1, .client = 1}, Try::first);

  EXPECT_EQ(scheduler.next(0, Order::oldest_first), 0U);
  EXPECT_EQ(scheduler.next(1, Order::oldest_first), 1U);
  EXPECT_EQ(scheduler.next(1, Order::newest_first), 2U);
  EXPECT_EQ(scheduler.size(0), 1U);
  EXPECT_EQ(scheduler.size(1), 2U);
}

TEST(FlowScheduler, ARetryWaitsBehindTheFirstTriesOfItsOwnFlowOnly) {
  FlowScheduler scheduler{8, 1};
  scheduler.insert(0, {.client = 1, .subtree = 10}, Try::again);
  scheduler.insert(1, {.client = 1, .subtree = 10}, Try::first);
  scheduler.insert(2, {.client = 1, .subtree = 20}, Try::again);
  scheduler.insert(3, {.client = 1, .subtree = 10}, Try::again);

  std::vector<Item> served;
  while (const auto item = scheduler.next(kTree, Order::oldest_first)) {
    served.push_back(*item);
    scheduler.charge(*item, 1);
    scheduler.erase(*item);
  }

  EXPECT_THAT(served, ElementsAre(1, 2, 0, 3));
}

TEST(FlowScheduler, SparesTheClientsWithLess) {
  Flows flows{16};
  flows.ask({.client = 1}, 4);
  flows.ask({.client = 2}, 6);
  flows.ask({.client = 3}, 1);

  std::vector<std::uint64_t> spared;
  while (const auto item = flows.scheduler.surplus()) {
    spared.push_back(flows.entry(*item).client);
    flows.take_back(*item);
  }

  // Of several that are equally long, the one that grew or shrank to that length last.
  EXPECT_THAT(spared, ElementsAre(2, 2, 2, 1, 1, 2, 2, 1, 1, 2, 3));
}

TEST(FlowScheduler, SparesTheSubtreesWithLessHoweverManyThereAre) {
  constexpr int kSubtrees = 20 * static_cast<int>(FlowScheduler::kFlowsExamined);
  Flows flows{1'000};
  const auto ask_elsewhere = [&](std::uint64_t first) {
    for (std::uint64_t i = 0; i < kSubtrees; ++i) flows.ask({.client = 1, .subtree = first + i});
  };
  ask_elsewhere(1'000);
  flows.ask({.client = 1, .subtree = 7}, 50);
  ask_elsewhere(2'000);

  for (int i = 0; i < 49; ++i) {
    const auto item = flows.scheduler.surplus();
    ASSERT_EQ(flows.entry(*item).subtree, 7U) << "after " << i;
    flows.take_back(*item);
  }
}

TEST(FlowScheduler, ForgetsIdleFlowsRatherThanRefuseNewOnes) {
  constexpr std::uint64_t kCapacity = 8;
  Flows flows{kCapacity};
  // All slots have been used, but for one by flows that are idle now.
  for (std::uint64_t client = 0; client < 3 * kCapacity; ++client) {
    flows.ask({.client = client, .subtree = client});
    flows.serve();
  }
  flows.ask({.client = 1'000, .subtree = 1'000});

  for (std::uint64_t client = 100; client < 100 + kCapacity - 1; ++client)
    flows.ask({.client = client, .subtree = client});

  std::set<std::uint64_t> served;
  for (std::uint64_t i = 0; i < kCapacity; ++i) served.insert(flows.serve().client);
  EXPECT_EQ(served.size(), kCapacity);
  EXPECT_EQ(flows.scheduler.next(kTree, Order::oldest_first), std::nullopt);
}

/// At equal prices: from the moment that a client with nothing waiting asks, no other client has
/// more than one turn before it, whatever comes and goes meanwhile.
class FlowSchedulerFairness : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(FlowSchedulerFairness, WhoAsksWaitsBehindAtMostOneEntryOfEachOtherClient) {
  constexpr std::uint64_t kClients = 12;
  Flows flows{200};
  Random random{{.k0 = GetParam(), .k1 = 0}};
  std::array<int, kClients> length{};
  std::map<std::uint64_t, std::map<std::uint64_t, int>> turns_before;  // by who waits, by whom

  for (int step = 0; step < 20'000; ++step) {
    // Some clients ask much, some now and then.
    const std::uint64_t client = std::min(random.below(kClients), random.below(kClients));
    const bool is_quiet = random.below(5) != 0 && client >= kClients / 2;
    if (random.below(100) < 52 && !flows.is_full() && !is_quiet) {
      flows.ask({.client = client, .subtree = random.below(4)});
      if (length[client]++ == 0) turns_before[client] = {};
    } else if (flows.scheduler.size(kTree) > 0) {
      const std::uint64_t served = flows.serve().client;
      turns_before.erase(served);
      --length[served];
      for (auto& [waiting, turns] : turns_before)
        ASSERT_LE(++turns[served], 1) << served << " before " << waiting << ", step " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FlowSchedulerFairness, ::testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace sluice::policy
