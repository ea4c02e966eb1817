#include "tests/lab/delay_queue.h"

#include <gtest/gtest.h>

namespace sluice::lab {
namespace {

constexpr TimePoint t0{1000s};

TEST(DelayQueue, KeepsAnItemUntilItIsDue) {
  DelayQueue<int> queue{10};
  ASSERT_TRUE(queue.push(t0 + 5ms, 1));
  EXPECT_FALSE(queue.pop_due(t0 + 5ms - 1ns));
  EXPECT_EQ(queue.pop_due(t0 + 5ms), 1);
  EXPECT_FALSE(queue.pop_due(t0 + 1h));
}

TEST(DelayQueue, GivesTheEarliestFirst) {
  DelayQueue<int> queue{10};
  ASSERT_TRUE(queue.push(t0 + 3ms, 3));
  ASSERT_TRUE(queue.push(t0 + 1ms, 1));
  ASSERT_TRUE(queue.push(t0 + 2ms, 2));
  EXPECT_EQ(queue.next_due(), t0 + 1ms);
  for (const int item : {1, 2, 3}) EXPECT_EQ(queue.pop_due(t0 + 1s), item);
}

TEST(DelayQueue, KeepsTheOrderOfEqualTimes) {
  DelayQueue<int> queue{100};
  for (int item = 0; item < 100; ++item) ASSERT_TRUE(queue.push(t0, item));
  for (int item = 0; item < 100; ++item) EXPECT_EQ(queue.pop_due(t0), item);
}

TEST(DelayQueue, RefusesWhatIsAboveItsBound) {
  DelayQueue<int> queue{2};
  EXPECT_TRUE(queue.push(t0, 1));
  EXPECT_TRUE(queue.push(t0, 2));
  EXPECT_FALSE(queue.push(t0, 3));
  EXPECT_EQ(queue.size(), 2U);
}

TEST(DelayQueue, IsNeverDueWhenEmpty) { EXPECT_EQ(DelayQueue<int>{1}.next_due(), kNever); }

}  // namespace
}  // namespace sluice::lab
