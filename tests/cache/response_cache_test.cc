#include "cache/response_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "cache/cache_entry.h"
#include "resolver/base/random.h"
#include "tests/cache/sample.h"

namespace sluice::cache {
namespace {

using testing::ElementsAre;

constexpr std::size_t kMegabyte = 1 << 20;

/// A response cache with a buffer to look things up into.
struct Cache {
  explicit Cache(std::size_t max_bytes) : cache{max_bytes, kHashKey} {}

  void store(const dns::LookupKey& key, const Sample& sample, TimePoint now = t0) {
    cache.store(key, cache.hash(key), sample.view(), now);
  }
  std::optional<Hit> lookup(const dns::LookupKey& key, TimePoint now = t0) {
    return cache.lookup(key, cache.hash(key), now, buffer);
  }
  std::span<const std::byte> copy(const std::optional<Hit>& hit) const {
    return std::span{buffer}.first(hit->size);
  }

  ResponseCache cache;
  Buffer buffer;
};

TEST(ResponseCache, ReturnsTheResponseThatWasStored) {
  Cache cache{kMegabyte};
  const Sample sample{{60, 90}, 60s};
  cache.store(key_for("www.example"), sample);

  const auto hit = cache.lookup(key_for("www.example"));

  ASSERT_TRUE(hit);
  EXPECT_TRUE(std::ranges::equal(cache.copy(hit), sample.view().message));
  EXPECT_EQ(hit->freshness, Freshness::fresh);
  EXPECT_EQ(hit->remaining, 60s);
}

TEST(ResponseCache, HasNothingForOtherQuestions) {
  Cache cache{kMegabyte};
  cache.store(key_for("www.example"), Sample{{60}, 60s});
  dns::LookupKey other_type = key_for("www.example");
  other_type.question.type = dns::Type::aaaa;

  EXPECT_FALSE(cache.lookup(key_for("mail.example")));
  EXPECT_FALSE(cache.lookup(other_type));
}

TEST(ResponseCache, AgesTtlsByWholeSeconds) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{{60, 90}, 60s});

  EXPECT_THAT(ttls_in(cache.copy(cache.lookup(key, t0 + 999ms))), ElementsAre(60, 90));
  EXPECT_THAT(ttls_in(cache.copy(cache.lookup(key, t0 + 1s))), ElementsAre(59, 89));
  EXPECT_THAT(ttls_in(cache.copy(cache.lookup(key, t0 + 25'500ms))), ElementsAre(35, 65));
  EXPECT_EQ(cache.lookup(key, t0 + 25'500ms)->remaining, 34'500ms);
}

TEST(ResponseCache, AgesEachCopyFromWhatWasStored) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{{60}, 60s});
  ASSERT_TRUE(cache.lookup(key, t0 + 30s));

  EXPECT_THAT(ttls_in(cache.copy(cache.lookup(key, t0 + 10s))), ElementsAre(50));
}

TEST(ResponseCache, NeverShowsATtlOfZero) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{{0, 5, 60}, 30s});  // as a configured least TTL has it

  const auto hit = cache.lookup(key, t0 + 30s - 1ns);

  ASSERT_TRUE(hit);
  EXPECT_THAT(ttls_in(cache.copy(hit)), ElementsAre(1, 1, 31));
  EXPECT_EQ(hit->remaining, 1ns);
}

TEST(ResponseCache, ReturnsNothingPastTheTtl) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{{60}, 60s});

  EXPECT_FALSE(cache.lookup(key, t0 + 60s));
}

TEST(ResponseCache, DoesNotAgeForAThreadThatReadTheClockEarlier) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{{60}, 60s});

  const auto hit = cache.lookup(key, t0 - 5ms);

  ASSERT_TRUE(hit);
  EXPECT_THAT(ttls_in(cache.copy(hit)), ElementsAre(60));
  EXPECT_EQ(hit->remaining, 60s);
}

TEST(ResponseCache, ReturnsNothingIntoABufferTooSmall) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{500});
  std::array<std::byte, 500> buffer;

  EXPECT_TRUE(cache.cache.lookup(key, cache.cache.hash(key), t0, buffer));
  EXPECT_FALSE(cache.cache.lookup(key, cache.cache.hash(key), t0, std::span{buffer}.first(499)));
}

