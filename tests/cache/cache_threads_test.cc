#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "cache/response_cache.h"
#include "resolver/base/random.h"
#include "tests/cache/sample.h"

namespace sluice::cache {
namespace {

constexpr std::uint64_t kNames = 64;
constexpr std::size_t kMaxBytes = 16'384;  // one shard, so that all threads meet in it

/// Every octet of the response to a name is its number: a copy of two halves would show.
std::byte fill_for(std::uint64_t number) { return static_cast<std::byte>(number); }

struct Tally {
  std::uint64_t hits = 0;
  std::uint64_t torn = 0;
};

/// Looks up, stores and clears at random, as listeners, the engine and an operator do.
Tally work(ResponseCache& cache, const std::vector<dns::LookupKey>& keys, std::uint64_t seed) {
  Random random{{.k0 = seed, .k1 = 0}};
  Buffer buffer;
  Tally tally;
  TimePoint now = t0;
  for (int i = 0; i < 5000; ++i) {
    now += std::chrono::milliseconds{random.below(5)};
    const std::uint64_t number = random.below(kNames);
    const dns::LookupKey& key = keys[number];
    const std::uint64_t hash = cache.hash(key);
    if (random.below(500) == 0) {
      cache.clear();
    } else if (random.below(4) == 0) {
      cache.store(key, hash, Sample{100 + random.below(400), fill_for(number)}.lasting(2s).view(),
                  now);
    } else if (const auto hit = cache.lookup(key, hash, now, buffer)) {
      ++tally.hits;
      const auto copy = std::span{buffer}.first(hit->size);
      if (!std::ranges::all_of(copy, [&](std::byte it) { return it == fill_for(number); })) {
        ++tally.torn;
      }
    }
  }
  return tally;
}

TEST(ResponseCacheThreads, LookUpStoreAndClearAtOnceWithoutATornCopy) {
  ResponseCache cache{kMaxBytes, kHashKey};
  std::vector<dns::LookupKey> keys;
  for (std::uint64_t i = 0; i < kNames; ++i) keys.push_back(numbered_key(i));
  std::atomic<std::uint64_t> hits = 0;
  std::atomic<std::uint64_t> torn = 0;
  std::atomic<bool> done = false;
  std::atomic<bool> within_budget = true;

  std::thread scraper{[&] {
    while (!done) {
      if (cache.stats().bytes > kMaxBytes) within_budget = false;
      std::this_thread::yield();
    }
  }};
  std::vector<std::thread> workers;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    workers.emplace_back([&, seed] {
      const Tally tally = work(cache, keys, seed);
      hits += tally.hits;
      torn += tally.torn;
    });
  }
  for (std::thread& worker : workers) worker.join();
  done = true;
  scraper.join();

  EXPECT_GT(hits, 0U);
  EXPECT_EQ(torn, 0U);
  EXPECT_TRUE(within_budget);
}

}  // namespace
}  // namespace sluice::cache
