#include "cache/cache_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <vector>

#include "tests/cache/sample.h"

namespace sluice::cache {
namespace {

using testing::ElementsAre;

CacheEntryPtr entry_for(const Sample& sample) {
  return CacheEntry::make(key_for("www.example"), 7, sample.view(), t0);
}

TEST(CacheEntry, HoldsACopyOfTheResponse) {
  const Sample sample{{60, 90}, 60s};

  const CacheEntryPtr entry = entry_for(sample);

  EXPECT_TRUE(std::ranges::equal(entry->message(), sample.view().message));
  EXPECT_THAT(entry->ttl_offsets(), ElementsAre(12, 16));
  EXPECT_EQ(entry->ttl(), 60s);
}

TEST(CacheEntry, IsFreshUntilItsTtlHasPassed) {
  const CacheEntryPtr entry = entry_for(Sample{{60}, 60s});

  EXPECT_TRUE(entry->is_fresh(t0));
  EXPECT_TRUE(entry->is_fresh(t0 + 60s - 1ns));
  EXPECT_FALSE(entry->is_fresh(t0 + 60s));
}

TEST(CacheEntry, IsFreshForTheLongestTtlThereIs) {
  const CacheEntryPtr entry = entry_for(Sample{{0x7fff'ffff}, CacheEntry::kMaxTtl});

  EXPECT_TRUE(entry->is_fresh(t0 + CacheEntry::kMaxTtl - 1ns));
  EXPECT_FALSE(entry->is_fresh(t0 + CacheEntry::kMaxTtl));
}

TEST(CacheEntry, HasNoAgeInTheEyesOfAThreadThatReadTheClockEarlier) {
  const CacheEntryPtr entry = entry_for(Sample{{60}, 60s});

  EXPECT_EQ(entry->age(t0 - 1ms), 0ns);
  EXPECT_TRUE(entry->is_fresh(t0 - 1ms));
}

TEST(CacheEntry, RaisesTtlsThatWouldRunOutBeforeIt) {
  const CacheEntryPtr entry = entry_for(Sample{{0, 29, 30, 31}, 30s});

  EXPECT_THAT(ttls_in(entry->message()), ElementsAre(30, 30, 30, 31));
}

TEST(CacheEntry, TakesATtlWithItsTopBitSetForZero) {
  const CacheEntryPtr entry = entry_for(Sample{{0x8000'0000, 0xffff'ffff, 0x7fff'ffff}, 30s});

  EXPECT_THAT(ttls_in(entry->message()), ElementsAre(30, 30, 0x7fff'ffff));
}

TEST(CacheEntry, MatchesItsOwnKeyOnly) {
  const CacheEntryPtr entry = entry_for(Sample{{60}, 60s});
  const dns::LookupKey own = key_for("www.example");
  dns::LookupKey other_type = own;
  other_type.question.type = dns::Type::aaaa;
  dns::LookupKey other_class = own;
  other_class.question.klass = dns::Class::any;
  dns::LookupKey with_do = own;
  with_do.dnssec_ok = true;
  dns::LookupKey with_cd = own;
  with_cd.checking_disabled = true;

  EXPECT_TRUE(entry->matches(own, 7));
  EXPECT_FALSE(entry->matches(own, 8));
  EXPECT_FALSE(entry->matches(key_for("wwx.example"), 7));
  EXPECT_FALSE(entry->matches(key_for("example"), 7));
  EXPECT_FALSE(entry->matches(other_type, 7));
  EXPECT_FALSE(entry->matches(other_class, 7));
  EXPECT_FALSE(entry->matches(with_do, 7));
  EXPECT_FALSE(entry->matches(with_cd, 7));
}

TEST(CacheEntry, CountsHeaderOffsetsNameMessageAndAllocator) {
  const Sample sample{{60, 90}, 60s};
  const std::size_t name_size = std::string_view{"\3www\7example"}.size() + 1;

  EXPECT_EQ(entry_for(sample)->footprint(),
            allocated_size(sizeof(CacheEntry) + 2 * 2 + name_size + sample.view().message.size()));
}

TEST(AllocatedSize, RoundsUpAsTheAllocatorDoes) {
  EXPECT_EQ(allocated_size(1), 32U);
  EXPECT_EQ(allocated_size(24), 32U);
  EXPECT_EQ(allocated_size(25), 48U);
  EXPECT_EQ(allocated_size(40), 48U);
  EXPECT_EQ(allocated_size(41), 64U);
}

TEST(CacheEntryDeathTest, RefusesATtlThatNoResponseCanHave) {
  EXPECT_DEATH(entry_for(Sample{{60}, 0s}), "response.ttl");
  EXPECT_DEATH(entry_for(Sample{{60}, CacheEntry::kMaxTtl + 1s}), "response.ttl");
}

TEST(CacheEntryDeathTest, RefusesMoreThanAMessageCanHold) {
  EXPECT_DEATH(entry_for(Sample{dns::kMaxMessageSize + 1}), "message.size");
}

TEST(CacheEntryDeathTest, RefusesMoreTtlsThanWeAge) {
  const Sample sample{64};
  const std::vector<std::uint16_t> offsets(dns::kMaxAgedRecords + 1, 12);
  StoredResponse response = sample.view();
  response.ttl_offsets = offsets;

  EXPECT_DEATH(std::ignore = CacheEntry::make(key_for("example"), 7, response, t0), "ttl_offsets");
}

TEST(CacheEntryDeathTest, RefusesATtlBehindTheEnd) {
  const Sample sample{16};
  const std::array<std::uint16_t, 1> offsets{13};
  StoredResponse response = sample.view();
  response.ttl_offsets = offsets;

  EXPECT_DEATH(std::ignore = CacheEntry::make(key_for("example"), 7, response, t0), "offset");
}

}  // namespace
}  // namespace sluice::cache
