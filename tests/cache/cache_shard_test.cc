#include "cache/cache_shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <list>

#include "resolver/base/random.h"
#include "tests/cache/sample.h"

namespace sluice::cache {
namespace {

/// A shard with room for exactly `capacity` responses of one size, addressed by number.
class NumberedShard {
 public:
  static constexpr std::size_t kMessageSize = 2000;

  explicit NumberedShard(std::size_t capacity) : shard_{max_bytes_for(capacity)} {}

  void store(std::uint64_t number, TimePoint now = t0, std::chrono::seconds ttl = 300s) {
    const dns::LookupKey key = padded_key(number);
    const Sample sample = Sample{kMessageSize}.lasting(ttl);
    shard_.store(CacheEntry::make(key, key.hash(kHashKey), sample.view(), now), key, now);
  }

  bool hit(std::uint64_t number, TimePoint now = t0) {
    const dns::LookupKey key = padded_key(number);
    return shard_.lookup(key, key.hash(kHashKey), now, buffer_).has_value();
  }

  [[nodiscard]] const CacheStats& stats() const { return shard_.stats(); }
  void clear() { shard_.clear(); }

 private:
  // Names of one length, so that all footprints are the same.
  static dns::LookupKey padded_key(std::uint64_t number) { return numbered_key(1000 + number); }

  static std::size_t max_bytes_for(std::size_t capacity) {
    const std::size_t footprint =
        CacheEntry::make(padded_key(0), 0, Sample{kMessageSize}.view(), t0)->footprint();
    std::size_t max_bytes = capacity * footprint;
    while (!CacheShard::fits(max_bytes, capacity * footprint)) ++max_bytes;
    return max_bytes;
  }

  CacheShard shard_;
  Buffer buffer_;
};

TEST(CacheShard, KeepsWhatFitsAndEvictsTheOldestWhenNothingWasHit) {
  NumberedShard shard{3};
  for (std::uint64_t i = 0; i < 3; ++i) shard.store(i);
  EXPECT_EQ(shard.stats().evictions, 0U);

  shard.store(3);

  EXPECT_EQ(shard.stats().entries, 3U);
  EXPECT_EQ(shard.stats().evictions, 1U);
  EXPECT_FALSE(shard.hit(0));
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_TRUE(shard.hit(i)) << i;
}

TEST(CacheShard, KeepsAnOldEntryThatWasHitWhileOneHitWondersPass) {
  NumberedShard shard{10};
  shard.store(0);
  for (std::uint64_t i = 1; i < 500; ++i) {
    ASSERT_TRUE(shard.hit(0)) << "after " << i;
    shard.store(i);
  }

  EXPECT_EQ(shard.stats().entries, 10U);
  EXPECT_EQ(shard.stats().evictions, 490U);
}

TEST(CacheShard, ForgivesAHitOnlyOnce) {
  NumberedShard shard{2};
  shard.store(0);
  shard.store(1);
  ASSERT_TRUE(shard.hit(0));

  shard.store(2);  // the hand clears 0 and takes 1
  shard.store(3);  // back at 0, it takes that

  EXPECT_FALSE(shard.hit(0));
  EXPECT_TRUE(shard.hit(2));
  EXPECT_TRUE(shard.hit(3));
}

TEST(CacheShard, EvictsTheOldestWhenEverythingWasHit) {
  NumberedShard shard{3};
  for (std::uint64_t i = 0; i < 3; ++i) shard.store(i);
  for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(shard.hit(i));

  shard.store(3);

  EXPECT_FALSE(shard.hit(0));
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_TRUE(shard.hit(i)) << i;
}

TEST(CacheShard, AMissIsNoHit) {
  NumberedShard shard{2};
  shard.store(0, t0, 1s);
  shard.store(1);
  ASSERT_FALSE(shard.hit(0, t0 + 1s));  // past its TTL

  shard.store(2, t0 - 1ms);  // in the eyes of an earlier clock, 0 is fresh

  EXPECT_FALSE(shard.hit(0));
  EXPECT_TRUE(shard.hit(1));
}

TEST(CacheShard, TakesAnEntryPastItsTtlEvenIfItWasHit) {
  NumberedShard shard{2};
  shard.store(0, t0, 10s);
  shard.store(1, t0, 300s);
  ASSERT_TRUE(shard.hit(0));

  shard.store(2, t0 + 10s);

  EXPECT_TRUE(shard.hit(1, t0 + 10s));
  EXPECT_EQ(shard.stats().evictions, 1U);
  EXPECT_EQ(shard.stats().live_evictions, 0U);
}

TEST(CacheShard, CountsEvictionsOfWhatIsStillFresh) {
  NumberedShard shard{1};
  shard.store(0, t0, 10s);
  shard.store(1, t0 + 9s, 10s);  // evicts 0, fresh
  shard.store(2, t0 + 19s);      // evicts 1, past its TTL

  EXPECT_EQ(shard.stats().evictions, 2U);
  EXPECT_EQ(shard.stats().live_evictions, 1U);
}

TEST(CacheShard, KeepsTheHitsOfAnEntryThatIsRenewed) {
  NumberedShard shard{2};
  shard.store(0);
  ASSERT_TRUE(shard.hit(0));
  shard.store(0, t0 + 300s);
  shard.store(1, t0 + 300s);

  shard.store(2, t0 + 300s);

  EXPECT_TRUE(shard.hit(0, t0 + 300s));
  EXPECT_FALSE(shard.hit(1, t0 + 300s));
}

TEST(CacheShard, RenewingEvictsNothing) {
  NumberedShard shard{2};
  shard.store(0);
  shard.store(1);
  for (int i = 0; i < 10; ++i) shard.store(0);

  EXPECT_EQ(shard.stats().evictions, 0U);
  EXPECT_EQ(shard.stats().entries, 2U);
}

TEST(CacheShard, GoesOnWhenTheEntryUnderTheHandIsReplaced) {
  NumberedShard shard{4};
  for (std::uint64_t i = 0; i < 4; ++i) shard.store(i);
  ASSERT_TRUE(shard.hit(0));
  shard.store(4);  // clears 0 and takes 1; the hand is at 2

  shard.store(2);  // becomes the newest; the hand is at 3
  shard.store(5);

  EXPECT_FALSE(shard.hit(3));
  for (const std::uint64_t i : {0U, 2U, 4U, 5U}) EXPECT_TRUE(shard.hit(i)) << i;
}

TEST(CacheShard, StartsAfreshAfterClear) {
  NumberedShard shard{3};
  const std::uint64_t empty_bytes = shard.stats().bytes;
  for (std::uint64_t i = 0; i < 4; ++i) shard.store(i);

  shard.clear();

  EXPECT_EQ(shard.stats().entries, 0U);
  EXPECT_EQ(shard.stats().bytes, empty_bytes);
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_FALSE(shard.hit(i)) << i;
  for (std::uint64_t i = 4; i < 7; ++i) shard.store(i);
  for (std::uint64_t i = 4; i < 7; ++i) EXPECT_TRUE(shard.hit(i)) << i;
}

/// SIEVE as its paper states it, on a plain list: the front is the newest.
class ReferenceSieve {
 public:
  explicit ReferenceSieve(std::size_t capacity) : capacity_{capacity} {}

