#include "policy/budget_word.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};

class BudgetWordTest : public ::testing::Test {
 protected:
  const std::unique_ptr<BudgetWord> word = std::make_unique<BudgetWord>();
};

TEST_F(BudgetWordTest, KeepsWhenEachPacketWasTaken) {
  word->record(2, t0);
  word->record(1, t0 + 123'456'789ns);

  EXPECT_EQ(word->packets_sent.load(), 3U);
  EXPECT_EQ(word->taken_at(0, t0 + 1s), t0);
  EXPECT_EQ(word->taken_at(1, t0 + 1s), t0);
  EXPECT_EQ(word->taken_at(2, t0 + 1s), t0 + 123'456'789ns);
}

TEST_F(BudgetWordTest, ASlotThatWasNeverWrittenSaysNothing) {
  word->packets_sent = 1;  // counted, and then the writer died

  EXPECT_EQ(word->taken_at(0, t0), std::nullopt);
}

TEST_F(BudgetWordTest, AStampOfAnotherRoundIsNotTakenForThisOne) {
  word->record(BudgetWord::kStamps, t0);
  word->record(1, t0 + 1s);

  EXPECT_EQ(word->taken_at(0, t0 + 1s), std::nullopt) << "overwritten";
  EXPECT_EQ(word->taken_at(BudgetWord::kStamps, t0 + 1s), t0 + 1s);
  EXPECT_EQ(word->taken_at(1, t0 + 1s), t0);
  EXPECT_EQ(word->taken_at(BudgetWord::kStamps + 1, t0 + 1s), std::nullopt) << "not yet written";
}

TEST_F(BudgetWordTest, StampsAreRightInEveryRound) {
  for (std::uint64_t round = 0; round < 600; ++round) {
    const std::uint64_t index = round * BudgetWord::kStamps + 7;
    word->packets_sent = index;
    word->record(1, t0 + std::chrono::seconds{round});

    ASSERT_EQ(word->taken_at(index, t0 + 1h), t0 + std::chrono::seconds{round});
    ASSERT_EQ(word->taken_at(index + BudgetWord::kStamps, t0 + 1h), std::nullopt);
  }
}

TEST_F(BudgetWordTest, StampsAreRightHoweverLongTheHostIsUp) {
  constexpr std::chrono::hours kYear{24 * 365};
  for (const TimePoint now : {TimePoint{1ns}, TimePoint{kYear * 2} + 5ns, TimePoint{kYear * 30}}) {
    const std::uint64_t index = word->packets_sent;
    word->record(1, now);

    EXPECT_EQ(word->taken_at(index, now + 3s), now);
    EXPECT_EQ(word->taken_at(index, now), now);
    EXPECT_EQ(word->taken_at(index, now - 1ns), now) << "a clock that was read a moment before";
    EXPECT_EQ(word->taken_at(index, now + kYear), now);
  }
}

TEST_F(BudgetWordTest, MorePacketsAtOnceThanStampsWriteTheLastOfThem) {
  word->record(3 * BudgetWord::kStamps + 5, t0);

  EXPECT_EQ(word->packets_sent.load(), 3 * BudgetWord::kStamps + 5);
  EXPECT_EQ(word->taken_at(3 * BudgetWord::kStamps + 4, t0), t0);
  EXPECT_EQ(word->taken_at(2 * BudgetWord::kStamps + 5, t0), t0);
  EXPECT_EQ(word->taken_at(2 * BudgetWord::kStamps + 4, t0), std::nullopt);
}

TEST_F(BudgetWordTest, AShareOutOfRangeMeansAllOfTheRate) {
  EXPECT_EQ(word->share(), 1'000U);
  for (const std::uint64_t odd : {std::uint64_t{0}, std::uint64_t{1'001}, ~std::uint64_t{0},
                                  (std::uint64_t{1} << 32) + 500}) {
    word->rate_permille = odd;
    EXPECT_EQ(word->share(), 1'000U) << odd;
  }
  for (const std::uint32_t share : {1U, 700U, 1'000U}) {
    word->rate_permille = share;
    EXPECT_EQ(word->share(), share);
  }
}

}  // namespace
}  // namespace sluice::policy
