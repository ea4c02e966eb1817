#include "tests/lab/habit.h"

#include <gtest/gtest.h>

namespace sluice::lab {
namespace {

TEST(Habit, OfGlibcSendsTheSameQueryTwiceAndTakesAFailureAsFinal) {
  EXPECT_TRUE(kGlibc.again_after_timeout(1));
  EXPECT_FALSE(kGlibc.again_after_timeout(2));
  EXPECT_FALSE(kGlibc.again_after_failure(1));
  EXPECT_EQ(kGlibc.retransmission, Habit::Retransmission::same_query);
}

TEST(Habit, OfTheBatchJobAsksFiveTimesWhateverHappens) {
  for (const std::uint32_t tries : {1U, 2U, 3U, 4U}) {
    EXPECT_EQ(kBatchJob.again_after_failure(tries), 100ms);
    EXPECT_TRUE(kBatchJob.again_after_timeout(tries));
  }
  EXPECT_FALSE(kBatchJob.again_after_failure(5));
  EXPECT_FALSE(kBatchJob.again_after_timeout(5));
}

TEST(Repeater, SendsFiveTimesInTwoSecondsAndTakesAnyReply) {
  EXPECT_EQ(kRepeater.tries * kRepeater.timeout, 2s);
  EXPECT_TRUE(kRepeater.again_after_timeout(4));
  EXPECT_FALSE(kRepeater.again_after_timeout(5));
  EXPECT_FALSE(kRepeater.again_after_failure(1));
  EXPECT_EQ(kRepeater.retransmission, Habit::Retransmission::same_query);
}

}  // namespace
}  // namespace sluice::lab
