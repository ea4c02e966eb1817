#include "resolver/local/hosts_table.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "resolver/local/address_records.h"
#include "tests/local/asked.h"

namespace sluice::local {
namespace {

LocalNames names_of(std::string_view text) {
  Parts parts = no_parts();
  parts.hosts = hosts(text);
  return LocalNames{std::move(parts)};
}

TEST(HostsTable, AnswersTheAddressesOfAName) {
  const LocalNames names = names_of(
      "192.0.2.1 www.example www\n"
      "192.0.2.2 www.example\n"
      "2001:db8::1 www.example\n"
      "192.0.2.1 www.example\n");

  const auto asked = ask(names, "WWW.example. A");
  EXPECT_EQ(asked->source, Source::hosts);
  EXPECT_EQ(asked->ede, "");
  EXPECT_EQ(asked->answer(),
            (wire::Records{"www.example. 10 IN A 192.0.2.1", "www.example. 10 IN A 192.0.2.2"}));
  EXPECT_EQ(ask(names, "www.example. AAAA")->answer(),
            wire::Records{"www.example. 10 IN AAAA 2001:db8::1"});
  EXPECT_EQ(ask(names, "www. A")->answer(), wire::Records{"www. 10 IN A 192.0.2.1"});
}

TEST(HostsTable, HasNoDataOfTheOtherFamily) {
  const auto asked = ask(names_of("192.0.2.1 www.example\n"), "www.example. AAAA");

  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->is_nodata());
  EXPECT_EQ(asked->message.authority, wire::Records{soa("www.example.", 10)});
  EXPECT_EQ(asked->ede, "0 the hosts file has no such address of this name");
}

TEST(HostsTable, LeavesOtherTypesAndNamesAlone) {
  const LocalNames names = names_of("192.0.2.1 www.example\n");

  for (const char* question : {"www.example. MX", "www.example. HTTPS", "www.example. PTR",
                               "a.www.example. A", "example. A", "1.2.0.192.in-addr.arpa. A",
                               "2.2.0.192.in-addr.arpa. PTR", "2.0.192.in-addr.arpa. PTR"}) {
    EXPECT_FALSE(ask(names, question)) << question;
  }
}

TEST(HostsTable, AnswersAnyWithOneFamily) {
  const LocalNames names = names_of("2001:db8::1 www.example\n192.0.2.1 www.example\n");

  EXPECT_EQ(ask(names, "www.example. ANY")->answer(),
            wire::Records{"www.example. 10 IN AAAA 2001:db8::1"});
}

TEST(HostsTable, GivesTheNamesOfAnAddressCanonicalFirst) {
  const LocalNames names = names_of(
      "192.0.2.1 www.example www alias.example\n"
      "192.0.2.1 later.example\n"
      "2001:db8::1 six.example\n");

  const wire::Records ptr{"1.2.0.192.in-addr.arpa. 10 IN PTR www.example.",
                          "1.2.0.192.in-addr.arpa. 10 IN PTR www.",
                          "1.2.0.192.in-addr.arpa. 10 IN PTR alias.example."};
  EXPECT_EQ(ask(names, "1.2.0.192.in-addr.arpa. PTR")->answer(), ptr);
  EXPECT_EQ(ask(names, "1.2.0.192.in-addr.arpa. ANY")->answer(), ptr);
  const std::string six =
      "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.";
  EXPECT_EQ(ask(names, six + " PTR")->answer(), wire::Records{six + " 10 IN PTR six.example."});
}

TEST(HostsTable, ReversesEveryOctet) {
  const LocalNames names = names_of("10.200.0.99 a.example\n");

  EXPECT_TRUE(ask(names, "99.0.200.10.in-addr.arpa. PTR"));
}

TEST(HostsTable, ReadsTheFileAsHosts5Says) {
  const HostsTable table{
      "# a comment\r\n"
      "\r\n"
      "  192.0.2.1\twww.example\t# behind\r\n"
      "192.0.2.2 a.example#glued\n"
      "\t \n"
      "192.0.2.3 last.example",
      kHashKey};

  EXPECT_EQ(table.name_count(), 3U);
  EXPECT_EQ(table.skipped().count(), 0U);
}

TEST(HostsTable, CountsLinesThatItCannotUse) {
  const HostsTable table{
      "192.0.2.1 good.example\n"
      "www.example 192.0.2.1\n"
      "192.0.2.1\n"
      "fe80::1%eth0 scope.example\n"
      "fe80::1%2 scope.example\n"
      "192.0.2.1 half..bad other.example\n"
      "192.0.2.256 www.example\n"
      "192.0.2.1 .\n",
      kHashKey};

  EXPECT_EQ(table.name_count(), 2U);
  EXPECT_EQ(table.skipped().count(), 7U);
  using Line = SkippedLines::Line;
  EXPECT_EQ(table.skipped().first(), (std::vector<Line>{{2, "does not begin with an address"},
                                                        {3, "an address without names"},
                                                        {4, "an address with a scope"},
                                                        {5, "an address with a scope"},
                                                        {6, "a word that is no name"}}));
}

TEST(HostsTable, OfAnEmptyFileAnswersNothing) {
  EXPECT_FALSE(ask(names_of(""), "www.example. A"));
  EXPECT_FALSE(ask(names_of("\n#\n"), "www.example. A"));
}

TEST(HostsTable, BoundsTheNamesOfAPtrAnswer) {
  std::string line = "192.0.2.1";
  for (std::size_t i = 0; i <= kMaxPtrNames; ++i) line += " n" + std::to_string(i) + ".example";
  const LocalNames names = names_of(line);

  EXPECT_EQ(ask(names, "1.2.0.192.in-addr.arpa. PTR")->answer().size(), kMaxPtrNames);
  EXPECT_TRUE(ask(names, "n" + std::to_string(kMaxPtrNames) + ".example. A"));
}

TEST(HostsTable, BoundsTheAddressesOfAName) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxAddressesOfName; ++i) {
    text += "192.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + " www.example\n";
  }
  const auto table = hosts(text);
  Parts parts = no_parts();
  parts.hosts = table;
  const LocalNames names{std::move(parts)};

  EXPECT_EQ(ask(names, "www.example. A")->answer().size(), kMaxAddressesOfName);
  ASSERT_EQ(table->skipped().count(), 1U);
  EXPECT_EQ(table->skipped().first()[0].reason, "more addresses of a name than are kept");
}

TEST(HostsTable, BoundsItsNames) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxHostsNames; ++i) text += "0.0.0.0 n" + std::to_string(i) + "\n";
  text += "192.0.2.1 n0\n";
  const HostsTable table{text, kHashKey};

  EXPECT_EQ(table.name_count(), kMaxHostsNames);
  ASSERT_EQ(table.skipped().count(), 1U);
  EXPECT_EQ(table.skipped().first()[0],
            (SkippedLines::Line{kMaxHostsNames + 1, "more names than are kept"}));
}

}  // namespace
}  // namespace sluice::local
