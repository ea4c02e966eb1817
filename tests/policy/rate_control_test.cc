#include "policy/rate_control.h"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};

/// One cut at `now`; the counter then stands at 1.
RateControl cut_at(TimePoint now) {
  RateControl control;
  control.on_reading(0, now - 1s);
  EXPECT_EQ(control.on_reading(1, now), 700U);
  return control;
}

TEST(RateControl, UsesTheFullRateAtFirst) {
  const RateControl control;

  EXPECT_EQ(control.permille(), 1000U);
  EXPECT_EQ(control.cuts(), 0U);
  EXPECT_EQ(control.dropped(), 0U);
}

TEST(RateControl, WhatWasDroppedBeforeTheFirstReadingIsNoEvidence) {
  RateControl control;

  EXPECT_EQ(control.on_reading(257'430, t0), 1000U);
  EXPECT_EQ(control.on_reading(257'430, t0 + 1s), 1000U);
  EXPECT_EQ(control.dropped(), 0U);
}

TEST(RateControl, OneDroppedPacketCutsTheShareToSevenTenths) {
  RateControl control;
  control.on_reading(500, t0);

  EXPECT_EQ(control.on_reading(501, t0 + 1s), 700U);
  EXPECT_EQ(control.permille(), 700U);
  EXPECT_EQ(control.cuts(), 1U);
  EXPECT_EQ(control.dropped(), 1U);
}

TEST(RateControl, ABurstSeenInTwoReadingsIsPunishedOnce) {
  RateControl control = cut_at(t0);

  EXPECT_EQ(control.on_reading(40, t0 + 1s), 700U);
  EXPECT_EQ(control.on_reading(41, t0 + 2s - 1ns), 700U);
  EXPECT_EQ(control.cuts(), 1U);
  EXPECT_EQ(control.dropped(), 41U);
}

TEST(RateControl, DropsThatGoOnCutAgainAfterTheHold) {
  RateControl control = cut_at(t0);

  EXPECT_EQ(control.on_reading(2, t0 + 2s), 490U);
  EXPECT_EQ(control.on_reading(3, t0 + 4s), 343U);
  EXPECT_EQ(control.cuts(), 3U);
}

TEST(RateControl, NeverFallsBelowATenth) {
  RateControl control;
  std::uint64_t dropped = 0;
  for (TimePoint now = t0; now < t0 + 60s; now += 1s) control.on_reading(dropped++, now);

  EXPECT_EQ(control.permille(), 100U);
}

TEST(RateControl, DoesNotRecoverDuringTheHold) {
  RateControl control = cut_at(t0);

  EXPECT_EQ(control.on_reading(1, t0 + 1s), 700U);
  EXPECT_EQ(control.on_reading(1, t0 + 2s), 700U);
}

TEST(RateControl, RecoversByThreePercentOfTheFullRateEachSecond) {
  RateControl control = cut_at(t0);

  EXPECT_EQ(control.on_reading(1, t0 + 3s), 730U);
  EXPECT_EQ(control.on_reading(1, t0 + 4s), 760U);
  EXPECT_EQ(control.on_reading(1, t0 + 11s), 970U);
  EXPECT_EQ(control.on_reading(1, t0 + 12s), 1000U);
  EXPECT_EQ(control.on_reading(1, t0 + 13s), 1000U);
}

TEST(RateControl, RecoversAtTheSamePaceHoweverOftenItReads) {
  RateControl control = cut_at(t0);
  for (TimePoint now = t0; now <= t0 + 7s; now += 1ms) control.on_reading(1, now);

  EXPECT_EQ(control.permille(), 850U);
}

TEST(RateControl, AFullHourOfQuietDoesNotSaveUpRecovery) {
  RateControl control;
  control.on_reading(0, t0);
  control.on_reading(0, t0 + 1h);
  control.on_reading(1, t0 + 1h + 1s);

  EXPECT_EQ(control.on_reading(1, t0 + 1h + 4s), 730U);
}

TEST(RateControl, ADropDuringRecoveryCutsWhatHasBeenRegained) {
  RateControl control = cut_at(t0);
  control.on_reading(1, t0 + 7s);
  ASSERT_EQ(control.permille(), 850U);

  EXPECT_EQ(control.on_reading(2, t0 + 8s), 595U);
}

TEST(RateControl, ACounterThatWentBackwardsIsADriversReset) {
  RateControl control;
  control.on_reading(1'000, t0);

  EXPECT_EQ(control.on_reading(3, t0 + 1s), 1000U);
  EXPECT_EQ(control.on_reading(3, t0 + 2s), 1000U);
  EXPECT_EQ(control.dropped(), 0U);
  EXPECT_EQ(control.on_reading(4, t0 + 3s), 700U);
}

TEST(RateControl, AnAbsentCounterIsNoEvidence) {
  RateControl control;
  for (TimePoint now = t0; now < t0 + 10s; now += 1s)
    EXPECT_EQ(control.on_reading(std::nullopt, now), 1000U);

  control.on_reading(7, t0 + 10s);
  control.on_reading(std::nullopt, t0 + 11s);
  EXPECT_EQ(control.on_reading(90, t0 + 12s), 1000U);  // perhaps of another interface
  EXPECT_EQ(control.dropped(), 0U);
  EXPECT_EQ(control.on_reading(91, t0 + 13s), 700U);
}

TEST(RateControl, RecoversWhileTheCounterIsAbsent) {
  RateControl control = cut_at(t0);

  EXPECT_EQ(control.on_reading(std::nullopt, t0 + 4s), 760U);
}

TEST(RateControl, TakesTheLargestCounters) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  RateControl control;
  control.on_reading(kMost - 1, t0);

  EXPECT_EQ(control.on_reading(kMost, t0 + 1s), 700U);
  EXPECT_EQ(control.on_reading(0, t0 + 3s), 700U);  // backwards, and the end of the hold
  EXPECT_EQ(control.dropped(), 1U);
}

}  // namespace
}  // namespace sluice::policy
