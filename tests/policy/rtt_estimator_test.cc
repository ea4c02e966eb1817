#include "policy/rtt_estimator.h"

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

TEST(RttEstimator, WaitsOneSecondBeforeTheFirstSample) {
  const RttEstimator estimator;

  EXPECT_FALSE(estimator.has_sample());
  EXPECT_EQ(estimator.timeout(0), 1s);
  EXPECT_EQ(estimator.timeout(1), 2s);
  EXPECT_EQ(estimator.timeout(2), 3s);
}

TEST(RttEstimator, TakesTheFirstSampleWithHalfOfItAsVariation) {
  RttEstimator estimator;

  estimator.add_sample(200ms);

  EXPECT_TRUE(estimator.has_sample());
  EXPECT_EQ(estimator.srtt(), 200ms);
  EXPECT_EQ(estimator.timeout(0), 600ms);  // 200 + 4 * 100
}

TEST(RttEstimator, FollowsTheRfcForFurtherSamples) {
  RttEstimator estimator;

  estimator.add_sample(200ms);
  estimator.add_sample(280ms);

  EXPECT_EQ(estimator.srtt(), 210ms);      // 7/8 * 200 + 1/8 * 280
  EXPECT_EQ(estimator.timeout(0), 590ms);  // RTTVAR = 3/4 * 100 + 1/4 * 80 = 95
}

TEST(RttEstimator, NeverWaitsLessThanTheFloor) {
  RttEstimator estimator;

  for (int i = 0; i < 100; ++i) estimator.add_sample(500us);

  EXPECT_EQ(estimator.timeout(0), RttEstimator::kFloor);
  EXPECT_EQ(estimator.timeout(1), 2 * RttEstimator::kFloor);
}

TEST(RttEstimator, NeverWaitsLongerThanTheCeiling) {
  RttEstimator estimator;

  estimator.add_sample(9s);

  EXPECT_EQ(estimator.timeout(0), RttEstimator::kCeiling);
  EXPECT_EQ(estimator.timeout(~0U), RttEstimator::kCeiling);
}

TEST(RttEstimator, DoublesUpToTheCeiling) {
  RttEstimator estimator;

  estimator.add_sample(200ms);

  EXPECT_EQ(estimator.timeout(1), 1'200ms);
  EXPECT_EQ(estimator.timeout(2), 2'400ms);
  EXPECT_EQ(estimator.timeout(3), 3s);
}

TEST(RttEstimator, WaitsLongerForASlowZoneAfterAFewLateAnswers) {
  RttEstimator estimator;
  for (int i = 0; i < 100; ++i) estimator.add_sample(1ms);

  for (int i = 0; i < 10; ++i) estimator.add_sample(1'500ms);

  EXPECT_GT(estimator.timeout(0), 1'500ms);
}

TEST(RttEstimator, ComesBackFromOneAbsurdSample) {
  RttEstimator estimator;

  estimator.add_sample(Duration::max());
  EXPECT_EQ(estimator.srtt(), RttEstimator::kLongestSample);

  for (int i = 0; i < 100; ++i) estimator.add_sample(1ms);
  EXPECT_EQ(estimator.timeout(0), RttEstimator::kFloor);
}

TEST(RttEstimator, CountsASampleOfNoTimeAsASample) {
  RttEstimator estimator;

  estimator.add_sample(0ns);
  EXPECT_TRUE(estimator.has_sample());
  for (int i = 0; i < 1'000; ++i) estimator.add_sample(-1s);

  EXPECT_TRUE(estimator.has_sample());
  EXPECT_EQ(estimator.timeout(0), RttEstimator::kFloor);
}

}  // namespace
}  // namespace sluice::policy
