// What becomes of responses near the end of their TTL and past it.
#include <gtest/gtest.h>

#include "tests/cache/sample.h"

namespace sluice::cache {
namespace {

class AgeingTest : public ::testing::Test {
 protected:
  AgeingTest() {
    cache_.set_ageing({.max_stale = 3'600s, .prefetch = true});
    cache_.store(key_, cache_.hash(key_), Sample({300, 400}, 100s).view(), t0);
  }

  std::optional<Hit> lookup(Duration age) {
    return cache_.lookup(key_, cache_.hash(key_), t0 + age, buffer_);
  }

  ResponseCache cache_{1 << 20, kHashKey};
  dns::LookupKey key_ = key_for("www.example");
  Buffer buffer_;
};

TEST_F(AgeingTest, GivesWhatIsPastItsTtlAsStaleForThirtySeconds) {
  const auto hit = lookup(100s);

  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->freshness, Freshness::stale);
  EXPECT_EQ(hit->remaining, Duration::zero());
  EXPECT_EQ(ttls_in(std::span{buffer_}.first(hit->size)), (std::vector<std::uint32_t>{30, 30}));
}

TEST_F(AgeingTest, GivesNothingThatIsTooOldEvenToBeStale) {
  EXPECT_TRUE(lookup(3'699s));
  EXPECT_FALSE(lookup(3'700s));
}

TEST_F(AgeingTest, GivesNothingStaleWhereItIsTurnedOff) {
  cache_.set_ageing({.max_stale = 0s, .prefetch = true});
  EXPECT_TRUE(lookup(99s));
  EXPECT_FALSE(lookup(100s));
}

TEST_F(AgeingTest, IsFreshAgainOnceItIsRenewed) {
  ASSERT_EQ(lookup(150s)->freshness, Freshness::stale);
  cache_.store(key_, cache_.hash(key_), Sample({60}, 60s).view(), t0 + 150s);

  EXPECT_EQ(lookup(160s)->freshness, Freshness::fresh);
}

TEST_F(AgeingTest, WantsANameInUseRefreshedOnceInTheLastTenthOfItsTtl) {
  EXPECT_FALSE(lookup(10s)->refresh_due);
  EXPECT_FALSE(lookup(89s)->refresh_due);
  EXPECT_TRUE(lookup(90s)->refresh_due);
  EXPECT_FALSE(lookup(95s)->refresh_due) << "asked for already";
}

TEST_F(AgeingTest, WantsNoRefreshForANameThatIsAskedForTheFirstTime) {
  EXPECT_FALSE(lookup(95s)->refresh_due);
  EXPECT_TRUE(lookup(96s)->refresh_due);
}

TEST_F(AgeingTest, WantsTheNextRefreshAfterTheRenewal) {
  (void)lookup(10s);
  ASSERT_TRUE(lookup(95s)->refresh_due);
  cache_.store(key_, cache_.hash(key_), Sample({100}, 100s).view(), t0 + 95s);

  EXPECT_FALSE(lookup(100s)->refresh_due);
  EXPECT_TRUE(lookup(190s)->refresh_due);
}

TEST_F(AgeingTest, WantsAShortTtlRefreshedInItsLastTenth) {
  cache_.store(key_, cache_.hash(key_), Sample({5}, 5s).view(), t0);
  (void)lookup(1s);
  EXPECT_FALSE(lookup(4'499ms)->refresh_due);
  EXPECT_TRUE(lookup(4'500ms)->refresh_due);
}

TEST_F(AgeingTest, WantsNoRefreshWhereItIsTurnedOffOrTooLate) {
  (void)lookup(10s);
  EXPECT_FALSE(lookup(100s)->refresh_due) << "stale";
  cache_.set_ageing({.max_stale = 3'600s, .prefetch = false});
  EXPECT_FALSE(lookup(95s)->refresh_due);
}

TEST(StaleEntries, AreKeptBeforeWhatNobodyAskedForTwice) {
  ResponseCache cache{64 << 10, kHashKey};
  cache.set_ageing({.max_stale = 3'600s, .prefetch = false});
  const dns::LookupKey popular = key_for("popular.example");
  Buffer buffer;
  cache.store(popular, cache.hash(popular), Sample{500}.lasting(10s).view(), t0);
  ASSERT_TRUE(cache.lookup(popular, cache.hash(popular), t0, buffer));

  for (std::uint64_t i = 0; i < 300; ++i) {
    const dns::LookupKey once = numbered_key(i);
    cache.store(once, cache.hash(once), Sample{500}.lasting(300s).view(), t0 + 20s);
  }

  ASSERT_GT(cache.stats().evictions, 0U);
  EXPECT_TRUE(cache.lookup(popular, cache.hash(popular), t0 + 20s, buffer));
}

}  // namespace
}  // namespace sluice::cache
