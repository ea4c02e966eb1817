#include "policy/gcra.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "resolver/base/random.h"
#include "tests/policy/sliding_window.h"

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};

/// A rule with its state and a record of all that it granted.
class Bucket {
 public:
  explicit Bucket(Gcra::Limit limit) : rule_{limit} {}

  bool take(std::uint32_t packets, TimePoint now) {
    const auto after = rule_.take(state_, packets, now);
    if (!after) return false;
    state_ = *after;
    granted_.push_back({now, packets});
    return true;
  }
  /// Takes until refused.
  void flood(TimePoint now, std::uint32_t packets = 1) {
    while (take(packets, now)) {
    }
  }
  [[nodiscard]] const Gcra& rule() const { return rule_; }
  [[nodiscard]] TimePoint state() const { return state_; }
  [[nodiscard]] std::uint64_t most() const { return most_in_any_second(granted_); }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const Departure& departure : granted_) sum += departure.packets;
    return sum;
  }

 private:
  Gcra rule_;
  TimePoint state_{};
  std::vector<Departure> granted_;
};

TEST(Gcra, AdmitsABurstThenRefuses) {
  Bucket bucket{{.rate = 10, .burst = 3}};

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(1, t0)) << "packet " << i;
  EXPECT_FALSE(bucket.take(1, t0));
  EXPECT_EQ(bucket.rule().retry_after(bucket.state(), 1, t0), 100ms);
}