TEST(ResponseCache, KeepsAnswersWithDoAndCdApart) {
  Cache cache{kMegabyte};
  std::vector<dns::LookupKey> keys(4, key_for("www.example"));
  for (std::size_t i = 0; i < 4; ++i) {
    keys[i].dnssec_ok = (i & 1) != 0;
    keys[i].checking_disabled = (i & 2) != 0;
    EXPECT_FALSE(cache.lookup(keys[i])) << i;
    cache.store(keys[i], Sample{100 + i});
  }

  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(cache.lookup(keys[i])->size, 100 + i);
}

TEST(ResponseCache, ReplacesTheResponseToTheSameQuestion) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{{60, 60, 60}, 60s});
  cache.store(key, Sample{{20}, 20s}, t0 + 50s);

  const auto hit = cache.lookup(key, t0 + 55s);

  ASSERT_TRUE(hit);
  EXPECT_THAT(ttls_in(cache.copy(hit)), ElementsAre(15));
  EXPECT_EQ(cache.cache.stats().entries, 1U);
  EXPECT_EQ(cache.cache.stats().evictions, 0U);
}

TEST(ResponseCache, RenewsAnEntryPastItsTtl) {
  Cache cache{kMegabyte};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{{60}, 60s});
  const std::uint64_t bytes = cache.cache.stats().bytes;

  cache.store(key, Sample{{60}, 60s}, t0 + 100s);

  EXPECT_TRUE(cache.lookup(key, t0 + 100s));
  EXPECT_EQ(cache.cache.stats().entries, 1U);
  EXPECT_EQ(cache.cache.stats().bytes, bytes);
}

TEST(ResponseCache, TellsQuestionsWithOneHashApart) {
  Cache cache{kMegabyte};
  constexpr std::uint64_t kHash = 0x1234'5678'9abc'def0;
  for (std::size_t i = 0; i < 100; ++i) {
    cache.cache.store(numbered_key(i), kHash, Sample{100 + i}.view(), t0);
  }
  for (std::size_t i = 0; i < 100; i += 3) {  // from everywhere in the chain
    cache.cache.store(numbered_key(i), kHash, Sample{300 + i}.view(), t0);
  }

  EXPECT_EQ(cache.cache.stats().entries, 100U);
  for (std::size_t i = 0; i < 100; ++i) {
    const auto hit = cache.cache.lookup(numbered_key(i), kHash, t0, cache.buffer);
    ASSERT_TRUE(hit) << i;
    EXPECT_EQ(hit->size, i + (i % 3 == 0 ? 300 : 100));
  }
  EXPECT_FALSE(cache.cache.lookup(numbered_key(100), kHash, t0, cache.buffer));
}

TEST(ResponseCache, ForgetsEverythingWhenCleared) {
  Cache cache{kMegabyte};
  const std::uint64_t empty_bytes = cache.cache.stats().bytes;
  for (std::uint64_t i = 0; i < 100; ++i) cache.store(numbered_key(i), Sample{100});

  cache.cache.clear();

  const CacheStats stats = cache.cache.stats();
  EXPECT_EQ(stats.entries, 0U);
  EXPECT_EQ(stats.bytes, empty_bytes);
  EXPECT_EQ(stats.evictions, 0U);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_FALSE(cache.lookup(numbered_key(i)));
}

TEST(ResponseCache, IsOffWithoutABudget) {
  for (const std::size_t max_bytes : {std::size_t{0}, ResponseCache::kMinBytes - 1}) {
    Cache cache{max_bytes};
    cache.store(key_for("www.example"), Sample{12});
    cache.cache.clear();

    EXPECT_FALSE(cache.lookup(key_for("www.example"))) << max_bytes;
    EXPECT_EQ(cache.cache.stats().entries, 0U);
    EXPECT_EQ(cache.cache.stats().bytes, 0U);
    EXPECT_EQ(cache.cache.stats().max_bytes, max_bytes);
  }
}

TEST(ResponseCache, HoldsOneSmallResponseInTheLeastBudget) {
  Cache cache{ResponseCache::kMinBytes};
  cache.store(key_for("a.example"), Sample{50});
  cache.store(key_for("b.example"), Sample{50});

  EXPECT_FALSE(cache.lookup(key_for("a.example")));
  EXPECT_TRUE(cache.lookup(key_for("b.example")));
  EXPECT_LE(cache.cache.stats().bytes, ResponseCache::kMinBytes);
}

TEST(ResponseCache, RejectsAResponseThatCannotFitAndDropsWhatItReplaces) {
  Cache cache{4096};
  const dns::LookupKey key = key_for("www.example");
  cache.store(key, Sample{100});
  cache.store(key_for("mail.example"), Sample{100});

  cache.store(key, Sample{4096});

  EXPECT_EQ(cache.cache.stats().rejected, 1U);
  EXPECT_EQ(cache.cache.stats().evictions, 0U);
  EXPECT_FALSE(cache.lookup(key));
  EXPECT_TRUE(cache.lookup(key_for("mail.example")));
}

