#include "policy/microburst.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <ostream>
#include <thread>
#include <vector>

#include "policy/budget_file.h"
#include "policy/packet_budget.h"
#include "resolver/base/random.h"
#include "tests/policy/temporary_folder.h"

namespace sluice::policy {

void PrintTo(const Microburst::Peaks& peaks, std::ostream* out) {
  *out << peaks.in_1ms << " " << peaks.in_10ms << " " << peaks.in_100ms << " " << peaks.in_1s
       << " missed " << peaks.missed;
}

namespace {

constexpr TimePoint t0{1000s};
using Peaks = Microburst::Peaks;

struct Stamped {
  TimePoint time;
  bool is_new;
};

/// The same by looking at every window that ends with a packet, and at every packet in it.
std::uint32_t most_in_any(Duration window, const std::vector<Stamped>& packets) {
  std::uint32_t most = 0;
  for (const Stamped& last : packets) {
    std::uint32_t inside = 0;
    bool has_new = false;
    for (const Stamped& each : packets) {
      if (each.time > last.time || each.time < last.time - window) continue;
      ++inside;
      has_new = has_new || each.is_new;
    }
    if (has_new) most = std::max(most, inside);
  }
  return most;
}

Peaks brute_force(const std::vector<Stamped>& packets) {
  return {.in_1ms = most_in_any(1ms, packets),
          .in_10ms = most_in_any(10ms, packets),
          .in_100ms = most_in_any(100ms, packets),
          .in_1s = most_in_any(1s, packets)};
}

class MicroburstTest : public ::testing::Test {
 protected:
  const std::unique_ptr<BudgetWord> word = std::make_unique<BudgetWord>();
  Microburst microburst{*word};
};

TEST_F(MicroburstTest, NothingSentIsNoPeak) { EXPECT_EQ(microburst.read(t0), Peaks{}); }

TEST_F(MicroburstTest, CountsWindowsWhereverTheyBegin) {
  word->record(3, t0 + 900us);
  word->record(2, t0 + 1'900us);  // 1 ms later to the nanosecond: in one closed window
  word->record(1, t0 + 1'900us + 1ns);
  word->record(4, t0 + 80ms);
  word->record(5, t0 + 950ms);

  EXPECT_EQ(microburst.read(t0 + 1s),
            (Peaks{.in_1ms = 5, .in_10ms = 6, .in_100ms = 10, .in_1s = 15}));
}

TEST_F(MicroburstTest, SaysHowManyWereTakenInTheSecondBeforeNow) {
  word->record(7, t0);
  word->record(3, t0 + 400ms);
  (void)microburst.read(t0 + 500ms);

  EXPECT_EQ(microburst.in_last_second(t0 + 500ms), 10U);
  EXPECT_EQ(microburst.in_last_second(t0 + 1s), 3U);
  EXPECT_EQ(microburst.in_last_second(t0 + 1400ms), 0U);
}

TEST_F(MicroburstTest, EachReadTellsOfItsOwnPacketsAndOfThoseJustBefore) {
  word->record(50, t0);
  EXPECT_EQ(microburst.read(t0 + 1ms).in_1s, 50U);

  EXPECT_EQ(microburst.read(t0 + 2ms), Peaks{}) << "nothing new";
  word->record(1, t0 + 500ms);
  EXPECT_EQ(microburst.read(t0 + 500ms),
            (Peaks{.in_1ms = 1, .in_10ms = 1, .in_100ms = 1, .in_1s = 51}));
  word->record(1, t0 + 1s + 1ns);
  EXPECT_EQ(microburst.read(t0 + 20s).in_1s, 2U) << "the first fifty are more than 1 s back";
}

TEST_F(MicroburstTest, ALongPauseBetweenReadsLosesNoWindowThatSpansTheLastOne) {
  word->record(7, t0);
  EXPECT_EQ(microburst.read(t0 + 1us).in_1ms, 7U);
  word->record(3, t0 + 1ms);

  EXPECT_EQ(microburst.read(t0 + 1h).in_1ms, 10U);
}

TEST_F(MicroburstTest, PacketsBeforeItWasMadeAreNotItsBusiness) {
  word->record(9, t0);
  Microburst later{*word};
  word->record(1, t0 + 1us);

  EXPECT_EQ(later.read(t0 + 1ms).in_1s, 1U);
}

TEST_F(MicroburstTest, AgreesWithCountingByHandOnRandomStreams) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random{{.k0 = seed, .k1 = 1}};
    const auto fresh = std::make_unique<BudgetWord>();
    fresh->packets_sent = random.below(3 * BudgetWord::kStamps);
    Microburst reader{*fresh};
    std::vector<Stamped> packets;
    TimePoint now = t0;
    for (int read = 0; read < 6; ++read) {
      for (Stamped& packet : packets) packet.is_new = false;
      const auto groups = random.below(40);
      for (std::uint64_t group = 0; group < groups; ++group) {
        now += Duration{random.below(random.below(3) == 0 ? 400'000'000 : 1'500'000)};
        // Sharers stamp with clocks that they read a little before.
        const TimePoint stamp = now - Duration{random.below(random.below(8) == 0 ? 99'000'000 : 9)};
        const auto count = static_cast<std::uint32_t>(random.below(5));
        fresh->record(count, stamp);
        packets.insert(packets.end(), count, {stamp, true});
      }
      ASSERT_EQ(reader.read(now), brute_force(packets)) << "seed " << seed << " read " << read;
    }
  }
}

TEST_F(MicroburstTest, APacketNotStampedYetIsCountedAtTheNextReadWithAllAfterIt) {
  word->record(2, t0);
  word->packets_sent += 1;  // between its count and its stamp
  word->record(3, t0 + 10us);
  EXPECT_EQ(microburst.read(t0 + 1ms).in_1ms, 2U);

  const std::uint64_t end = word->packets_sent;
  word->packets_sent = 2;
  word->record(1, t0 + 5us);
  word->packets_sent = end;

  EXPECT_EQ(microburst.read(t0 + 2ms), (Peaks{6, 6, 6, 6, 0}));
}

TEST_F(MicroburstTest, ASlotOfAWriterThatDiedIsGivenUpAtTheSecondRead) {
  word->record(2, t0);
  word->packets_sent += 1;
  word->record(3, t0 + 10us);
  EXPECT_EQ(microburst.read(t0 + 1ms), (Peaks{2, 2, 2, 2, 0}));

  EXPECT_EQ(microburst.read(t0 + 2ms), (Peaks{5, 5, 5, 5, 1}));
  EXPECT_EQ(microburst.read(t0 + 3ms), Peaks{});
}

TEST_F(MicroburstTest, SaysHowManyPacketsItMissedWhenTheRingWasOverrun) {
  word->record(BudgetWord::kStamps, t0);
  EXPECT_EQ(microburst.read(t0 + 10s).missed, 0U);
  word->record(BudgetWord::kStamps, t0 + 20s);
  word->record(5, t0 + 21s);

  const Peaks peaks = microburst.read(t0 + 22s);

  EXPECT_EQ(peaks.missed, 5U);
  EXPECT_EQ(peaks.in_1s, BudgetWord::kStamps);
}

TEST_F(MicroburstTest, PacketsBeforeTheReadForWhichThereIsNoRoomAreMissed) {
  word->record(BudgetWord::kStamps, t0);
  EXPECT_EQ(microburst.read(t0).in_1s, BudgetWord::kStamps);
  word->record(9, t0 + 1us);

  EXPECT_EQ(microburst.read(t0 + 2us).missed, 9U);
}

TEST_F(MicroburstTest, ACountThatRunsBackwardsStartsAnew) {
  word->record(20, t0);
  (void)microburst.read(t0);
  word->packets_sent = 5;
  EXPECT_EQ(microburst.read(t0 + 5s), Peaks{});

  word->record(2, t0 + 6s);

  EXPECT_EQ(microburst.read(t0 + 6s), (Peaks{2, 2, 2, 2, 0}));
}

TEST(Microburst, SeesThePacketsOfAllWhoShareTheBudget) {
  constexpr PacketBudget::Limits kLimits{};
  const TemporaryFolder folder;
  PacketBudget one{kLimits, BudgetFile::open(folder.file("eni")).value()};
  PacketBudget other{kLimits, BudgetFile::open(folder.file("eni")).value()};
  Microburst here{one.word()};
  Microburst there{other.word()};

  EXPECT_TRUE(one.take(10, t0));
  EXPECT_TRUE(other.take(20, t0 + 500us));
  one.charge(3, t0 + 5ms);
  one.charge_foreign(7, t0 + 5ms);
  EXPECT_FALSE(other.take(61, t0 + 5ms));

  const Peaks expected{.in_1ms = 30, .in_10ms = 33, .in_100ms = 33, .in_1s = 33};
  EXPECT_EQ(here.read(t0 + 6ms), expected);
  EXPECT_EQ(there.read(t0 + 6ms), expected);
}

TEST_F(MicroburstTest, ToleratesWritersWhileItReads) {
  constexpr std::uint64_t kEach = 200'000;
  std::atomic<int> writing{2};
  const auto write = [&] {
    for (std::uint64_t i = 0; i < kEach; ++i) word->record(1, t0 + Duration{i * 1'000});
    --writing;
  };
  std::thread one{write};
  std::thread other{write};
  std::uint64_t missed = 0;
  std::uint32_t most = 0;
  while (writing > 0) {
    const Peaks peaks = microburst.read(t0 + 200ms);
    missed += peaks.missed;
    most = std::max(most, peaks.in_1s);
  }
  one.join();
  other.join();

  EXPECT_LE(most, BudgetWord::kStamps);
  EXPECT_LE(missed, 2 * kEach);
  const Peaks rest = microburst.read(t0 + 200ms);
  EXPECT_LE(rest.in_1ms, rest.in_1s);
  EXPECT_EQ(word->packets_sent.load(), 2 * kEach);
}

}  // namespace
}  // namespace sluice::policy
