// Looking through the cache, and at single entries, without using them.
#include <gtest/gtest.h>

#include <set>

#include "tests/cache/sample.h"

namespace sluice::cache {
namespace {

using Fate = ResponseCache::Fate;

class SweepTest : public ::testing::Test {
 protected:
  void store(const dns::LookupKey& key, std::chrono::seconds ttl = 60s) {
    cache.store(key, cache.hash(key), Sample{{60}, ttl}.view(), t0);
  }
  void sweep(TimePoint now, const ResponseCache::Visit& visit) {
    for (ResponseCache::Sweep at; cache.sweep(at, now, visit);) {
    }
  }
  std::optional<Glance> peek(const dns::LookupKey& key, TimePoint now = t0) {
    return cache.peek(key, cache.hash(key), now, buffer);
  }

  ResponseCache cache{1 << 20, kHashKey};
  Buffer buffer;
};

TEST_F(SweepTest, ShowsEveryEntryOnce) {
  constexpr std::uint64_t kEntries = 500;
  for (std::uint64_t i = 0; i < kEntries; ++i) store(numbered_key(i));

  std::multiset<std::string> seen;
  sweep(t0 + 10s, [&](const EntryView& entry) {
    const auto wire = entry.key.question.name.wire();
    seen.emplace(reinterpret_cast<const char*>(wire.data()), wire.size());
    EXPECT_EQ(entry.age, 10s);
    EXPECT_EQ(entry.ttl, 60s);
    EXPECT_TRUE(entry.is_usable);
    EXPECT_FALSE(entry.message.empty());
    return Fate::keep;
  });

  EXPECT_EQ(seen.size(), kEntries);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), kEntries);
  EXPECT_EQ(cache.stats().entries, kEntries);
}

TEST_F(SweepTest, RemovesWhatIsNotToBeKept) {
  for (std::uint64_t i = 0; i < 100; ++i) store(numbered_key(i));
  const dns::LookupKey unwanted = numbered_key(7);

  sweep(t0,
        [&](const EntryView& entry) { return entry.key == unwanted ? Fate::remove : Fate::keep; });

  EXPECT_EQ(cache.stats().entries, 99U);
  EXPECT_FALSE(peek(unwanted));
  EXPECT_TRUE(peek(numbered_key(8)));
  EXPECT_EQ(cache.stats().evictions, 0U);
}

TEST_F(SweepTest, SaysWhichEntriesAreTooOldToBeUsed) {
  cache.set_ageing({.max_stale = 100s});
  store(key_for("www.example"), 60s);
  const auto is_usable_at = [&](Duration age) {
    bool is_usable = false;
    sweep(t0 + age, [&](const EntryView& entry) {
      is_usable = entry.is_usable;
      return Fate::keep;
    });
    return is_usable;
  };
  EXPECT_TRUE(is_usable_at(159s));
  EXPECT_FALSE(is_usable_at(160s));
}

TEST_F(SweepTest, PeekShowsAgeAndFreshness) {
  cache.set_ageing({.max_stale = 100s});
  store(key_for("www.example"), 60s);

  const auto fresh = peek(key_for("www.example"), t0 + 59s);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->freshness, Freshness::fresh);
  EXPECT_EQ(fresh->age, 59s);
  EXPECT_EQ(fresh->ttl, 60s);
  EXPECT_EQ(peek(key_for("www.example"), t0 + 60s)->freshness, Freshness::stale);
  EXPECT_FALSE(peek(key_for("www.example"), t0 + 160s));
  EXPECT_FALSE(peek(key_for("mail.example")));
}

TEST_F(SweepTest, PeekLeavesTheEntryAsUnusedAsItWas) {
  // A refresh is due only for what was looked up before.
  cache.set_ageing({.max_stale = 0s, .prefetch = true});
  store(key_for("www.example"), 100s);
  ASSERT_TRUE(peek(key_for("www.example")));

  const dns::LookupKey key = key_for("www.example");
  const auto hit = cache.lookup(key, cache.hash(key), t0 + 95s, buffer);
  ASSERT_TRUE(hit);
  EXPECT_FALSE(hit->refresh_due);
}

}  // namespace
}  // namespace sluice::cache