  bool hit(std::uint64_t number) {
    const auto it = std::ranges::find(queue_, number, &Object::number);
    if (it == queue_.end()) return false;
    it->visited = true;
    return true;
  }

  void insert(std::uint64_t number) {
    if (queue_.size() == capacity_) evict();
    queue_.push_front({.number = number});
  }

 private:
  struct Object {
    std::uint64_t number;
    bool visited = false;
  };

  void evict() {
    if (hand_ == queue_.end()) hand_ = std::prev(queue_.end());
    while (hand_->visited) {
      hand_->visited = false;
      hand_ = hand_ == queue_.begin() ? std::prev(queue_.end()) : std::prev(hand_);
    }
    const auto victim = hand_;
    hand_ = hand_ == queue_.begin() ? queue_.end() : std::prev(hand_);
    queue_.erase(victim);
  }

  std::size_t capacity_;
  std::list<Object> queue_;
  std::list<Object>::iterator hand_ = queue_.end();
};

TEST(CacheShard, HitsAndMissesExactlyAsTheReferenceDoes) {
  for (const std::size_t capacity : {1U, 2U, 7U, 50U}) {
    NumberedShard shard{capacity};
    ReferenceSieve reference{capacity};
    Random random{{.k0 = 42, .k1 = capacity}};
    int hits = 0;
    for (int i = 0; i < 20'000; ++i) {
      // The lesser of two draws: small numbers are popular.
      const std::uint64_t number = std::min(random.below(200), random.below(200));

      const bool expected = reference.hit(number);

      ASSERT_EQ(shard.hit(number), expected) << "capacity " << capacity << ", look-up " << i;
      hits += expected ? 1 : 0;
      if (expected) continue;
      reference.insert(number);
      shard.store(number);
    }
    EXPECT_GT(hits, 0) << capacity;
  }
}

}  // namespace
}  // namespace sluice::cache
