#include "tests/lab/latencies.h"

#include <gtest/gtest.h>

namespace sluice::lab {
namespace {

TEST(Latencies, AreZeroWithoutAny) { EXPECT_EQ(Latencies{}.percentile(99), 0s); }

TEST(Latencies, OfOneAreThatOne) {
  Latencies latencies;
  latencies.add(3ms);
  EXPECT_EQ(latencies.percentile(50), 3ms);
  EXPECT_EQ(latencies.percentile(100), 3ms);
}

TEST(Latencies, PercentilesAreTheNearestRank) {
  Latencies latencies;
  for (int ms = 100; ms >= 1; --ms) latencies.add(std::chrono::milliseconds{ms});
  EXPECT_EQ(latencies.percentile(50), 50ms);
  EXPECT_EQ(latencies.percentile(90), 90ms);
  EXPECT_EQ(latencies.percentile(99), 99ms);
  EXPECT_EQ(latencies.percentile(99.5), 100ms);
  EXPECT_EQ(latencies.percentile(100), 100ms);
  EXPECT_EQ(latencies.percentile(0.1), 1ms);
}

TEST(Latencies, MayGrowAfterAPercentileWasRead) {
  Latencies latencies;
  latencies.add(5ms);
  EXPECT_EQ(latencies.percentile(100), 5ms);
  latencies.add(1ms);
  EXPECT_EQ(latencies.percentile(50), 1ms);
  EXPECT_EQ(latencies.count(), 2U);
}

}  // namespace
}  // namespace sluice::lab
