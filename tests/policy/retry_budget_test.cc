#include "policy/retry_budget.h"

#include <gtest/gtest.h>

#include <vector>

#include "resolver/base/random.h"

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};

/// A budget that has nothing left at `now`.
RetryBudget spent(TimePoint now) {
  RetryBudget budget;
  EXPECT_TRUE(budget.take(RetryBudget::kMostSaved, now));
  return budget;
}

std::uint32_t take_all(RetryBudget& budget, TimePoint now) {
  std::uint32_t taken = 0;
  while (budget.take(1, now)) ++taken;
  return taken;
}

TEST(RetryBudget, StartsWithWhatCanBeSaved) {
  RetryBudget budget;

  EXPECT_EQ(budget.available(t0), 100U);
  EXPECT_EQ(take_all(budget, t0), 100U);
  EXPECT_EQ(budget.available(t0), 0U);
}

TEST(RetryBudget, EarnsTenPacketsASecondByItself) {
  RetryBudget budget = spent(t0);

  EXPECT_FALSE(budget.take(1, t0 + 100ms - 1ns));
  EXPECT_TRUE(budget.take(1, t0 + 100ms));
  EXPECT_FALSE(budget.take(1, t0 + 100ms));
  EXPECT_EQ(take_all(budget, t0 + 2100ms), 20U);
}

TEST(RetryBudget, EarnsAPacketForFiveFirstTries) {
  RetryBudget budget = spent(t0);

  for (int i = 0; i < 4; ++i) budget.on_first_try(t0);
  EXPECT_FALSE(budget.take(1, t0));
  budget.on_first_try(t0);
  EXPECT_TRUE(budget.take(1, t0));
  EXPECT_FALSE(budget.take(1, t0));
}

TEST(RetryBudget, AQuietHourSavesUpNoMoreThanTenSeconds) {
  RetryBudget budget = spent(t0);

  EXPECT_EQ(take_all(budget, t0 + 1h), 100U);
}

TEST(RetryBudget, ABusyHourWithoutRetriesSavesUpNoMore) {
  RetryBudget budget;
  for (int i = 0; i < 10'000; ++i) budget.on_first_try(t0);

  EXPECT_EQ(take_all(budget, t0), 100U);
}

TEST(RetryBudget, ARefusedRetryCostsNothing) {
  RetryBudget budget = spent(t0);

  for (int i = 0; i < 50; ++i) EXPECT_FALSE(budget.take(6, t0 + 500ms));
  EXPECT_EQ(budget.available(t0 + 500ms), 5U);
  EXPECT_TRUE(budget.take(5, t0 + 500ms));
}

TEST(RetryBudget, ARetryOverTcpIsPaidAtOnceOrNotAtAll) {
  RetryBudget budget = spent(t0);

  EXPECT_FALSE(budget.take(6, t0 + 600ms - 1ns));
  EXPECT_TRUE(budget.take(6, t0 + 600ms));
}

TEST(RetryBudget, NeverGrantsMoreThanCanBeSaved) {
  RetryBudget budget;

  EXPECT_FALSE(budget.take(101, t0 + 1h));
  EXPECT_FALSE(budget.take(0xffff'ffff, t0 + 1h));
  EXPECT_EQ(budget.available(t0 + 1h), 100U);
}

TEST(RetryBudget, AnOutageIsNotMultiplied) {
  RetryBudget budget;
  std::uint32_t tries = 0;
  std::uint32_t retries = 0;
  for (TimePoint now = t0; now < t0 + 60s; now += 2ms) {  // 500/s, each asked again twice if paid
    budget.on_first_try(now);
    ++tries;
    for (int again = 0; again < 2; ++again) retries += budget.take(1, now) ? 1U : 0U;
  }

  EXPECT_EQ(tries, 30'000U);
  EXPECT_GE(retries, 6'600U);
  EXPECT_LE(retries, 100U + 600U + 6'000U);
}

TEST(RetryBudget, KeepsItsBoundInEveryWindow) {
  struct Step {
    TimePoint time;
    std::uint32_t tries = 0;
    std::uint32_t taken = 0;
  };
  RetryBudget budget;
  Random random{{.k0 = 3, .k1 = 4}};
  std::vector<Step> steps;
  TimePoint now = t0;
  for (int i = 0; i < 2'000; ++i) {  // bursts, pauses and prices of all kinds
    now += Duration{random.below(random.below(20) == 0 ? 5'000'000'000 : 20'000'000)};
    Step step{.time = now};
    for (auto n = random.below(8); n > 0; --n, ++step.tries) budget.on_first_try(now);
    for (auto n = random.below(12); n > 0; --n) {
      const auto packets = static_cast<std::uint32_t>(1 + random.below(6));
      if (budget.take(packets, now)) step.taken += packets;
    }
    steps.push_back(step);
  }

  for (std::size_t first = 0; first < steps.size(); ++first) {
    std::int64_t tries = 0;
    std::int64_t taken = 0;
    for (std::size_t last = first; last < steps.size(); ++last) {
      tries += steps[last].tries;
      taken += steps[last].taken;
      const Duration length = steps[last].time - steps[first].time;
      ASSERT_LE(taken * Duration{100ms}, Duration{10s} + length + tries * Duration{20ms})
          << first << " to " << last;
    }
  }
}

}  // namespace
}  // namespace sluice::policy
