#include "tests/lab/packet_window.h"

#include <gtest/gtest.h>

namespace sluice::lab {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(WorstWindow, IsZeroWithoutArrivals) { EXPECT_EQ(worst_window({}, kSecond), 0U); }

TEST(WorstWindow, CountsOneArrivalAsOne) {
  EXPECT_EQ(worst_window(std::vector<std::int64_t>{7}, kSecond), 1U);
}

TEST(WorstWindow, EndsBeforeItsLength) {
  EXPECT_EQ(worst_window(std::vector<std::int64_t>{0, kSecond - 1}, kSecond), 2U);
  EXPECT_EQ(worst_window(std::vector<std::int64_t>{0, kSecond}, kSecond), 1U);
}

TEST(WorstWindow, FindsABurstThatStraddlesTwoSecondsOfTheClock) {
  std::vector<std::int64_t> arrivals;
  for (std::int64_t i = 0; i < 10; ++i) arrivals.push_back(kSecond - 10 + i);
  for (std::int64_t i = 0; i < 10; ++i) arrivals.push_back(kSecond + i);
  EXPECT_EQ(worst_window(arrivals, kSecond), 20U);
  EXPECT_EQ(worst_window(arrivals, 10), 10U);
}

TEST(WorstWindow, CountsEqualTimesTogether) {
  EXPECT_EQ(worst_window(std::vector<std::int64_t>{5, 5, 5, 5 + kSecond}, 1), 3U);
}

TEST(SlidingLimit, PassesTheLimitAndNoMoreInASecond) {
  SlidingLimit limit{3};
  EXPECT_TRUE(limit.admit(0));
  EXPECT_TRUE(limit.admit(10));
  EXPECT_TRUE(limit.admit(20));
  EXPECT_FALSE(limit.admit(kSecond - 1));
}

TEST(SlidingLimit, FreesEachPlaceASecondAfterItWasTaken) {
  SlidingLimit limit{2};
  EXPECT_TRUE(limit.admit(0));
  EXPECT_TRUE(limit.admit(kSecond / 2));
  EXPECT_TRUE(limit.admit(kSecond));
  EXPECT_FALSE(limit.admit(kSecond + 1));
  EXPECT_TRUE(limit.admit(kSecond + kSecond / 2));
}

TEST(SlidingLimit, RefusedPacketsUseUpNothing) {
  SlidingLimit limit{1};
  EXPECT_TRUE(limit.admit(0));
  for (std::int64_t now = 1; now < 1'000; ++now) EXPECT_FALSE(limit.admit(now));
  EXPECT_TRUE(limit.admit(kSecond));
}

TEST(SlidingLimit, NeverPassesMoreThanTheLimitInAnyWindow) {
  SlidingLimit limit{100};
  std::vector<std::int64_t> passed;
  for (std::int64_t now = 0; now < 5 * kSecond; now += kSecond / 700)
    if (limit.admit(now)) passed.push_back(now);
  EXPECT_EQ(worst_window(passed, kSecond), 100U);
  EXPECT_EQ(passed.size(), 500U);
}

TEST(SlidingLimit, OfZeroPassesEverything) {
  SlidingLimit limit{0};
  for (int i = 0; i < 5'000; ++i) EXPECT_TRUE(limit.admit(0));
}

}  // namespace
}  // namespace sluice::lab
