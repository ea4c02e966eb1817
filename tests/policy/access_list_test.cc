#include "policy/access_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sluice::policy {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }

AccessList access(std::initializer_list<std::string_view> texts) {
  std::vector<Prefix> prefixes;
  for (const std::string_view text : texts) prefixes.push_back(Prefix::parse(text).value());
  return AccessList{prefixes};
}

TEST(AccessList, AlwaysAllowsThisHost) {
  const AccessList nobody = access({});
  for (const char* text : {"127.0.0.1", "127.0.0.53", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(nobody.allows(address(text))) << text;
}

TEST(AccessList, AllowsNobodyElseIfEmpty) {
  const AccessList nobody = access({});
  for (const char* text : {"192.0.2.1", "2001:db8::1", "0.0.0.0", "::"})
    EXPECT_FALSE(nobody.allows(address(text))) << text;
  EXPECT_FALSE(nobody.allows(Address{}));
}

TEST(AccessList, AllowsWhatIsInAnyOfItsNetworks) {
  const AccessList list = access(
      {"198.51.100.0/24", "2001:db8:1::/48", "192.0.2.0/24", "203.0.113.7", "2001:db8::/48"});
  for (const char* text : {"192.0.2.0", "192.0.2.255", "198.51.100.77", "203.0.113.7",
                           "2001:db8::1", "2001:db8:1:ffff::1", "::ffff:192.0.2.1"})
    EXPECT_TRUE(list.allows(address(text))) << text;
  for (const char* text : {"192.0.1.255", "192.0.3.0", "203.0.113.6", "203.0.113.8", "198.51.99.1",
                           "2001:db8:2::", "2001:db7:ffff::", "::ffff:192.0.3.1"})
    EXPECT_FALSE(list.allows(address(text))) << text;
}

TEST(AccessList, FindsTheWiderOfNestedNetworks) {
  const AccessList list = access({"192.0.2.0/28", "192.0.2.64/28", "192.0.2.0/24", "192.0.2.0/32"});
  for (const char* text : {"192.0.2.0", "192.0.2.1", "192.0.2.65", "192.0.2.200"})
    EXPECT_TRUE(list.allows(address(text))) << text;
  EXPECT_FALSE(list.allows(address("192.0.3.0")));
}

TEST(AccessList, KeepsTheFamiliesApart) {
  EXPECT_FALSE(access({"0.0.0.0/0"}).allows(address("2001:db8::1")));
  EXPECT_FALSE(access({"::/0"}).allows(address("192.0.2.1")));
  // 192.0.2.1 and this network start with the same octets.
  EXPECT_FALSE(access({"c000:200::/24"}).allows(address("192.0.2.1")));
  EXPECT_TRUE(access({"0.0.0.0/0", "::/0"}).allows(address("192.0.2.1")));
  EXPECT_TRUE(access({"0.0.0.0/0", "::/0"}).allows(address("2001:db8::1")));
}

TEST(AccessList, AgreesWithALookAtEachPrefix) {
  std::vector<Prefix> prefixes;
  for (unsigned i = 0; i < AccessList::kMaxPrefixes; ++i)  // lengths 17 to 31, many nested
    prefixes.push_back(Prefix::parse("10." + std::to_string(i * 7 % 256) + "." +
                                     (i % 16 < 8 ? "0.0/" : "128.0/") + std::to_string(17 + i % 15))
                           .value());
  const AccessList list{prefixes};

  int allowed = 0;
  for (unsigned i = 0; i < 65'536; i += 13) {
    const Address client = address("10." + std::to_string(i / 256) + "." + std::to_string(i % 256) +
                                   "." + std::to_string(i % 251));
    const bool expected = std::any_of(prefixes.begin(), prefixes.end(),
                                      [&](const Prefix& each) { return each.contains(client); });
    ASSERT_EQ(list.allows(client), expected) << client.to_string();
    allowed += expected;
  }
  EXPECT_GT(allowed, 100);
  EXPECT_LT(allowed, 4'900);
}

TEST(AccessList, StopsTheProcessBeyondItsBound) {
  const std::vector<Prefix> many(AccessList::kMaxPrefixes + 1, Prefix::parse("192.0.2.1").value());
  EXPECT_DEATH(AccessList{many}, "kMaxPrefixes");
}

}  // namespace
}  // namespace sluice::policy
