#include "policy/failure_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "resolver/dns/presentation.h"

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};
constexpr HashKey kKey{.k0 = 1, .k1 = 2};

dns::LookupKey key_for(const std::string& name) {
  return {.question = {.name = dns::parse_name(name).value(), .type = dns::Type::ptr}};
}

class FailureCacheTest : public ::testing::Test {
 protected:
  FailureCache::Failure fail(const dns::LookupKey& key, TimePoint now) {
    return cache.record(key, FailureCause::timeout, now, random);
  }
  /// Fails as soon as the failure before has expired; returns how long the last one lasts.
  Duration fail_in_a_row(int times) {
    TimePoint now = t0;
    Duration ttl{};
    for (int i = 0; i < times; ++i) {
      now += ttl;
      ttl = fail(www, now).expires - now;
    }
    return ttl;
  }

  Random random{kKey};
  FailureCache cache{64, kKey};
  const dns::LookupKey www = key_for("www.example.");
};

TEST_F(FailureCacheTest, KnowsNothingAtFirst) {
  EXPECT_FALSE(cache.lookup(www, t0));
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(FailureCacheTest, RemembersAFailureUntilItExpires) {
  const auto failure = cache.record(www, FailureCause::upstream_servfail, t0, random);

  EXPECT_EQ(failure.streak, 1);
  ASSERT_TRUE(cache.lookup(www, failure.expires - 1ns));
  EXPECT_EQ(cache.lookup(www, t0)->cause, FailureCause::upstream_servfail);
  EXPECT_EQ(cache.lookup(www, t0)->expires, failure.expires);
  EXPECT_FALSE(cache.lookup(www, failure.expires));
}

TEST_F(FailureCacheTest, DoublesFromOneSecondToFiveMinutesWithinATenth) {
  Duration base = 1s;
  for (int failures = 1; failures <= 14; ++failures) {
    cache.forget(www);
    const Duration ttl = fail_in_a_row(failures);
    EXPECT_GE(ttl, std::max(base - base / 10, FailureCache::kFirst)) << failures;
    EXPECT_LE(ttl, std::min(base + base / 10, FailureCache::kLongest)) << failures;
    base = std::min(2 * base, FailureCache::kLongest);
  }
}

TEST_F(FailureCacheTest, NeverLeavesTheBoundsOfTheRfc) {
  std::vector<Duration> first;
  std::vector<Duration> later;
  for (int i = 0; i < 300; ++i) {
    const dns::LookupKey key = key_for("a" + std::to_string(i) + ".example.");
    first.push_back(fail(key, t0).expires - t0);
    for (int again = 0; again < 20; ++again) fail(key, t0);
    later.push_back(fail(key, t0).expires - t0);
  }

  EXPECT_GE(*std::ranges::min_element(first), 1s);
  EXPECT_LE(*std::ranges::max_element(first), 1'100ms);
  EXPECT_GE(*std::ranges::min_element(later), 270s);
  EXPECT_LE(*std::ranges::max_element(later), 300s);
}

TEST_F(FailureCacheTest, SpreadsTheEndsOfEqualFailures) {
  std::vector<Duration> third;
  for (int i = 0; i < 300; ++i) {
    const dns::LookupKey key = key_for("a" + std::to_string(i) + ".example.");
    fail(key, t0);
    fail(key, t0);
    third.push_back(fail(key, t0).expires - t0);
  }

  EXPECT_LT(*std::ranges::min_element(third), 3'650ms);
  EXPECT_GT(*std::ranges::max_element(third), 4'350ms);
}

TEST_F(FailureCacheTest, ContinuesAStreakForHalfAMinuteAfterAShortFailure) {
  const TimePoint expires = fail(www, t0).expires;

  EXPECT_FALSE(cache.lookup(www, expires + 30s - 1ns));
  EXPECT_EQ(fail(www, expires + 30s - 1ns).streak, 2);
}

TEST_F(FailureCacheTest, StartsOverWhenTheStreakIsForgotten) {
  const TimePoint expires = fail(www, t0).expires;

  EXPECT_EQ(fail(www, expires + 30s).streak, 1);
}

TEST_F(FailureCacheTest, ContinuesALongStreakForAsLongAsItsLastFailure) {
  for (int i = 0; i < 7; ++i) fail(www, t0);
  const auto eighth = fail(www, t0);
  const Duration ttl = eighth.expires - t0;
  ASSERT_GT(ttl, 100s);

  FailureCache untouched = cache;
  EXPECT_EQ(fail(www, eighth.expires + ttl - 1ns).streak, 9);
  EXPECT_EQ(untouched.record(www, FailureCause::timeout, eighth.expires + ttl, random).streak, 1);
}

TEST_F(FailureCacheTest, AStreakDoesNotOverflow) {
  for (int i = 0; i < 1'000; ++i) fail(www, t0);

  EXPECT_EQ(fail(www, t0).streak, 255);
  EXPECT_GE(fail(www, t0).expires, t0 + 270s);
}

TEST_F(FailureCacheTest, SuccessForgetsFailureAndStreak) {
  fail(www, t0);
  fail(www, t0);

  cache.forget(www);

  EXPECT_FALSE(cache.lookup(www, t0));
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(fail(www, t0).streak, 1);
}

TEST_F(FailureCacheTest, ForgettingTheUnknownChangesNothing) {
  fail(www, t0);

  cache.forget(key_for("other.example."));

  EXPECT_TRUE(cache.lookup(www, t0));
  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(FailureCacheTest, TellsQuestionsApartByEveryPartOfTheKey) {
  fail(www, t0);

  dns::LookupKey key = www;
  key.question.type = dns::Type::a;
  EXPECT_FALSE(cache.lookup(key, t0));
  key = www;
  key.question.klass = dns::Class::any;
  EXPECT_FALSE(cache.lookup(key, t0));
  key = www;
  key.dnssec_ok = true;
  EXPECT_FALSE(cache.lookup(key, t0));
  key = www;
  key.checking_disabled = true;
  EXPECT_FALSE(cache.lookup(key, t0));
  EXPECT_FALSE(cache.lookup(key_for("example."), t0));
  EXPECT_TRUE(cache.lookup(key_for("WWW.Example."), t0));
}

TEST_F(FailureCacheTest, HoldsNoMoreThanItsCapacity) {
  for (int i = 0; i < 1'000; ++i) fail(key_for("a" + std::to_string(i) + ".example."), t0);

  EXPECT_EQ(cache.size(), 64U);
  EXPECT_EQ(cache.evictions(), 1'000U - 64U);
}

TEST_F(FailureCacheTest, AFullSetLosesTheFailureThatExpiresFirst) {
  FailureCache one_set{4, kKey};
  const std::vector<dns::LookupKey> keys{key_for("a.example."), key_for("b.example."),
                                         key_for("c.example."), key_for("d.example."),
                                         key_for("e.example.")};
  for (const std::size_t i : {0U, 1U, 2U, 3U})
    one_set.record(keys[i], FailureCause::timeout, t0, random);
  for (const std::size_t i : {0U, 1U, 3U})
    one_set.record(keys[i], FailureCause::timeout, t0, random);

  one_set.record(keys[4], FailureCause::timeout, t0, random);

  EXPECT_FALSE(one_set.lookup(keys[2], t0));
  for (const std::size_t i : {0U, 1U, 3U, 4U}) EXPECT_TRUE(one_set.lookup(keys[i], t0)) << i;
  EXPECT_EQ(one_set.size(), 4U);
  EXPECT_EQ(one_set.evictions(), 1U);
}

TEST_F(FailureCacheTest, WhatIsPastMakesRoomWithoutLoss) {
  FailureCache one_set{4, kKey};
  for (const char* name : {"a.example.", "b.example.", "c.example.", "d.example."})
    one_set.record(key_for(name), FailureCause::timeout, t0, random);

  one_set.record(www, FailureCause::timeout, t0 + 32s, random);

  EXPECT_TRUE(one_set.lookup(www, t0 + 32s));
  EXPECT_EQ(one_set.evictions(), 0U);
  EXPECT_EQ(one_set.size(), 4U);
}

TEST_F(FailureCacheTest, TheSmallestCacheStillWorks) {
  FailureCache smallest{0, kKey};

  smallest.record(www, FailureCause::network, t0, random);

  EXPECT_TRUE(smallest.lookup(www, t0));
}

}  // namespace
}  // namespace sluice::policy
