#include "policy/admission_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "resolver/base/random.h"
#include "tests/policy/naive_queue.h"
#include "tests/policy/queue_sample.h"

namespace sluice::policy {
namespace {

/// Classes that always have something waiting; each class's packets are counted.
class Backlog {
 public:
  explicit Backlog(std::vector<std::uint32_t> weights)
      : queue{weights.size() * kDepth, weights.size()}, packets(weights.size()) {
    for (ClassIndex klass = 0; klass < weights.size(); ++klass) {
      queue.set_weight(klass, weights[klass]);
      fill(klass);
    }
  }
  void fill(ClassIndex klass) {
    for (Item i = 0; i < kDepth; ++i) queue.push(first_try(klass * kDepth + i, klass));
  }
  /// Sends one entry and queues it again.
  ClassIndex send() {
    const Entry entry = send_one(queue);
    packets[entry.klass] += entry.price;
    queue.push(entry);
    return entry.klass;
  }

  static constexpr Item kDepth = 3;
  AdmissionQueue queue;
  std::vector<std::uint64_t> packets;
};

TEST(AdmissionQueue, IsEmptyAtFirst) {
  AdmissionQueue queue{4, 2};

  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.front(t0, Supply::scarce), std::nullopt);
  EXPECT_EQ(queue.shed_candidate(), std::nullopt);
  EXPECT_EQ(queue.oldest(), std::nullopt);
  EXPECT_FALSE(queue.contains(0));
  queue.pop(t0);
  queue.remove(3);
  queue.remove(4'000'000);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(AdmissionQueue, ServesAClassInOrder) {
  AdmissionQueue queue{4, 1};
  for (const Item item : {2U, 0U, 3U, 1U}) queue.push(first_try(item, 0));

  EXPECT_THAT(send_all(queue), ::testing::ElementsAre(2, 0, 3, 1));
}

TEST(AdmissionQueue, ServesFirstTriesBeforeRetriesOfTheSameClass) {
  AdmissionQueue queue{4, 1};
  queue.push(retry(0, 0));
  queue.push(first_try(1, 0));
  queue.push(retry(2, 0));
  queue.push(first_try(3, 0));

  EXPECT_THAT(send_all(queue), ::testing::ElementsAre(1, 3, 0, 2));
}

TEST(AdmissionQueue, FrontStaysQueuedUntilPopped) {
  AdmissionQueue queue{2, 1};
  queue.push(first_try(1, 0));

  EXPECT_EQ(queue.front(t0, Supply::scarce), first_try(1, 0));
  EXPECT_EQ(queue.front(t0, Supply::scarce), first_try(1, 0));
  EXPECT_TRUE(queue.contains(1));
  queue.pop(t0);
  EXPECT_FALSE(queue.contains(1));
}

TEST(AdmissionQueue, PopRemovesNothingThatFrontDidNotReturn) {
  AdmissionQueue queue{2, 1};
  queue.push(first_try(0, 0));
  queue.push(first_try(1, 0));

  EXPECT_EQ(queue.front(t0, Supply::scarce)->item, 0U);
  queue.remove(0);
  queue.push(first_try(0, 0));
  queue.pop(t0);

  EXPECT_EQ(queue.size(), 2U);
}

TEST(AdmissionQueue, SharesByWeightToWithinOnePacket) {
  const std::vector<std::uint32_t> weights{100, 10, 1};
  Backlog backlog{weights};

  for (int sent = 1; sent <= 20'000; ++sent) {
    backlog.send();
    for (std::size_t a = 0; a < weights.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        const double served_a = static_cast<double>(backlog.packets[a]) / weights[a];
        const double served_b = static_cast<double>(backlog.packets[b]) / weights[b];
        // Fixed point loses less than 1 in 10^5.
        ASSERT_LE(std::abs(served_a - served_b), (1.0 / weights[a] + 1.0 / weights[b]) * 1.00001)
            << "classes " << a << " and " << b << " after " << sent << " packets";
      }
    }
  }
}

TEST(AdmissionQueue, CountsPacketsAndNotEntries) {
  AdmissionQueue queue{2, 2};
  std::array<std::uint64_t, 2> packets{};
  queue.push(first_try(0, 0, 1));
  queue.push(first_try(1, 1, 6));

  for (int i = 0; i < 7'000; ++i) {
    const Entry entry = send_one(queue);
    packets[entry.klass] += entry.price;
    queue.push(entry);
  }

  EXPECT_NEAR(static_cast<double>(packets[0]), static_cast<double>(packets[1]), 6);
}

TEST(AdmissionQueue, SendsNoBurstOfOneClassWhileEqualsWait) {
  Backlog backlog{{100, 100, 100}};

  for (int round = 0; round < 1'000; ++round) {
    std::vector<ClassIndex> order{backlog.send(), backlog.send(), backlog.send()};
    EXPECT_THAT(order, ::testing::UnorderedElementsAre(0, 1, 2));
  }
}

TEST(AdmissionQueue, ANewcomerWaitsBehindAtMostOneEntryOfEachOtherClass) {
  const std::vector<std::uint32_t> weights{1, 10'000, 100, 1, 9'999, 5};
  for (ClassIndex newcomer = 0; newcomer < weights.size(); ++newcomer) {
    for (int already_sent = 0; already_sent < 300; ++already_sent) {
      Backlog backlog{weights};
      for (Item i = 0; i < Backlog::kDepth; ++i)
        backlog.queue.remove(newcomer * Backlog::kDepth + i);
      for (int i = 0; i < already_sent; ++i) backlog.send();

      backlog.fill(newcomer);

      std::map<ClassIndex, int> before;
      for (ClassIndex sent = backlog.send(); sent != newcomer; sent = backlog.send())
        ASSERT_EQ(++before[sent], 1) << "class " << sent << " before " << newcomer;
    }
  }
}

TEST(AdmissionQueue, NoClassStarves) {
  Backlog backlog{{AdmissionQueue::kMaxWeight, 1}};

  for (int i = 0; i < 50'005; ++i) backlog.send();

  EXPECT_THAT(backlog.packets[1], ::testing::AllOf(::testing::Ge(4U), ::testing::Le(7U)));
}

TEST(AdmissionQueue, AnIdleHeavyClassSlowsNobody) {
  Backlog backlog{{AdmissionQueue::kMaxWeight, 1, 1}};
  for (Item i = 0; i < Backlog::kDepth; ++i) backlog.queue.remove(i);

  for (int i = 0; i < 1'000; ++i) backlog.send();

  EXPECT_EQ(backlog.packets, (std::vector<std::uint64_t>{0, 500, 500}));
}

TEST(AdmissionQueue, AnEmptyClassSavesNothingUp) {
  Backlog backlog{{100, 100}};
  for (Item i = 0; i < Backlog::kDepth; ++i) backlog.queue.remove(i);
  for (int i = 0; i < 1'000; ++i) backlog.send();

  backlog.fill(0);
  backlog.packets = {0, 0};
  for (int i = 0; i < 100; ++i) backlog.send();

  EXPECT_NEAR(static_cast<double>(backlog.packets[0]), 50, 1);
}

TEST(AdmissionQueue, AClassThatSendsOneAtATimeGetsNoMoreThanItsShare) {
  AdmissionQueue queue{10, 2};
  queue.set_weight(0, 100);
  queue.set_weight(1, 10);
  std::array<int, 2> packets{};
  for (Item item = 0; item < 9; ++item) queue.push(first_try(item, 0));
  queue.push(first_try(9, 1));

  for (int i = 0; i < 11'000; ++i) {
    const Entry entry = send_one(queue);  // class 1 has nothing waiting now, if it was sent
    ++packets[entry.klass];
    queue.push(entry);
  }

  EXPECT_NEAR(packets[1], 1'000, 1);
}

TEST(AdmissionQueue, ForgivesWhatWasUsedOnceNothingWaits) {
  AdmissionQueue queue{8, 2};
  queue.set_weight(0, 1);
  queue.push(first_try(0, 0));
  send_all(queue);

  queue.push(first_try(0, 0));
  queue.push(first_try(1, 1));

  EXPECT_THAT(send_all(queue), ::testing::ElementsAre(0, 1));
}

TEST(AdmissionQueue, RemovedEntriesPayNothing) {
  Backlog backlog{{1, 1}};
  for (int i = 0; i < 100; ++i) {
    backlog.queue.remove(0);
    backlog.queue.push(first_try(0, 0));
  }

  for (int i = 0; i < 100; ++i) backlog.send();

  EXPECT_EQ(backlog.packets, (std::vector<std::uint64_t>{50, 50}));
}

TEST(AdmissionQueue, KeepsWeightsWithinTheirBounds) {
  Backlog low{{0, 1}};
  Backlog high{{AdmissionQueue::kMaxWeight, 4'000'000'000}};

  for (int i = 0; i < 100; ++i) {
    low.send();
    high.send();
  }

  EXPECT_EQ(low.packets, (std::vector<std::uint64_t>{50, 50}));
  EXPECT_EQ(high.packets, (std::vector<std::uint64_t>{50, 50}));
}

TEST(AdmissionQueue, OldestIsTheOnePushedFirstOfAllClasses) {
  AdmissionQueue queue{3, 2};
  const auto push_at = [&](Item item, ClassIndex klass, Duration after) {
    queue.push({.item = item, .klass = klass, .since = t0 + after});
  };
  push_at(2, 1, 0ms);
  push_at(0, 0, 1ms);
  push_at(1, 1, 2ms);

  EXPECT_EQ(queue.oldest(), t0);
  queue.remove(2);
  EXPECT_EQ(queue.oldest(), t0 + 1ms);
  queue.remove(1);
  EXPECT_EQ(queue.oldest(), t0 + 1ms);
  queue.remove(0);
  EXPECT_EQ(queue.oldest(), std::nullopt);
}

TEST(AdmissionQueue, HoldsAsManyItemsAsItsCapacity) {
  AdmissionQueue queue{1'000, 3};

  for (Item item = 0; item < 1'000; ++item)
    queue.push(first_try(item, static_cast<ClassIndex>(item % 3)));

  EXPECT_EQ(queue.size(), 1'000U);
  EXPECT_EQ(queue.size(0), 334U);
  EXPECT_EQ(send_all(queue).size(), 1'000U);
}

TEST(AdmissionQueueDeath, QueueingTwiceOrBeyondTheBoundsIsABug) {
  AdmissionQueue queue{2, 1};
  queue.push(first_try(0, 0));

  EXPECT_DEATH(queue.push(first_try(0, 0)), "broken invariant");
  EXPECT_DEATH(queue.push(first_try(2, 0)), "broken invariant");
  EXPECT_DEATH(queue.push(first_try(1, 1)), "broken invariant");
}

class AdmissionQueueModel : public ::testing::TestWithParam<std::uint64_t> {};

Entry random_entry(Item item, ClassIndex class_count, TimePoint now, Random& random) {
  return {.item = item,
          .klass = static_cast<ClassIndex>(random.below(class_count)),
          .band = static_cast<Band>(random.below(AdmissionQueue::kBands)),
          .client = random.below(3),
          .subtree = random.below(3),
          .price = static_cast<std::uint32_t>(1 + random.below(6)),
          .since = now};
}

TEST_P(AdmissionQueueModel, BehavesAsTheNaiveQueue) {
  constexpr Item kCapacity = 40;
  constexpr Duration kTrickle = 30ms;
  const std::vector<std::uint32_t> weights{100, 10, 1, 10, 10'000};
  const auto class_count = static_cast<ClassIndex>(weights.size());
  AdmissionQueue queue{kCapacity, class_count};
  NaiveQueue naive{weights, kTrickle};
  queue.set_trickle(kTrickle);
  for (ClassIndex klass = 0; klass < class_count; ++klass) queue.set_weight(klass, weights[klass]);
  Random random{{.k0 = GetParam(), .k1 = 0}};
  TimePoint now = t0;

  for (int step = 0; step < 4'000; ++step) {
    now += std::chrono::milliseconds{random.below(8)};
    const auto item = static_cast<Item>(random.below(kCapacity));
    const auto klass = static_cast<ClassIndex>(random.below(class_count));
    const Supply supply = random.below(2) == 0 ? Supply::scarce : Supply::spare;
    // Phases of filling and of draining, so that full and empty queues both occur.
    if (random.below(10) < (step / 200 % 2 == 0 ? 7U : 3U)) {
      const Entry entry = random_entry(item, class_count, now, random);
      if (!naive.contains(item)) {
        queue.push(entry);
        naive.push(entry);
      }
    } else if (random.below(4) == 0) {
      queue.remove(item);
      naive.remove(item);
    } else if (random.below(10) == 0) {
      queue.hold(klass);
      naive.hold(klass);
    } else if (random.below(5) == 0) {
      queue.release(klass);
      naive.release(klass);
    } else if (const auto front = queue.front(now, supply)) {
      ASSERT_TRUE(naive.may_be_front(front, now, supply)) << "step " << step;
      queue.pop(now);
      naive.pop(*front, now);
    }

    ASSERT_TRUE(naive.may_be_front(queue.front(now, supply), now, supply)) << "step " << step;
    ASSERT_TRUE(naive.may_be_shed(queue.shed_candidate())) << "step " << step;
    ASSERT_EQ(queue.is_overloaded(now), naive.is_overloaded(now));
    ASSERT_EQ(queue.oldest(), naive.oldest());
    ASSERT_EQ(queue.size(), naive.size());
    ASSERT_EQ(queue.contains(item), naive.contains(item));
    ASSERT_EQ(queue.size(klass), naive.size(klass));
    for (std::size_t i = 0; i < AdmissionQueue::kBands; ++i) {
      ASSERT_EQ(queue.size(static_cast<Band>(i)), naive.size(static_cast<Band>(i)));
      ASSERT_EQ(queue.oldest(static_cast<Band>(i)), naive.oldest(static_cast<Band>(i)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AdmissionQueueModel, ::testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace sluice::policy
