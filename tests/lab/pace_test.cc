#include "tests/lab/pace.h"

#include <gtest/gtest.h>

namespace sluice::lab {
namespace {

TEST(Pace, OwesNothingAtTheStart) { EXPECT_EQ(Pace{3'000}.take_due(0s), 0U); }

TEST(Pace, SpreadsTheRateOverTheSecond) {
  Pace pace{3'000};
  for (int ms = 1; ms <= 1'000; ++ms)
    EXPECT_EQ(pace.take_due(std::chrono::milliseconds{ms}), 3U) << ms;
}

TEST(Pace, LosesNothingAtRatesThatDoNotDivideTheStep) {
  Pace pace{7};
  std::uint64_t total = 0;
  for (int ms = 1; ms <= 10'000; ++ms) total += pace.take_due(std::chrono::milliseconds{ms});
  EXPECT_EQ(total, 70U);
}

TEST(Pace, MakesUpForALateStep) {
  Pace pace{100};
  EXPECT_EQ(pace.take_due(10ms), 1U);
  EXPECT_EQ(pace.take_due(2010ms), 200U);
  EXPECT_EQ(pace.take_due(2010ms), 0U);
}

TEST(Pace, StaysExactAfterADay) {
  Pace pace{1'000'000};
  EXPECT_EQ(pace.take_due(24h), 86'400'000'000U);
  EXPECT_EQ(pace.take_due(24h + 1us), 1U);
}

TEST(Pace, OfZeroNeverAsks) { EXPECT_EQ(Pace{0}.take_due(1h), 0U); }

}  // namespace
}  // namespace sluice::lab
