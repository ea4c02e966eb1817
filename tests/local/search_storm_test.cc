#include "resolver/local/search_storm.h"

#include <gtest/gtest.h>

#include "tests/local/asked.h"

namespace sluice::local {
namespace {

const TopLevelDomains kTlds{{"NET", "com", "Org"}};

TEST(SearchStorm, IsAPublicNameWithASuffixBehindIt) {
  EXPECT_TRUE(is_public_name_below(name("www.example.com.svc.cluster.local"), 3, kTlds));
  EXPECT_TRUE(is_public_name_below(name("example.com.svc.cluster.local"), 3, kTlds));
  EXPECT_TRUE(is_public_name_below(name("WWW.Example.Net.cluster.local"), 2, kTlds));
  EXPECT_TRUE(is_public_name_below(name("a.org.local"), 1, kTlds));
}

TEST(SearchStorm, IsNoneOfTheNamesThatMayBeThere) {
  EXPECT_FALSE(is_public_name_below(name("com.svc.cluster.local"), 3, kTlds));
  EXPECT_FALSE(is_public_name_below(name("svc.cluster.local"), 3, kTlds));
  EXPECT_FALSE(is_public_name_below(name("web.shop.svc.cluster.local"), 3, kTlds));
  EXPECT_FALSE(is_public_name_below(name("com.shop.svc.cluster.local"), 3, kTlds));
  EXPECT_FALSE(is_public_name_below(name("x.co.svc.cluster.local"), 3, kTlds));
  EXPECT_FALSE(is_public_name_below(name("x.comm.svc.cluster.local"), 3, kTlds));
}

TEST(SearchStorm, IsNeverOfTheRootsRule) {
  EXPECT_FALSE(is_public_name_below(name("www.example.com"), 0, kTlds));
  EXPECT_FALSE(is_public_name_below(name("."), 0, kTlds));
}

TEST(SearchStorm, IsNoneWithoutTopLevelDomains) {
  EXPECT_FALSE(is_public_name_below(name("www.example.com.local"), 1, TopLevelDomains{}));
}

TEST(SearchStorm, IsDeniedByTheSuffix) {
  std::vector<std::byte> out(kMaxNegativeAnswer);

  const std::size_t size =
      write_nxdomain(out, wire::question("www.example.com.svc.cluster.local. AAAA"), 3);

  const auto message = wire::read(std::span{out}.first(size));
  EXPECT_EQ(message.question, "www.example.com.svc.cluster.local. AAAA");
  EXPECT_EQ(message.rcode, 3);
  EXPECT_TRUE(message.answer.empty());
  EXPECT_EQ(message.authority, wire::Records{soa("svc.cluster.local.", 60)});
  EXPECT_TRUE(message.recursion_available);
}

TEST(SearchStorm, OfTheLongestNameIsDeniedInTheRoomThatIsAskedFor) {
  const std::string label(63, 'a');
  const dns::Name longest = name(label + "." + label + "." + label + "." + std::string(61, 'b'));
  std::vector<std::byte> out(kMaxNegativeAnswer);

  EXPECT_EQ(write_nxdomain(out, {.name = longest, .type = dns::Type::a}, 1), kMaxNegativeAnswer);
}

}  // namespace
}  // namespace sluice::local
