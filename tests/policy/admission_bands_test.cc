#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "policy/admission_queue.h"
#include "tests/policy/queue_sample.h"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;

constexpr Duration kTrickle = 100ms;

TEST(AdmissionQueue, ServesClassesThenPenaltyThenRefreshThenPrefetch) {
  AdmissionQueue queue{8, 1};
  queue.push(of_band(7, Band::penalty));
  EXPECT_EQ(send_one(queue).item, 7U);  // its trickle is not due again
  queue.push(of_band(0, Band::prefetch));
  queue.push(of_band(1, Band::refresh));
  queue.push(of_band(2, Band::penalty));
  queue.push(of_band(3, Band::retry));
  queue.push(of_band(4, Band::first_try));
  queue.push(of_band(5, Band::prefetch));
  queue.push(of_band(6, Band::refresh));

  EXPECT_THAT(send_all(queue), ElementsAre(4, 3, 2, 1, 6, 0, 5));
}

TEST(AdmissionQueue, RefreshAndPrefetchTakeOnlyWhatIsSpare) {
  for (const Band band : {Band::refresh, Band::prefetch}) {
    AdmissionQueue queue{2, 1};
    queue.push(of_band(0, band));

    EXPECT_EQ(queue.front(t0, Supply::scarce), std::nullopt);
    EXPECT_EQ(queue.front(t0, Supply::spare), of_band(0, band));
  }
}

TEST(AdmissionQueue, PenaltyNeedsNothingSpare) {
  AdmissionQueue queue{2, 1};
  queue.set_trickle(kTrickle);
  for (const Item item : {0U, 1U}) queue.push(of_band(item, Band::penalty));

  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(queue.front(t0, Supply::scarce));
    queue.pop(t0);
  }
}

TEST(AdmissionQueue, LetsOnePenaltyEntryThroughAtEachIntervalWhileClassesWait) {
  AdmissionQueue queue{64, 1};
  queue.set_trickle(kTrickle);
  for (Item item = 0; item < 32; ++item) queue.push(of_band(item, Band::penalty));
  queue.push(first_try(32, 0));

  std::vector<Duration> probes;
  for (TimePoint now = t0; now <= t0 + 350ms; now += 1ms) {
    const Entry entry = send_one(queue, now);
    if (entry.band == Band::penalty) probes.push_back(now - t0);
    if (entry.band == Band::first_try) queue.push(entry);
  }

  EXPECT_THAT(probes, ElementsAre(0ms, 100ms, 200ms, 300ms));
}

TEST(AdmissionQueue, TheTrickleCountsFromThePenaltyEntrySentLast) {
  AdmissionQueue queue{8, 1};
  queue.set_trickle(kTrickle);
  queue.push(of_band(0, Band::penalty));
  queue.push(of_band(1, Band::penalty));
  EXPECT_EQ(send_one(queue, t0).item, 0U);
  EXPECT_EQ(send_one(queue, t0 + 50ms).item, 1U);  // nothing else waits
  queue.push(of_band(2, Band::penalty));
  queue.push(first_try(3, 0));

  EXPECT_EQ(queue.front(t0 + 150ms - 1ns, Supply::spare)->item, 3U);
  EXPECT_EQ(queue.front(t0 + 150ms, Supply::spare)->item, 2U);
}

TEST(AdmissionQueue, APenaltyEntryRemovedUnsentUsesNoTrickle) {
  AdmissionQueue queue{8, 1};
  queue.set_trickle(kTrickle);
  queue.push(first_try(0, 0));
  queue.push(of_band(1, Band::penalty));
  queue.push(of_band(2, Band::penalty));

  EXPECT_EQ(queue.front(t0, Supply::spare)->item, 1U);
  queue.remove(1);

  EXPECT_EQ(queue.front(t0, Supply::spare)->item, 2U);
}

TEST(AdmissionQueue, InPenaltySubtreesTakeTurnsWhoeverAsks) {
  AdmissionQueue queue{16, 2};
  const auto push = [&](Item item, ClassIndex klass, std::uint64_t client, std::uint64_t subtree) {
    queue.push({.item = item,
                .klass = klass,
                .band = Band::penalty,
                .client = client,
                .subtree = subtree,
                .since = t0});
  };
  push(0, 0, 1, 10);
  push(1, 1, 2, 10);
  push(2, 0, 3, 10);
  push(3, 0, 1, 20);
  push(4, 1, 4, 20);

  EXPECT_THAT(send_all(queue), ElementsAre(0, 3, 1, 4, 2));
}

TEST(AdmissionQueue, TheOtherBandsAreOfNoClass) {
  AdmissionQueue queue{8, 1};
  queue.push(of_band(0, Band::penalty));
  queue.push(of_band(1, Band::refresh));
  queue.push(of_band(2, Band::prefetch));
  queue.push(of_band(3, Band::retry));

  EXPECT_EQ(queue.size(), 4U);
  EXPECT_EQ(queue.size(ClassIndex{0}), 1U);
  for (const Band band : {Band::penalty, Band::refresh, Band::prefetch, Band::retry})
    EXPECT_EQ(queue.size(band), 1U);
  EXPECT_EQ(queue.size(Band::first_try), 0U);
}

