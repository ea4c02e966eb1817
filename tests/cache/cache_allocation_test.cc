#include <gtest/gtest.h>

#include "cache/response_cache.h"
#include "resolver/base/random.h"
#include "tests/cache/sample.h"
#include "tests/support/allocations.h"

namespace sluice::cache {
namespace {

TEST(ResponseCacheAllocation, LookupNeverAllocates) {
  ResponseCache cache{1 << 20, kHashKey};
  const dns::LookupKey present = key_for("www.example");
  const dns::LookupKey absent = key_for("mail.example");
  const Sample sample{{60, 90}, 60s};
  cache.store(present, cache.hash(present), sample.view(), t0);
  Buffer buffer;

  const std::size_t before = allocations::count();
  const auto hit = cache.lookup(present, cache.hash(present), t0 + 1s, buffer);
  const auto miss = cache.lookup(absent, cache.hash(absent), t0 + 1s, buffer);
  const auto expired = cache.lookup(present, cache.hash(present), t0 + 60s, buffer);
  const std::size_t after = allocations::count();

  EXPECT_EQ(after, before);
  EXPECT_TRUE(hit);
  EXPECT_FALSE(miss);
  EXPECT_FALSE(expired);
}

TEST(ResponseCacheAllocation, StoreAllocatesOncePerEntry) {
  ResponseCache cache{1 << 20, kHashKey};
  const dns::LookupKey key = key_for("www.example");
  const Sample sample{{60, 90}, 60s};

  const std::size_t before = allocations::count();
  cache.store(key, cache.hash(key), sample.view(), t0);
  const std::size_t after = allocations::count();

  EXPECT_EQ(after - before, 1U);
}

TEST(ResponseCacheAllocation, TheBudgetCountsAllThatTheAllocatorGave) {
  constexpr std::size_t kMaxBytes = 300'000;
  constexpr std::size_t kFixed = 1024;  // the shards' own headers, whatever the budget
  Random random{{.k0 = 3, .k1 = 4}};
  const std::size_t before = allocations::bytes();
  ResponseCache cache{kMaxBytes, kHashKey};

  for (std::uint64_t i = 0; i < 5000; ++i) {
    const dns::LookupKey key = numbered_key(i);
    const Sample sample{12 + random.below(1000)};
    cache.store(key, cache.hash(key), sample.view(), t0);
  }

  EXPECT_GT(cache.stats().evictions, 0U);
  EXPECT_LE(allocations::bytes() - before, cache.stats().bytes + kFixed);
}

}  // namespace
}  // namespace sluice::cache
