#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "policy/admission_queue.h"
#include "tests/policy/queue_sample.h"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;

TEST(AdmissionQueue, ServesTheOldestFirstUntilTheQueueHasStoodForHalfASecond) {
  AdmissionQueue queue{8, 1};
  for (Item item = 0; item < 6; ++item) queue.push(first_try(item, 0));

  EXPECT_FALSE(queue.is_overloaded(t0 + 500ms - 1ns));
  EXPECT_EQ(send_one(queue, t0 + 500ms - 1ns).item, 0U);
  EXPECT_TRUE(queue.is_overloaded(t0 + 500ms));
  EXPECT_EQ(send_one(queue, t0 + 500ms).item, 5U);
  EXPECT_EQ(send_one(queue, t0 + 501ms).item, 4U);
}

TEST(AdmissionQueue, AMomentWithNothingWaitingEndsStandingOverload) {
  AdmissionQueue queue{8, 1};
  queue.push(first_try(0, 0));
  EXPECT_TRUE(queue.is_overloaded(t0 + 600ms));
  queue.remove(0);
  EXPECT_FALSE(queue.is_overloaded(t0 + 600ms));

  for (const Item item : {1U, 2U}) queue.push({.item = item, .since = t0 + 600ms});

  EXPECT_FALSE(queue.is_overloaded(t0 + 1099ms));
  EXPECT_EQ(send_one(queue, t0 + 1099ms).item, 1U);
  EXPECT_TRUE(queue.is_overloaded(t0 + 1100ms));
}

TEST(AdmissionQueue, FlowsAndRetriesKeepTheirOrderUnderStandingOverload) {
  AdmissionQueue queue{16, 2};
  queue.push(retry(0, 0));
  queue.push(retry(1, 0));
  for (const Item item : {2U, 3U}) queue.push(asked(item, 1));
  for (const Item item : {4U, 5U}) queue.push(asked(item, 2));
  for (const Item item : {6U, 7U}) queue.push(first_try(item, 1));

  // By class in turn, in class 0 by client in turn (the retries are client 0's).
  EXPECT_THAT(send_all(queue, t0 + 1s), ElementsAre(0, 7, 3, 6, 5, 1, 2, 4));
}

TEST(AdmissionQueue, WhatIsHeldIsNotStandingOverload) {
  AdmissionQueue queue{8, 2};
  queue.hold(0);
  queue.push(first_try(0, 0));
  queue.push(first_try(1, 0));
  EXPECT_FALSE(queue.is_overloaded(t0 + 10s));

  queue.release(0);
  EXPECT_EQ(queue.front(t0 + 10s, Supply::scarce)->item, 0U);
  EXPECT_FALSE(queue.is_overloaded(t0 + 10499ms));
  EXPECT_TRUE(queue.is_overloaded(t0 + 10500ms));

  queue.hold(0);
  EXPECT_FALSE(queue.is_overloaded(t0 + 10500ms));
}

TEST(AdmissionQueue, ThePenaltyBandServesTheNewestFirstOnceItsOldestHasWaitedForHalfASecond) {
  AdmissionQueue queue{8, 1};
  for (const Item item : {0U, 1U, 2U}) queue.push(of_band(item, Band::penalty));

  EXPECT_EQ(send_one(queue, t0 + 499ms).item, 0U);
  EXPECT_EQ(send_one(queue, t0 + 500ms).item, 2U);
}

TEST(AdmissionQueue, ShedsPrefetchThenRefreshThenPenaltyThenClasses) {
  AdmissionQueue queue{16, 1};
  for (const Item item : {0U, 1U, 2U}) queue.push(first_try(item, 0));
  queue.push(of_band(3, Band::penalty));
  queue.push(of_band(4, Band::refresh));
  queue.push(of_band(5, Band::refresh));
  queue.push(of_band(6, Band::prefetch));
  queue.push(of_band(7, Band::prefetch));

  EXPECT_THAT(shed_all(queue), ElementsAre(7, 6, 5, 4, 3, 2, 1, 0));
}

TEST(AdmissionQueue, ShedsFromTheLongestSubtreeInPenalty) {
  AdmissionQueue queue{16, 1};
  for (Item item = 0; item < 6; ++item)
    queue.push({.item = item, .band = Band::penalty, .subtree = item / 4, .since = t0});

  EXPECT_EQ(queue.shed_candidate()->item, 3U);
}

TEST(AdmissionQueue, ShedsFromTheLongestClientOfAllClasses) {
  AdmissionQueue queue{16, 2};
  for (const Item item : {0U, 1U, 2U}) queue.push(asked(item, item));  // three in class 0
  const auto push_second = [&](Item item) {
    queue.push({.item = item, .klass = 1, .client = 9, .since = t0});
  };
  push_second(3);
  push_second(4);
  queue.hold(1);

  EXPECT_EQ(queue.shed_candidate()->item, 4U);
}

TEST(AdmissionQueue, ShedsTheNewestRetryOfAFlowBeforeItsFirstTries) {
  AdmissionQueue queue{8, 1};
  queue.push(first_try(0, 0));
  queue.push(retry(1, 0));
  queue.push(retry(2, 0));
  queue.push(first_try(3, 0));

  EXPECT_THAT(shed_all(queue), ElementsAre(2, 1, 3, 0));
}

TEST(AdmissionQueue, AGreedyClientDelaysPoliteOnesByOneEntryAtMost) {
  constexpr std::uint64_t kGreedy = 0;
  constexpr std::uint64_t kPolite = 20;
  constexpr Item kBacklog = 2'000;
  AdmissionQueue queue{kBacklog + kPolite, 1};
  // Thousands of names, each in another subtree.
  for (Item item = 0; item < kBacklog; ++item) queue.push(asked(item, kGreedy, item));

  // 2000 packets a second; each polite client asks once in 100 ms, all within one millisecond.
  TimePoint now = t0;
  for (int round = 0; round < 100; ++round) {
    for (std::uint64_t client = 1; client <= kPolite; ++client)
      queue.push({.item = kBacklog + static_cast<Item>(client) - 1,
                  .client = client,
                  .subtree = client,
                  .since = now});
    const TimePoint asked_at = now;
    for (int packet = 0; packet < 200; ++packet, now += 500us) {
      const Entry sent = send_one(queue, now);
      if (sent.client == kGreedy) {
        queue.push(sent);
        continue;
      }
      // Behind one entry of each other client, the greedy one's among them.
      ASSERT_LE(now - asked_at, kPolite * 500us);
    }
    ASSERT_EQ(queue.size(), kBacklog);
  }
}

TEST(AdmissionQueue, AStormUnderOneDomainDelaysNoOtherLookUpOfTheSameClient) {
  constexpr Item kStorm = 4'000;
  constexpr std::uint64_t kStormSubtree = 1;
  AdmissionQueue queue{kStorm + 8, 1};
  for (Item item = 0; item < kStorm; ++item) queue.push(asked(item, 1, kStormSubtree));
  for (int i = 0; i < 100; ++i) queue.push(send_one(queue));

  for (Item item = kStorm; item < kStorm + 8; ++item) queue.push(asked(item, 1, 2 + item % 4));

  int of_storm = 0;
  for (int ordinary = 0; ordinary < 8;)
    ++(send_one(queue).subtree == kStormSubtree ? of_storm : ordinary);

  // Four subtrees with two each: the storm has a turn before the first of them, and one before the
  // second.
  EXPECT_LE(of_storm, 2);
}

}  // namespace
}  // namespace sluice::policy
