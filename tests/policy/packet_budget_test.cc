#include "policy/packet_budget.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "policy/budget_file.h"
#include "resolver/base/random.h"
#include "tests/policy/sliding_window.h"
#include "tests/policy/stage.h"
#include "tests/policy/temporary_folder.h"

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};
constexpr PacketBudget::Limits kLimits{.limit = 1'024, .burst = 60, .reserve = 64};
constexpr std::uint32_t kBound = kLimits.limit - kLimits.reserve;

/// From 1 to `most`.
std::uint32_t up_to(std::uint32_t most, Random& random) {
  return static_cast<std::uint32_t>(1 + random.below(most));
}

std::uint32_t flood(PacketBudget& budget, TimePoint now) {
  std::uint32_t taken = 0;
  while (budget.take(1, now)) ++taken;
  return taken;
}

TEST(PacketBudget, APrivateOneGrantsItsBurstAndThenItsRate) {
  PacketBudget budget{kLimits};

  EXPECT_FALSE(budget.is_shared());
  EXPECT_EQ(budget.available(t0), 60U);
  EXPECT_EQ(flood(budget, t0), 60U);
  EXPECT_EQ(budget.available(t0), 0U);
  const Duration wait = budget.retry_after(1, t0);
  EXPECT_FALSE(budget.take(1, t0 + wait - 1ns));
  EXPECT_TRUE(budget.take(1, t0 + wait));
  EXPECT_EQ(budget.packets_sent_by_all(), 61U);
}

TEST(PacketBudget, LeavesTheReserveAlone) {
  PacketBudget budget{kLimits};
  std::vector<Departure> sent;

  for (TimePoint now = t0; now < t0 + 3s; now += 100us)
    while (budget.take(1, now)) sent.push_back({now, 1});

  EXPECT_LE(most_in_any_second(sent), kBound);
  EXPECT_GE(most_in_any_second(sent), kBound - 2);
}

TEST(PacketBudget, AllOfAPriceIsTakenOrNothing) {
  PacketBudget budget{kLimits};
  EXPECT_TRUE(budget.take(57, t0));

  EXPECT_FALSE(budget.take(6, t0));
  EXPECT_EQ(budget.available(t0), 3U);
  EXPECT_TRUE(budget.take(3, t0));
  EXPECT_EQ(budget.packets_sent_by_all(), 60U);
}

TEST(PacketBudget, ChargedPacketsAreDebtAndCountAsSent) {
  PacketBudget budget{kLimits};
  flood(budget, t0);
  const Duration before = budget.retry_after(1, t0);

  budget.charge(9, t0);

  const Duration interval = Gcra{kLimits.gcra()}.interval();
  EXPECT_EQ(budget.retry_after(1, t0), before + 9 * interval);
  EXPECT_EQ(budget.packets_sent_by_all(), 69U);
}

TEST(PacketBudget, PacketsChargedAgainAreDebtAndNotCountedTwice) {
  PacketBudget budget{kLimits};
  flood(budget, t0);
  const Duration before = budget.retry_after(1, t0);

  budget.charge_again(60, t0);

  EXPECT_GT(budget.retry_after(1, t0), before + 60ms);
  EXPECT_EQ(budget.packets_sent_by_all(), 60U);
}

TEST(PacketBudget, DebtStopsGrowingAtItsMaximumAndIsNoBrokenWord) {
  PacketBudget budget{kLimits};
  const Duration interval = Gcra{kLimits.gcra()}.interval();

  for (int i = 0; i < 10; ++i) budget.charge(std::numeric_limits<std::uint32_t>::max() / 16, t0);

  EXPECT_EQ(budget.retry_after(1, t0), PacketBudget::kMaxDebt + interval);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(budget.take(1, t0 + i * 1ns));
  EXPECT_EQ(budget.resets(), 0U);
  EXPECT_TRUE(budget.take(1, t0 + PacketBudget::kMaxDebt + interval));
}

TEST(PacketBudget, LimitsWithoutARateAreABug) {
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();

  EXPECT_DEATH(PacketBudget({.limit = 124, .burst = 60, .reserve = 64}), "broken invariant");
  EXPECT_DEATH(PacketBudget({.limit = 124, .burst = kMost, .reserve = 64}), "broken invariant");
}

TEST(PacketBudget, ForeignPacketsAreDebtAndNotSentBySharers) {
  PacketBudget budget{kLimits};
  flood(budget, t0);
  const Duration before = budget.retry_after(1, t0);

  budget.charge_foreign(10, t0);

  EXPECT_EQ(budget.retry_after(1, t0), before + 10 * Gcra{kLimits.gcra()}.interval());
  EXPECT_EQ(budget.packets_sent_by_all(), 60U);
}

TEST(PacketBudget, GrantsThePublishedShareOfItsRate) {
  for (const std::uint32_t permille : {100U, 350U, 700U, 999U}) {
    PacketBudget budget{kLimits};
    budget.publish_rate(permille);
    const std::uint32_t rate = kLimits.gcra().rate * permille / 1'000;
    EXPECT_EQ(budget.rate(), rate);
    EXPECT_EQ(budget.permille(), permille);

    std::vector<Departure> sent;
    for (TimePoint now = t0; now < t0 + 5s; now += 100us)
      while (budget.take(1, now)) sent.push_back({now, 1});

    EXPECT_LE(most_in_any_second(sent), rate + kLimits.burst);
    EXPECT_GE(sent.size(), 5 * (rate - 1));
  }
}

TEST(PacketBudget, ASmallShareStillGrantsALargePriceToWhoeverWaitsForIt) {
  PacketBudget budget{kLimits};
  budget.publish_rate(20);  // 18 packets per second: the tolerance is 2 packets
  EXPECT_EQ(budget.available(t0), 60U);
  EXPECT_EQ(flood(budget, t0), 2U);

  const TimePoint later = t0 + budget.retry_after(6, t0);

  EXPECT_FALSE(budget.take(6, later - 1ns));
  EXPECT_TRUE(budget.take(6, later));
  EXPECT_LT(later, t0 + 120ms);
  EXPECT_GE(budget.retry_after(1, later), 260ms) << "and all of it is paid";
}

TEST(PacketBudget, TheSmallestShareBreaksNoWordAndIsLetGoAtOnce) {
  PacketBudget budget{{.limit = 1'024, .burst = 500, .reserve = 64}};
  budget.publish_rate(1);
  EXPECT_TRUE(budget.take(500, t0));
  budget.charge_foreign(std::numeric_limits<std::uint32_t>::max(), t0);
  for (int i = 1; i < 10; ++i) EXPECT_FALSE(budget.take(1, t0 + i * 1ms));
  EXPECT_EQ(budget.resets(), 0U);

  budget.publish_rate(1'000);

  EXPECT_TRUE(budget.take(1, t0 + PacketBudget::kMaxDebt + 10ms));
  EXPECT_EQ(budget.resets(), 0U);
}

TEST(PacketBudget, AShareOutOfRangeIsABug) {
  PacketBudget budget{kLimits};

  EXPECT_DEATH(budget.publish_rate(0), "broken invariant");
  EXPECT_DEATH(budget.publish_rate(1'001), "broken invariant");
}

TEST(PacketBudget, APrivateOneAlwaysWatchesItself) {
  PacketBudget budget{kLimits};

  EXPECT_TRUE(budget.try_to_watch());
  budget.stop_watching();
  EXPECT_TRUE(budget.try_to_watch());
}

TEST(PacketBudget, NewLimitsKeepWhatHasBeenSpent) {
  PacketBudget budget{kLimits};
  flood(budget, t0);

  budget.set_limits({.limit = 512, .burst = 60, .reserve = 64});
  EXPECT_EQ(budget.available(t0), 0U);
  budget.set_limits({.limit = 2'048, .burst = 200, .reserve = 64});
  EXPECT_EQ(budget.available(t0), 0U);

  EXPECT_EQ(budget.limits().limit, 2'048U);
  EXPECT_EQ(budget.available(t0 + 1h), 200U);
}

TEST(PacketBudget, ChangingLimitsNeverGrantsMoreThanTheLargestOfThem) {
  const std::vector<PacketBudget::Limits> all{
      kLimits,
      {.limit = 716, .burst = 60, .reserve = 64},
      {.limit = 740, .burst = 300, .reserve = 64},
      {.limit = 300, .burst = 6, .reserve = 64},
      {.limit = 1'024, .burst = 500, .reserve = 64},
  };
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Random random{{.k0 = seed, .k1 = 0}};
    PacketBudget budget{kLimits};
    std::vector<Departure> sent;
    TimePoint now = t0;
    for (int change = 0; change < 40; ++change) {
      budget.set_limits(all[random.below(all.size())]);
      const TimePoint next = now + Duration{random.below(800'000'000)};
      if (random.below(4) == 0) now = next;  // a rest
      for (; now < next; now += 200us)
        while (budget.take(1, now)) sent.push_back({now, 1});
    }
    ASSERT_LE(most_in_any_second(sent), kBound) << "seed " << seed;
  }
}

class SharedBudget : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<BudgetFile> open() const {
    return BudgetFile::open(folder.file("eni")).value();
  }
  void set_word(TimePoint bucket) { file->word().bucket_ns = bucket.time_since_epoch().count(); }
  [[nodiscard]] TimePoint word() const { return TimePoint{Duration{file->word().bucket_ns}}; }

  const Gcra rule{kLimits.gcra()};
  const TemporaryFolder folder;
  const std::shared_ptr<BudgetFile> file = open();
  PacketBudget one{kLimits, file};
  PacketBudget other{kLimits, open()};
};

TEST_F(SharedBudget, GrantsTheBurstOnceToAll) {
  EXPECT_TRUE(one.is_shared());
  EXPECT_TRUE(one.take(50, t0));

  EXPECT_EQ(other.available(t0), 10U);
  EXPECT_FALSE(other.take(11, t0));
  EXPECT_TRUE(other.take(10, t0));
  EXPECT_EQ(one.available(t0), 0U);
  EXPECT_EQ(one.packets_sent_by_all(), 60U);
}

TEST_F(SharedBudget, KeepsTheBoundForAllTogether) {
  std::vector<Departure> sent;

  for (TimePoint now = t0; now < t0 + 3s; now += 300us) {
    while (one.take(2, now)) sent.push_back({now, 2});
    while (other.take(1, now)) sent.push_back({now, 1});
  }

  EXPECT_LE(most_in_any_second(sent), kBound);
}

TEST_F(SharedBudget, ARestartedProcessGoesOnFromWhatWasSpent) {
  flood(one, t0);

  PacketBudget restarted{kLimits, open()};

  EXPECT_EQ(restarted.available(t0), 0U);
}

TEST_F(SharedBudget, APublishedShareIsObeyedByAllAtTheirNextTake) {
  EXPECT_TRUE(one.take(30, t0));

  other.publish_rate(500);

  EXPECT_EQ(one.permille(), 500U);
  EXPECT_EQ(flood(one, t0), 15U) << "half of what was left of the burst";
  EXPECT_EQ(one.retry_after(1, t0), other.retry_after(1, t0));
  EXPECT_EQ(PacketBudget(kLimits, open()).permille(), 500U) << "a newcomer, too";
}

TEST_F(SharedBudget, AShareOutOfRangeIsReadAsAllOfTheRate) {
  for (const std::uint64_t odd : {0U, 1'001U, ~0U}) {
    file->word().rate_permille = odd;
    EXPECT_EQ(one.permille(), 1'000U);
    EXPECT_EQ(one.rate(), kLimits.gcra().rate);
  }
}

TEST_F(SharedBudget, KeepsTheBoundWhileTheShareFallsAndRecovers) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random{{.k0 = seed, .k1 = 2}};
    file->word().bucket_ns = 0;
    std::vector<Departure> sent;
    TimePoint now = t0;
    const auto spend = [&](PacketBudget& budget, std::uint32_t price) {
      if (budget.take(price, now)) sent.push_back({now, price});
    };
    for (int change = 0; change < 30; ++change) {
      (random.below(2) == 0 ? one : other).publish_rate(up_to(1'000, random));
      const TimePoint next = now + Duration{random.below(700'000'000)};
      if (random.below(4) == 0) now = next;  // a rest
      for (; now < next; now += 250us) {
        for (int i = 0; i < 3; ++i) spend(random.below(2) == 0 ? one : other, 1);
        if (random.below(4) == 0) spend(one, up_to(kLimits.burst, random));
      }
    }
    ASSERT_LE(most_in_any_second(sent), kBound) << "seed " << seed;
    EXPECT_EQ(one.resets(), 0U);
  }
}

TEST_F(SharedBudget, KeepsTheBoundWithLimitsAndSharesThatChangeTogether) {
  const std::vector<PacketBudget::Limits> all{
      kLimits,
      {.limit = 716, .burst = 60, .reserve = 64},
      {.limit = 740, .burst = 300, .reserve = 64},
      {.limit = 1'024, .burst = 500, .reserve = 64},
  };
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random{{.k0 = seed, .k1 = 3}};
    PacketBudget budget{kLimits};
    std::vector<Departure> sent;
    TimePoint now = t0;
    for (int change = 0; change < 40; ++change) {
      if (random.below(2) == 0)
        budget.set_limits(all[random.below(all.size())]);
      else
        budget.publish_rate(up_to(1'000, random));
      const TimePoint next = now + Duration{random.below(600'000'000)};
      if (random.below(4) == 0) now = next;
      for (; now < next; now += 250us) {
        const std::uint32_t price = up_to(random.below(8) == 0 ? 500 : 3, random);
        if (budget.take(price, now)) sent.push_back({now, price});
      }
    }
    ASSERT_LE(most_in_any_second(sent), kBound) << "seed " << seed;
  }
}

TEST_F(SharedBudget, OneOfAllWatchesAndAnotherTakesOverWhenItIsGone) {
  auto first = std::make_unique<PacketBudget>(kLimits, open());
  EXPECT_TRUE(first->try_to_watch());
  EXPECT_TRUE(first->try_to_watch()) << "it is still the one";
  EXPECT_FALSE(one.try_to_watch());

  first.reset();

  EXPECT_TRUE(one.try_to_watch());
  EXPECT_FALSE(other.try_to_watch());
  one.stop_watching();
  EXPECT_TRUE(other.try_to_watch());
}

TEST_F(SharedBudget, AProcessThatIsKilledWatchesNoMore) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    PacketBudget budget{kLimits, open()};
    if (!budget.try_to_watch()) ::_exit(1);
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it did watch";

  EXPECT_TRUE(one.try_to_watch());
}

TEST_F(SharedBudget, AWordOfThePastIsAFullBucket) {
  for (const TimePoint past : {t0, t0 - 1ns, TimePoint{}, TimePoint::min()}) {
    set_word(past);
    EXPECT_EQ(one.available(t0), 60U);
    EXPECT_TRUE(one.take(60, t0));
  }
  EXPECT_EQ(one.resets(), 0U);
}

TEST_F(SharedBudget, ABrokenWordGrantsNothingAndIsResetToAnEmptyBucketAtTheSecondLook) {
  const TimePoint honest = rule.empty(t0 + 1ms) + PacketBudget::kMaxDebt;
  for (const TimePoint broken : {honest + 1ns, t0 + std::chrono::hours{24 * 365}, kNever}) {
    set_word(broken);
    const std::uint64_t resets = one.resets();

    EXPECT_FALSE(one.take(1, t0));
    EXPECT_EQ(word(), broken);
    EXPECT_FALSE(one.take(1, t0 + 1ms));

    EXPECT_EQ(word(), rule.empty(t0 + 1ms));
    EXPECT_EQ(one.resets(), resets + 1);
    EXPECT_TRUE(one.take(1, t0 + 1ms + rule.interval()));
  }
}

TEST_F(SharedBudget, AWordOfTheLargestHonestDebtIsLeftAlone) {
  const TimePoint honest = rule.empty(t0) + PacketBudget::kMaxDebt;
  set_word(honest);

  EXPECT_FALSE(one.take(1, t0));
  EXPECT_FALSE(one.take(1, t0 + 1ms));

  EXPECT_EQ(word(), honest);
  EXPECT_EQ(one.resets(), 0U);
}

TEST_F(SharedBudget, ABrokenWordReadsAsAnEmptyBucket) {
  set_word(kNever);

  EXPECT_EQ(one.available(t0), 0U);
  EXPECT_EQ(one.retry_after(1, t0), rule.interval());
  EXPECT_EQ(word(), kNever) << "looking changes nothing";
}

TEST_F(SharedBudget, AWordFromBeforeARebootIsReset) {
  constexpr TimePoint soon_after_boot{20s};
  set_word(TimePoint{std::chrono::hours{24 * 30}});

  EXPECT_FALSE(one.take(1, soon_after_boot));
  EXPECT_FALSE(one.take(1, soon_after_boot + 1ms));

  EXPECT_EQ(one.resets(), 1U);
  EXPECT_EQ(one.available(soon_after_boot + 1s), 60U);
}

TEST_F(SharedBudget, AProcessThatWasStalledDoesNotTurnTheWordBack) {
  // `one` reads the clock at t0 and is stopped; meanwhile `other` spends for two seconds.
  const TimePoint later = t0 + 2s;
  flood(other, later);
  const TimePoint spent = word();

  for (int question = 0; question < 3; ++question) EXPECT_FALSE(one.take(1, t0));
  EXPECT_FALSE(one.take(1, later));

  EXPECT_EQ(word(), spent);
  EXPECT_EQ(one.resets(), 0U);
}

TEST_F(SharedBudget, AWordThatMovedBetweenTwoLooksIsNotReset) {
  set_word(t0 + 10s);
  EXPECT_FALSE(one.take(1, t0));
  set_word(t0 + 11s);

  EXPECT_FALSE(one.take(1, t0 + 1ms));
  EXPECT_EQ(word(), t0 + 11s);
  EXPECT_FALSE(one.take(1, t0 + 2ms));

  EXPECT_EQ(one.resets(), 1U);
}

TEST_F(SharedBudget, ABrokenWordIsResetOnceByAllWhoSeeIt) {
  set_word(kNever);

  for (PacketBudget* budget : {&one, &other, &one, &other, &one, &other}) {
    static TimePoint now = t0;
    EXPECT_FALSE(budget->take(1, now += 1us));
  }

  EXPECT_EQ(one.resets(), 1U);
}

TEST_F(SharedBudget, ChargesDoNotTouchABrokenWord) {
  set_word(kNever);

  one.charge(5, t0);

  EXPECT_EQ(word(), kNever);
  EXPECT_EQ(one.packets_sent_by_all(), 5U);
}

TEST_F(SharedBudget, KeepsTheBoundAcrossAReset) {
  std::vector<Departure> sent;
  const auto spend_until = [&](TimePoint from, TimePoint to) {
    for (TimePoint now = from; now < to; now += 300us)
      while (one.take(1, now)) sent.push_back({now, 1});
  };

  spend_until(t0, t0 + 500ms);
  set_word(t0 + std::chrono::hours{1});
  spend_until(t0 + 500ms, t0 + 2s);

  EXPECT_EQ(one.resets(), 1U);
  EXPECT_LE(most_in_any_second(sent), kBound);
  EXPECT_GT(sent.size(), 1'800U) << "and goes on at once";
}

class SharedStage : public SharedBudget {
 protected:
  SharedStage() {
    void* memory =
        ::mmap(nullptr, sizeof(Stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    stage = static_cast<Stage*>(memory);
  }
  ~SharedStage() override { ::munmap(stage, sizeof(Stage)); }

  /// What a player does: maps the file for itself and spends until the end, or until it is killed.
  void play(std::size_t who) const {
    PacketBudget budget{kLimits, open()};
    while (stage->spend(budget, who)) {
    }
    stage->last_look[who] = Stage::kGone;
  }
  void expect_bound_and_full_use() const {
    const auto departures = stage->departures();
    EXPECT_LE(most_in_any_second(departures), kBound);
    constexpr auto kSeconds = std::chrono::duration_cast<std::chrono::seconds>(Stage::kEnd).count();
    EXPECT_GE(departures.size(), kLimits.gcra().rate * (kSeconds - 1));
    EXPECT_EQ(one.resets(), 0U) << "no honest process breaks the word";
  }

  Stage* stage = nullptr;
};

TEST_F(SharedStage, ThreadsKeepTheBoundTogether) {
  std::thread first{[this] { play(0); }};
  std::thread second{[this] { play(1); }};
  first.join();
  second.join();

  expect_bound_and_full_use();
}

TEST_F(SharedStage, ProcessesKeepTheBoundTogetherAndOneThatDiesHoldsNothing) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    play(1);
    ::_exit(0);
  }
  PacketBudget budget{kLimits, open()};
  // Both spend at the same time for a while; then the child dies wherever it happens to be.
  constexpr std::int64_t kHalf = Stage::kEnd / Stage::kTick / 2;
  while ((stage->ticks < kHalf || stage->taken_by[1] == 0) && stage->spend(budget, 0)) {
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child was still spending";
  stage->last_look[1] = Stage::kGone;
  const std::uint64_t before = stage->taken_by[0];
  const std::int64_t died = stage->ticks;
  while (stage->spend(budget, 0)) {
  }

  EXPECT_GT(stage->taken_by[1], 0U);
  const Duration alone = (stage->ticks - died) * Stage::kTick;
  EXPECT_GE(stage->taken_by[0] - before,
            static_cast<std::uint64_t>(alone / Gcra{kLimits.gcra()}.interval()) - 1);
  expect_bound_and_full_use();
}

}  // namespace
}  // namespace sluice::policy