TEST(Gcra, SlowedKeepsItsToleranceInTime) {
  const Gcra rule{{.rate = 1'000, .burst = 60}};
  const Gcra slow = rule.slowed(100);

  EXPECT_EQ(slow.interval(), 10ms);
  EXPECT_EQ(slow.tolerance(), rule.tolerance());
  EXPECT_EQ(slow.slowed(1'000).interval(), slow.interval());
  EXPECT_EQ(rule.slowed(999).interval(), 1'001'002ns) << "rounded up";
  EXPECT_EQ(slow.available(t0 + 1ms, t0), 6U) << "59 ms of tolerance at 10 ms each";
  EXPECT_EQ(slow.available(t0, t0), 60U) << "a full bucket grants the burst to one who asks for it";
}

TEST(Gcra, GrantsExactlyWhenRetryAfterSaid) {
  Bucket bucket{{.rate = 960, .burst = 60}};
  bucket.flood(t0);

  for (const std::uint32_t packets : {1U, 2U, 6U, 60U}) {
    const Duration wait = bucket.rule().retry_after(bucket.state(), packets, t0);
    EXPECT_FALSE(bucket.rule().take(bucket.state(), packets, t0 + wait - 1ns)) << packets;
    EXPECT_TRUE(bucket.rule().take(bucket.state(), packets, t0 + wait)) << packets;
  }
  EXPECT_EQ(bucket.rule().retry_after(TimePoint{}, 60, t0), 0ns);
}

TEST(Gcra, RefusedTakesCostNothing) {
  Bucket bucket{{.rate = 10, .burst = 1}};

  for (TimePoint now = t0; now < t0 + 10s; now += 50ms) bucket.take(1, now);  // twice its rate

  EXPECT_EQ(bucket.total(), 100U);
}

TEST(Gcra, AvailableIsWhatTakeGrantsAtOnce) {
  Random random{{.k0 = 1, .k1 = 2}};
  const Gcra rule{{.rate = 900, .burst = 60}};

  for (int i = 0; i < 10'000; ++i) {
    const TimePoint bucket = t0 - 10ms + Duration{random.below(100'000'000)};
    const std::uint32_t available = rule.available(bucket, t0);
    EXPECT_FALSE(rule.take(bucket, available + 1, t0));
    EXPECT_TRUE(available == 0 || rule.take(bucket, available, t0));
  }
  EXPECT_EQ(rule.available(TimePoint{}, t0), 60U);
  EXPECT_EQ(rule.available(rule.empty(t0), t0), 0U);
  EXPECT_EQ(rule.available(rule.empty(t0) - 1ns, t0), 0U);
  EXPECT_EQ(rule.available(rule.empty(t0) - rule.interval(), t0), 1U);
}

TEST(Gcra, ItsIntervalIsRoundedSoThatNoSecondHoldsMoreThanTheRate) {
  for (const std::uint32_t rate :
       {1U, 3U, 7U, 960U, 999'983U, 700'000U, 1'000'000U, 4'000'000'000U})
    EXPECT_GE(Gcra({.rate = rate, .burst = 1}).interval() * rate, 1s) << rate;
}

TEST(Gcra, NeverGrantsMoreThanTheBurstAtOnce) {
  const Gcra rule{{.rate = 1000, .burst = 5}};

  EXPECT_TRUE(rule.take(TimePoint{}, 5, t0));
  EXPECT_FALSE(rule.take(TimePoint{}, 6, t0));
  EXPECT_FALSE(rule.take(TimePoint{}, std::numeric_limits<std::uint32_t>::max(), t0));
}

TEST(Gcra, NoPacketsAreFreeUnlessInDebt) {
  const Gcra rule{{.rate = 1, .burst = 1}};

  EXPECT_EQ(rule.take(TimePoint{}, 0, t0), t0);
  EXPECT_EQ(rule.take(rule.empty(t0), 0, t0), rule.empty(t0));
  EXPECT_FALSE(rule.take(rule.empty(t0) + 1ns, 0, t0));
}

TEST(Gcra, ChargedPacketsDelayLaterTakes) {
  const Gcra rule{{.rate = 1000, .burst = 10}};
  const TimePoint bucket = rule.charge(TimePoint{}, 30, t0);

  EXPECT_EQ(rule.available(bucket, t0), 0U);
  EXPECT_EQ(rule.retry_after(bucket, 1, t0), 21ms);
  EXPECT_EQ(rule.retry_after(bucket, 10, t0), 30ms);
}

TEST(Gcra, BearsTheLargestNumbers) {
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  const Gcra slow{{.rate = 1, .burst = kMost}};
  const Gcra fast{{.rate = kMost, .burst = kMost}};

  EXPECT_EQ(slow.available(TimePoint{}, t0), kMost);
  EXPECT_TRUE(slow.take(TimePoint{}, kMost, t0));
  EXPECT_GT(slow.charge(TimePoint{}, kMost, t0), t0);
  EXPECT_EQ(fast.interval(), 1ns);
  EXPECT_TRUE(fast.take(TimePoint{}, kMost, t0));
}

TEST(Gcra, RestsForAsLongAsItLikesWithoutSavingUp) {
  Bucket bucket{{.rate = 100, .burst = 10}};

  bucket.flood(t0);
  bucket.flood(t0 + std::chrono::hours{24 * 365});

  EXPECT_EQ(bucket.total(), 20U);
}

TEST(GcraDeath, ARateOrBurstOfZeroIsABug) {
  EXPECT_DEATH((void)Gcra({.rate = 0, .burst = 1}), "broken invariant");
  EXPECT_DEATH((void)Gcra({.rate = 1, .burst = 0}), "broken invariant");
}

/// The promise: at most rate + burst packets in any closed second.
class GcraBound : public ::testing::TestWithParam<Gcra::Limit> {
 protected:
  void expect_within_bound(const Bucket& bucket) const {
    EXPECT_LE(bucket.most(), std::uint64_t{GetParam().rate} + GetParam().burst);
  }
};

TEST_P(GcraBound, HoldsForAFloodAfterIdleness) {
  Bucket bucket{GetParam()};
  const Duration step = std::max(bucket.rule().interval() / 7, Duration{1});

  bucket.flood(t0);
  const TimePoint end = t0 + 3600s + 2'500ms;
  for (TimePoint now = t0 + 3600s; now < end; now += step) bucket.flood(now);

  expect_within_bound(bucket);
  EXPECT_GE(bucket.most(), (GetParam().rate - 1) / 2 + GetParam().burst) << "nor far below it";
}

TEST_P(GcraBound, IsReachedWhenTakenAsSoonAsPossible) {
  Bucket bucket{GetParam()};

  bucket.flood(t0);
  for (TimePoint now = t0; now <= t0 + 2s;) {
    now += bucket.rule().retry_after(bucket.state(), 1, now);
    ASSERT_TRUE(bucket.take(1, now));
  }

  const auto per_second = static_cast<std::uint64_t>(Duration{1s} / bucket.rule().interval());
  EXPECT_EQ(bucket.most(), per_second + GetParam().burst);
  expect_within_bound(bucket);
}

TEST_P(GcraBound, HoldsForBurstsThatStraddleSeconds) {
  Bucket bucket{GetParam()};

  for (int second = 1; second <= 20; ++second) {
    const TimePoint boundary = t0 + second * 1s;
    for (const Duration offset : {Duration{-1}, Duration{0}, Duration{1}})
      bucket.flood(boundary + offset);
    bucket.flood(boundary + 500ms);
    bucket.flood(boundary + 999ms);
  }

  expect_within_bound(bucket);
}

TEST_P(GcraBound, HoldsForMixedPrices) {
  Bucket bucket{GetParam()};
  const Duration step = std::max(bucket.rule().interval() / 2, Duration{1});

  std::uint32_t price = 1;
  for (TimePoint now = t0; now < t0 + 3s; now += step) {
    bucket.take(price, now);
    price = price % 6 + 1;
  }

  expect_within_bound(bucket);
}

TEST_P(GcraBound, HoldsForRandomSchedules) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bucket bucket{GetParam()};
    Random random{{.k0 = seed, .k1 = GetParam().rate}};
    const auto interval = static_cast<std::uint64_t>(bucket.rule().interval().count());
    TimePoint now = t0;
    for (int i = 0; i < 4'000; ++i) {
      switch (random.below(64)) {
        case 0:
          now += Duration{random.below(1'500'000'000)};
          break;  // a rest
        case 1:
          bucket.flood(now, static_cast<std::uint32_t>(1 + random.below(6)));
          break;
        default:
          now += Duration{random.below(2 * interval)};
          break;
      }
      bucket.take(static_cast<std::uint32_t>(1 + random.below(6)), now);
    }
    expect_within_bound(bucket);
  }
}

TEST_P(GcraBound, HoldsForStampsThatGoBack) {
  Bucket bucket{GetParam()};
  Random random{{.k0 = 3, .k1 = GetParam().rate}};

  for (int i = 0; i < 50'000; ++i)
    bucket.take(1, t0 + i * 100us - Duration{random.below(900'000'000)});

  expect_within_bound(bucket);
}

INSTANTIATE_TEST_SUITE_P(Limits, GcraBound,
                         ::testing::Values(Gcra::Limit{.rate = 900, .burst = 60},  // 1024/60/64
                                           Gcra::Limit{.rate = 1000, .burst = 24},
                                           Gcra::Limit{.rate = 512, .burst = 512},
                                           Gcra::Limit{.rate = 999, .burst = 1},
                                           Gcra::Limit{.rate = 7, .burst = 6},
                                           Gcra::Limit{.rate = 1, .burst = 1},
                                           Gcra::Limit{.rate = 3, .burst = 1000}),
                         [](const auto& limit) {
                           return "Rate" + std::to_string(limit.param.rate) + "Burst" +
                                  std::to_string(limit.param.burst);
                         });

}  // namespace
}  // namespace sluice::policy
