#include "policy/zone_table.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/dns/presentation.h"

namespace sluice::policy {
namespace {

dns::Name name(const std::string& text) { return dns::parse_name(text).value(); }

/// A table whose rules are numbered in the order of `suffixes`.
ZoneTable table_of(const std::vector<std::string>& suffixes) {
  std::vector<ZoneTable::Entry> entries;
  for (const std::string& suffix : suffixes)
    entries.push_back({name(suffix), static_cast<ZoneTable::RuleIndex>(entries.size())});
  return ZoneTable{std::move(entries)};
}

TEST(ZoneTable, FindsNothingWhenEmpty) {
  EXPECT_EQ(ZoneTable{}.find(name("www.example.")), std::nullopt);
  EXPECT_EQ(ZoneTable{{}}.find(name(".")), std::nullopt);
}

TEST(ZoneTable, TheLongestSuffixWins) {
  const ZoneTable table = table_of({".", "in-addr.arpa.", "10.in-addr.arpa.", "example."});

  EXPECT_EQ(table.find(name("1.2.3.10.in-addr.arpa.")), 2);
  EXPECT_EQ(table.find(name("1.2.3.104.in-addr.arpa.")), 1);
  EXPECT_EQ(table.find(name("www.example.")), 3);
  EXPECT_EQ(table.find(name("www.test.")), 0);
}

TEST(ZoneTable, ASuffixMatchesItself) {
  const ZoneTable table = table_of({"in-addr.arpa.", "10.in-addr.arpa."});

  EXPECT_EQ(table.find(name("in-addr.arpa.")), 0);
  EXPECT_EQ(table.find(name("10.in-addr.arpa.")), 1);
}

TEST(ZoneTable, MatchesWholeLabelsOnly) {
  const ZoneTable table = table_of({"0.example.", "b.example."});

  EXPECT_EQ(table.find(name("10.example.")), std::nullopt);
  EXPECT_EQ(table.find(name("ab.example.")), std::nullopt);
  EXPECT_EQ(table.find(name("b\\.example.")), std::nullopt);
  EXPECT_EQ(table.find(name("a\\.b.example.")), std::nullopt);
  EXPECT_EQ(table.find(name("a.b.example.")), 1);
}

TEST(ZoneTable, FindsNothingAboveItsSuffixes) {
  const ZoneTable table = table_of({"10.in-addr.arpa."});

  EXPECT_EQ(table.find(name("arpa.")), std::nullopt);
  EXPECT_EQ(table.find(name(".")), std::nullopt);
}

TEST(ZoneTable, TheRootMatchesEveryName) {
  const ZoneTable table = table_of({"."});

  EXPECT_EQ(table.find(name(".")), 0);
  EXPECT_EQ(table.find(name("a.b.c.example.")), 0);
}

TEST(ZoneTable, IgnoresTheCaseOfLetters) {
  const ZoneTable table = table_of({"Sub.EXAMPLE."});

  EXPECT_EQ(table.find(name("www.sUB.example.")), 0);
}

TEST(ZoneTable, OfEqualSuffixesTheFirstCounts) {
  const ZoneTable table = table_of({"example.", "example.", "example."});

  EXPECT_EQ(table.find(name("www.example.")), 0);
}

TEST(ZoneTable, TakesTheLongestNames) {
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";  // 127 labels, 255 octets with the root's
  const ZoneTable table = table_of({"a.", longest, "a.a.a."});

  EXPECT_EQ(table.find(name(longest)), 1);
  EXPECT_EQ(table.find(name(longest.substr(2))), 2);
  EXPECT_EQ(table.find(name("a.a.")), 0);
}

TEST(ZoneTable, FindsTheSameAsAScanOfAllSuffixes) {
  Random random{{.k0 = 5, .k1 = 6}};
  const auto random_name = [&random](std::size_t max_labels) {
    static const std::vector<std::string> kLabels{"a", "b", "ab", "10", "www"};
    std::string text = ".";
    const std::size_t labels = random.below(max_labels + 1);
    for (std::size_t i = 0; i < labels; ++i)
      text = kLabels[random.below(kLabels.size())] + (text == "." ? "" : ".") + text;
    return name(text);
  };
  std::vector<ZoneTable::Entry> entries;
  for (ZoneTable::RuleIndex rule = 0; rule < 300; ++rule) entries.push_back({random_name(4), rule});
  const ZoneTable table{entries};

  for (int i = 0; i < 5'000; ++i) {
    const dns::Name asked = random_name(6);
    std::optional<ZoneTable::RuleIndex> expected;
    std::size_t longest = 0;
    for (const ZoneTable::Entry& entry : entries) {
      if (!asked.is_at_or_below(entry.suffix) || entry.suffix.size() <= longest) continue;
      expected = entry.rule;
      longest = entry.suffix.size();
    }
    ASSERT_EQ(table.find(asked), expected) << dns::to_string(asked);
  }
}

}  // namespace
}  // namespace sluice::policy