TEST(AdmissionQueue, KnowsTheOldestOfEachBand) {
  AdmissionQueue queue{8, 1};
  queue.push({.item = 0, .band = Band::refresh, .since = t0});
  queue.push({.item = 1, .band = Band::first_try, .since = t0 + 1ms});
  queue.push({.item = 2, .band = Band::first_try, .since = t0 + 2ms});

  EXPECT_EQ(queue.oldest(), t0);
  EXPECT_EQ(queue.oldest(Band::refresh), t0);
  EXPECT_EQ(queue.oldest(Band::first_try), t0 + 1ms);
  EXPECT_EQ(queue.oldest(Band::penalty), std::nullopt);
  queue.remove(1);
  EXPECT_EQ(queue.oldest(Band::first_try), t0 + 2ms);
}

TEST(AdmissionQueue, AHeldClassKeepsWhatWaitsAndIsPassedOver) {
  AdmissionQueue queue{8, 2};
  queue.push(first_try(0, 0));
  queue.push(first_try(1, 1));
  queue.hold(0);
  queue.push(first_try(2, 0));

  EXPECT_TRUE(queue.is_held(0));
  EXPECT_FALSE(queue.is_held(1));
  EXPECT_EQ(send_one(queue).item, 1U);
  EXPECT_EQ(queue.front(t0, Supply::spare), std::nullopt);
  EXPECT_EQ(queue.size(ClassIndex{0}), 2U);

  queue.release(0);

  EXPECT_THAT(send_all(queue), ElementsAre(0, 2));
}

TEST(AdmissionQueue, HoldingAndReleasingTwiceIsHoldingAndReleasingOnce) {
  AdmissionQueue queue{8, 2};
  queue.push(first_try(0, 0));
  queue.release(0);
  queue.hold(0);
  queue.hold(0);
  EXPECT_EQ(queue.front(t0, Supply::spare), std::nullopt);
  queue.release(0);
  queue.release(0);

  EXPECT_THAT(send_all(queue), ElementsAre(0));
}

TEST(AdmissionQueue, AHeldClassDoesNotKeepTheOtherBandsWaiting) {
  AdmissionQueue queue{8, 1};
  queue.push(first_try(0, 0));
  queue.hold(0);
  queue.push(of_band(1, Band::penalty));
  queue.push(of_band(2, Band::penalty));
  queue.push(of_band(3, Band::refresh));
  queue.push(of_band(4, Band::prefetch));

  for (const Item item : {1U, 2U, 3U, 4U}) EXPECT_EQ(send_one(queue).item, item);
}

TEST(AdmissionQueue, AClassSavesNothingUpWhileItIsHeld) {
  AdmissionQueue queue{8, 2};
  for (const Item item : {0U, 1U, 2U}) queue.push(first_try(item, 0));
  for (const Item item : {3U, 4U, 5U}) queue.push(first_try(item, 1));
  queue.hold(0);
  for (int i = 0; i < 1'000; ++i) queue.push(send_one(queue));

  queue.release(0);
  std::map<ClassIndex, int> sent;
  for (int i = 0; i < 100; ++i) {
    const Entry entry = send_one(queue);
    ++sent[entry.klass];
    queue.push(entry);
  }

  EXPECT_NEAR(sent[0], 50, 1);
}

TEST(AdmissionQueue, ACandidateIsWhatAClassWouldSendNextHeldOrNot) {
  AdmissionQueue queue{8, 3};
  queue.push(retry(0, 1));
  queue.push(first_try(1, 1));
  queue.push(first_try(2, 0));

  EXPECT_EQ(queue.candidate(1, t0), first_try(1, 1));
  queue.hold(1);
  EXPECT_EQ(queue.candidate(1, t0), first_try(1, 1));
  queue.remove(1);
  EXPECT_EQ(queue.candidate(1, t0), retry(0, 1));
  EXPECT_EQ(queue.candidate(0, t0), first_try(2, 0));
  EXPECT_EQ(queue.candidate(2, t0), std::nullopt);
}

TEST(AdmissionQueue, AskingForACandidateChangesNothing) {
  AdmissionQueue queue{8, 2};
  queue.push(first_try(0, 0));
  queue.push(first_try(1, 1));

  EXPECT_EQ(queue.front(t0, Supply::spare)->item, 0U);
  EXPECT_EQ(queue.candidate(1, t0)->item, 1U);
  queue.pop(t0);

  EXPECT_FALSE(queue.contains(0));
  EXPECT_TRUE(queue.contains(1));
}

}  // namespace
}  // namespace sluice::policy