TEST(ResponseCache, FitsTheLargestResponseInTheLeastShard) {
  Cache cache{ResponseCache::kMinShardBytes};
  for (std::uint64_t i = 0; i < 2000; ++i) cache.store(numbered_key(i), Sample{12});
  const std::string label(61, 'a');
  const dns::LookupKey longest =
      key_for(label + '.' + label + '.' + label + "." + label.substr(0, 59) + ".example");
  ASSERT_EQ(longest.question.name.size(), dns::kMaxNameSize);
  const Sample sample{dns::kMaxMessageSize};
  std::vector<std::uint16_t> offsets(dns::kMaxAgedRecords);
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = static_cast<std::uint16_t>(4 * i);
  StoredResponse response = sample.view();
  response.ttl_offsets = offsets;

  cache.cache.store(longest, cache.cache.hash(longest), response, t0);

  EXPECT_EQ(cache.cache.stats().rejected, 0U);
  EXPECT_TRUE(cache.lookup(longest));
}

TEST(ResponseCache, SpreadsOverShardsSoThatEachIsUsed) {
  constexpr std::size_t kBytes = ResponseCache::kMaxShards * ResponseCache::kMinShardBytes;
  Cache cache{kBytes};
  for (std::uint64_t i = 0; i < 20'000; ++i) cache.store(numbered_key(i), Sample{200});

  EXPECT_GT(cache.cache.stats().bytes, kBytes - ResponseCache::kMaxShards * 512);
}

TEST(ResponseCache, AccountsForEveryEntryOfEveryShard) {
  Cache cache{2 * kMegabyte};
  for (std::uint64_t i = 0; i < 20'000; ++i) cache.store(numbered_key(i), Sample{200});

  const CacheStats stats = cache.cache.stats();

  EXPECT_GT(stats.entries, 0U);
  EXPECT_EQ(stats.entries + stats.evictions, 20'000U);
  EXPECT_EQ(stats.live_evictions, stats.evictions);
}

/// Octets from every size class: mostly small, at times as large as a message can be.
std::size_t random_size(Random& random) {
  const std::uint64_t kind = random.below(100);
  if (kind < 80) return 12 + random.below(500);
  return kind < 99 ? random.below(4096) : random.below(dns::kMaxMessageSize + 1);
}

class ResponseCacheBudget : public testing::TestWithParam<std::size_t> {};

TEST_P(ResponseCacheBudget, IsNeverExceededAndEveryHitIsTheLastStored) {
  const std::size_t max_bytes = GetParam();
  Cache cache{max_bytes};
  Random random{{.k0 = 7, .k1 = max_bytes}};
  constexpr std::uint64_t kNames = 3000;
  struct Stored {
    std::size_t size = 0;
    TimePoint at;
    std::chrono::seconds ttl{};
  };
  std::vector<Stored> last(kNames);
  std::vector<dns::LookupKey> keys;
  for (std::uint64_t i = 0; i < kNames; ++i) keys.push_back(numbered_key(i));
  TimePoint now = t0;
  std::uint64_t hits = 0;

  for (int i = 0; i < 30'000; ++i) {
    now += std::chrono::milliseconds{random.below(50)};
    const std::uint64_t number = std::min(random.below(kNames), random.below(kNames));
    Stored& stored = last[number];
    if (const auto hit = cache.lookup(keys[number], now)) {
      ++hits;
      ASSERT_EQ(hit->size, stored.size);
      ASSERT_LT(now, stored.at + stored.ttl);
    } else {
      stored = {.size = random_size(random),
                .at = now,
                .ttl = std::chrono::seconds{1 + random.below(600)}};
      cache.store(keys[number], Sample{stored.size}.lasting(stored.ttl), now);
    }
    const CacheStats stats = cache.cache.stats();
    ASSERT_LE(stats.bytes, max_bytes);
    ASSERT_LE(stats.live_evictions, stats.evictions);
    if (random.below(10'000) == 0) cache.cache.clear();
  }

  EXPECT_GT(hits, 0U);
  EXPECT_GT(cache.cache.stats().evictions, 0U);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResponseCacheBudget,
                         testing::Values(1000, 4096, 65'536, 200'000, kMegabyte, 3'000'001));

}  // namespace
}  // namespace sluice::cache
