#include "tests/lab/workload.h"

#include <gtest/gtest.h>

#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"

namespace sluice::lab {
namespace {

dns::Query query(const Workload& workload, LookupKind kind, std::uint64_t number) {
  QueryBuffer buffer;
  const auto parsed = dns::parse_query(workload.write_query(kind, number, 0x1234, buffer));
  EXPECT_TRUE(parsed);
  return parsed.value();
}

TEST(Workload, AsksPtrQuestionsOfTheIncidentsAddresses) {
  const Workload workload{.seed = 0};
  const dns::Query first = query(workload, LookupKind::ptr, 0);
  EXPECT_EQ(dns::to_string(first.question.name), "0.0.16.104.in-addr.arpa.");
  EXPECT_EQ(first.question.type, dns::Type::ptr);
  EXPECT_EQ(first.id, 0x1234);
  EXPECT_TRUE(first.has(dns::Header::kRd));
  EXPECT_FALSE(first.edns);
}

TEST(Workload, StaysWithinTheBlockAndNeverRepeatsBeforeItsNamesAreUsedUp) {
  const Workload workload{.seed = 99, .ptr_names = kPtrNames};
  std::vector<bool> is_seen(kPtrNames);
  for (std::uint64_t number = 0; number < kPtrNames; ++number) {
    const std::uint32_t address = workload.ptr_address(number);
    ASSERT_EQ(address >> 20, 0x681U) << number;
    ASSERT_FALSE(is_seen[address & 0xfffff]) << number;
    is_seen[address & 0xfffff] = true;
  }
}

TEST(Workload, BeginsAgainWhenItsNamesAreUsedUp) {
  const Workload workload{.ptr_names = 10};
  EXPECT_EQ(workload.ptr_address(3), workload.ptr_address(13));
  EXPECT_NE(workload.ptr_address(3), workload.ptr_address(4));
  EXPECT_EQ(workload.distinct_ptr_names(7), 7U);
  EXPECT_EQ(workload.distinct_ptr_names(25), 10U);
}

TEST(Workload, OrdinaryNamesAreAllDistinctAndDifferFromSeedToSeed) {
  const Workload workload{.seed = 7};
  EXPECT_EQ(dns::to_string(query(workload, LookupKind::ordinary, 41).question.name),
            "www-41.s7.corp.example.");
  EXPECT_EQ(query(workload, LookupKind::ordinary, 41).question.type, dns::Type::a);
  EXPECT_EQ(dns::to_string(query({.seed = 8}, LookupKind::ordinary, 41).question.name),
            "www-41.s8.corp.example.");
}

TEST(Workload, OrdinaryNamesRepeatOnRequest) {
  const Workload workload{.ordinary_names = 20};
  EXPECT_EQ(query(workload, LookupKind::ordinary, 41).question,
            query(workload, LookupKind::ordinary, 1).question);
}

TEST(Workload, AsksStormQuestionsOfTheForwardTreeOnRequest) {
  const auto storm_name = [](StormNames names, std::uint64_t number) {
    const Workload workload{.seed = 7, .ptr_names = 100, .storm_names = names};
    const dns::Query asked = query(workload, LookupKind::ptr, number);
    EXPECT_EQ(asked.question.type, dns::Type::a);
    return dns::to_string(asked.question.name);
  };
  EXPECT_EQ(storm_name(StormNames::broken, 41), "n41.s7.broken.example.");
  EXPECT_EQ(storm_name(StormNames::broken, 141), "n41.s7.broken.example.");
  EXPECT_EQ(storm_name(StormNames::bulk, 41), "bulk-41.s7.corp.example.");
}

TEST(Workload, AsksWithEdnsOnRequest) {
  const Workload workload{.has_edns = true};
  ASSERT_TRUE(query(workload, LookupKind::ordinary, 1).edns);
  EXPECT_EQ(query(workload, LookupKind::ordinary, 1).edns->udp_size, dns::kEdnsUdpSize);
  EXPECT_TRUE(query(workload, LookupKind::ptr, 1).edns);
}

TEST(Workload, FitsItsBufferWithTheGreatestNumbers) {
  const Workload workload{.seed = ~std::uint64_t{0},
                          .ptr_names = ~std::uint64_t{0},
                          .storm_names = StormNames::broken,
                          .has_edns = true};
  EXPECT_EQ(query(workload, LookupKind::ordinary, ~std::uint64_t{0}).id, 0x1234);
  EXPECT_EQ(query(workload, LookupKind::ptr, ~std::uint64_t{0}).id, 0x1234);
}

}  // namespace
}  // namespace sluice::lab
