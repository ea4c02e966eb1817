#include "policy/network_labels.h"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::policy {
namespace {

constexpr NetworkLabels::Label kOther = 99;

Address address(std::string_view text) { return Address::parse(text).value(); }

NetworkLabels labels(
    std::initializer_list<std::pair<std::string_view, NetworkLabels::Label>> networks) {
  std::vector<NetworkLabels::Entry> entries;
  for (const auto& [text, label] : networks)
    entries.push_back({Prefix::parse(text).value(), label});
  return {std::move(entries), kOther};
}

TEST(NetworkLabels, NameWhatIsInNoNetworkOther) {
  EXPECT_EQ(NetworkLabels{kOther}.find(address("192.0.2.1")), kOther);
  const NetworkLabels table = labels({{"192.0.2.0/24", 1}, {"2001:db8::/32", 2}});
  for (const char* text : {"192.0.1.255", "192.0.3.0", "2001:db7:ffff::", "2001:db9::", "::1"})
    EXPECT_EQ(table.find(address(text)), kOther) << text;
  EXPECT_EQ(table.find(Address{}), kOther);
}

TEST(NetworkLabels, LetTheLongestPrefixWin) {
  const NetworkLabels table = labels({{"10.0.0.0/8", 1},
                                      {"10.1.0.0/16", 2},
                                      {"10.1.2.0/24", 3},
                                      {"10.1.3.0/24", 2},
                                      {"10.0.0.0/16", 4},
                                      {"10.1.2.128/25", 5}});
  const std::initializer_list<std::pair<const char*, NetworkLabels::Label>> cases{
      {"10.0.0.0", 4},   {"10.0.255.255", 4}, {"10.1.0.0", 2},  {"10.1.2.0", 3},
      {"10.1.2.127", 3}, {"10.1.2.128", 5},   {"10.1.3.77", 2}, {"10.1.4.1", 2},
      {"10.2.0.1", 1},   {"10.255.0.1", 1},   {"11.0.0.0", 99}, {"::ffff:10.1.2.200", 5}};
  for (const auto& [text, label] : cases) EXPECT_EQ(table.find(address(text)), label) << text;
}

TEST(NetworkLabels, KeepTheFamiliesApart) {
  // These start with the same octets.
  const NetworkLabels table = labels({{"192.0.2.0/24", 1}, {"c000:200::/24", 2}, {"::/0", 3}});
  EXPECT_EQ(table.find(address("192.0.2.1")), 1);
  EXPECT_EQ(table.find(address("c000:200::1")), 2);
  EXPECT_EQ(table.find(address("2001:db8::1")), 3);
  EXPECT_EQ(table.find(address("192.0.3.1")), kOther);
}

TEST(NetworkLabels, AgreeWithALookAtEachPrefix) {
  std::vector<NetworkLabels::Entry> entries;
  for (unsigned i = 0; i < 1'000; ++i) {
    const std::string text = "10." + std::to_string(i * 7 % 256) + "." +
                             (i % 16 < 8 ? "0.0/" : "128.0/") + std::to_string(17 + i % 15);
    const Prefix prefix = Prefix::parse(text).value();
    // One prefix has one label.
    entries.push_back({prefix, static_cast<NetworkLabels::Label>(prefix.address.bytes[1] % 4 +
                                                                 4 * prefix.length)});
  }
  const NetworkLabels table{entries, kOther};

  int other = 0;
  for (unsigned i = 0; i < 65'536; i += 13) {
    const Address each = address("10." + std::to_string(i / 256) + "." + std::to_string(i % 256) +
                                 "." + std::to_string(i % 251));
    NetworkLabels::Label expected = kOther;
    int longest = -1;
    for (const auto& [prefix, label] : entries)
      if (prefix.contains(each) && prefix.length > longest) {
        longest = prefix.length;
        expected = label;
      }
    ASSERT_EQ(table.find(each), expected) << each.to_string();
    other += expected == kOther;
  }
  EXPECT_GT(other, 100);
  EXPECT_LT(other, 4'900);
}

TEST(NetworkLabels, StopTheProcessBeyondTheirBound) {
  const std::vector<NetworkLabels::Entry> many(NetworkLabels::kMaxPrefixes + 1,
                                               {Prefix::parse("192.0.2.1").value(), 1});
  EXPECT_DEATH((NetworkLabels{many, kOther}), "kMaxPrefixes");
}

}  // namespace
}  // namespace sluice::policy
