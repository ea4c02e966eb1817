#include "resolver/local/blocklist.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "resolver/base/random.h"
#include "tests/local/asked.h"

namespace sluice::local {
namespace {

using Line = SkippedLines::Line;

LocalNames names_of(std::shared_ptr<const Blocklist> list) {
  Parts parts = no_parts();
  parts.blocklists = {std::move(list)};
  return LocalNames{std::move(parts)};
}

TEST(PlainList, BlocksADomainAndEverythingBelowIt) {
  const LocalNames names = names_of(plain_list("ads.example\nTracker.example.\n"));

  for (const char* question : {"ads.example. A", "ADS.example. AAAA", "a.b.ads.example. MX",
                               "www.tracker.example. TXT", "ads.example. ANY"}) {
    const auto asked = ask(names, question);
    ASSERT_TRUE(asked) << question;
    EXPECT_TRUE(asked->is_nxdomain());
    EXPECT_EQ(asked->source, Source::blocklist);
    EXPECT_EQ(asked->ede, "15 blocked by list \"ads\"");
  }
  EXPECT_EQ(ask(names, "a.b.ads.example. A")->message.authority,
            wire::Records{soa("ads.example.", 60)});
  for (const char* question : {"example. A", "bads.example. A", "ads.example.example. A", ". NS"})
    EXPECT_FALSE(ask(names, question)) << question;
}

TEST(PlainList, TakesCommentsAndWildcardMarks) {
  const auto list = plain_list(
      "# a comment\r\n"
      "! another\r\n"
      "\r\n"
      "  a.example # behind\r\n"
      "*.b.example\n"
      ".c.example\n"
      "_d.xn--bcher-kva.example");

  EXPECT_EQ(list->skipped().count(), 0U);
  EXPECT_EQ(list->name_count(), 4U);
  const LocalNames names = names_of(list);
  EXPECT_TRUE(ask(names, "a.example. A"));
  EXPECT_TRUE(ask(names, "b.example. A"));
  EXPECT_TRUE(ask(names, "x.b.example. A"));
  EXPECT_TRUE(ask(names, "c.example. A"));
  EXPECT_TRUE(ask(names, "_d.xn--bcher-kva.example. A"));
}

TEST(PlainList, CountsWhatIsNoDomain) {
  const auto list = plain_list(
      "||ads.example^\n"
      "0.0.0.0 ads.example\n"
      "good.example\n"
      ".\n"
      "*\n"
      "a..example\n"
      "b\\.example\n" +
      std::string(64, 'x') + ".example\n");

  EXPECT_EQ(list->name_count(), 1U);
  EXPECT_EQ(list->skipped().count(), 7U);
  EXPECT_EQ(list->skipped().first(), (std::vector<Line>{{1, "no domain name"},
                                                        {2, "more than a domain name"},
                                                        {4, "no domain name"},
                                                        {5, "no domain name"},
                                                        {6, "no domain name"}}));
}

TEST(PlainList, CountsANameThatIsThereTwiceOnce) {
  EXPECT_EQ(plain_list("a.example\nA.example.\n*.a.example\n")->name_count(), 1U);
}

TEST(PlainList, MayBeEmpty) {
  EXPECT_EQ(plain_list("")->name_count(), 0U);
  EXPECT_FALSE(ask(names_of(plain_list("")), "a.example. A"));
}

TEST(HostsList, BlocksItsNamesAlone) {
  const LocalNames names =
      names_of(hosts_list("0.0.0.0 a.example b.example\n"
                          "127.0.0.1\tc.example # comment\r\n"
                          ":: d.example\n"
                          "::1 e.example\n"));

  for (const char* name : {"a", "b", "c", "d", "E"})
    EXPECT_TRUE(ask(names, std::string{name} + ".example. A")->is_nxdomain()) << name;
  EXPECT_FALSE(ask(names, "www.a.example. A"));
  EXPECT_FALSE(ask(names, "example. A"));
}

TEST(HostsList, PassesOverWhatTheHostNeeds) {
  const auto list = hosts_list(
      "127.0.0.1 localhost\n"
      "127.0.0.1 localhost.localdomain\n"
      "127.0.0.1 local\n"
      "255.255.255.255 broadcasthost\n"
      "::1 ip6-localhost ip6-loopback\n"
      "fe80::1%lo0 localhost\n"
      "ff02::1 ip6-allnodes\n"
      "0.0.0.0 0.0.0.0\n"
      "0.0.0.0 a.example\n");

  EXPECT_EQ(list->skipped().count(), 0U);
  EXPECT_EQ(list->name_count(), 1U);
  EXPECT_FALSE(ask(names_of(list), "localhost. A"));
}

TEST(HostsList, CountsWhatItCannotUse) {
  const auto list = hosts_list(
      "a.example\n"
      "192.0.2.1 www.example\n"
      "0.0.0.0 b.example bad..example c.example\n"
      "127.0.0.2 d.example\n");

  EXPECT_EQ(list->name_count(), 2U);
  EXPECT_EQ(list->skipped().count(), 4U);
  EXPECT_EQ(list->skipped().first(),
            (std::vector<Line>{{1, "does not begin with an address"},
                               {2, "an address that is neither null nor loopback"},
                               {3, "no domain name"},
                               {4, "an address that is neither null nor loopback"}}));
}

TEST(Blocklist, AnswersWithNoData) {
  const LocalNames names = names_of(plain_list("a.example", ListAction::nodata));

  for (const char* question : {"a.example. A", "x.a.example. MX"}) {
    const auto asked = ask(names, question);
    EXPECT_TRUE(asked->is_nodata()) << question;
    EXPECT_EQ(asked->message.authority, wire::Records{soa("a.example.", 60)});
    EXPECT_EQ(asked->ede, "15 blocked by list \"ads\"");
  }
}

TEST(Blocklist, AnswersWithTheNullAddress) {
  const LocalNames names = names_of(plain_list("a.example", ListAction::null_address));

  const wire::Records ipv4{"x.a.example. 60 IN A 0.0.0.0"};
  EXPECT_EQ(ask(names, "x.a.example. A")->answer(), ipv4);
  EXPECT_EQ(ask(names, "x.a.example. ANY")->answer(), ipv4);
  EXPECT_EQ(ask(names, "a.example. AAAA")->answer(), wire::Records{"a.example. 60 IN AAAA ::"});
  EXPECT_TRUE(ask(names, "a.example. MX")->is_nodata());
  EXPECT_EQ(ask(names, "a.example. A")->ede, "15 blocked by list \"ads\"");
}

TEST(PolicyZone, SaysWhatIsDoneWithItsNames) {
  const auto list = policy_zone(
      "$TTL 5m\n"
      "$ORIGIN rpz.example.\n"
      "@ SOA localhost. root.localhost. 1 2 3 4 5\n"
      "  NS localhost.\n"
      "bad.example CNAME .\n"
      "*.bad.example CNAME .\n"
      "empty.example CNAME *.\n"
      "*.half.example CNAME .\n"
      "good.bad.example CNAME rpz-passthru.\n"
      "data.example A 192.0.2.1\n"
      "data.example 60 TXT \"x\"\n"
      "*.data.example A 192.0.2.2\n");
  const LocalNames names = names_of(list);

  EXPECT_EQ(list->skipped().count(), 0U);
  EXPECT_TRUE(ask(names, "bad.example. A")->is_nxdomain());
  EXPECT_EQ(ask(names, "bad.example. A")->ede, "15 blocked by list \"zone\"");
  EXPECT_TRUE(ask(names, "a.b.bad.example. A")->is_nxdomain());
  EXPECT_FALSE(ask(names, "good.bad.example. A"));
  EXPECT_TRUE(ask(names, "x.good.bad.example. A")->is_nxdomain());
  EXPECT_TRUE(ask(names, "empty.example. A")->is_nodata());
  EXPECT_FALSE(ask(names, "x.empty.example. A"));
  EXPECT_FALSE(ask(names, "half.example. A"));
  EXPECT_TRUE(ask(names, "x.half.example. A")->is_nxdomain());

  const auto data = ask(names, "data.example. A");
  EXPECT_EQ(data->answer(), wire::Records{"data.example. 300 IN A 192.0.2.1"});
  EXPECT_EQ(data->source, Source::blocklist);
  EXPECT_EQ(data->ede, "4 answered by list \"zone\"");
  EXPECT_EQ(ask(names, "data.example. TXT")->answer(),
            wire::Records{"data.example. 60 IN TXT \"x\""});
  EXPECT_TRUE(ask(names, "data.example. AAAA")->is_nodata());
  EXPECT_EQ(ask(names, "a.b.data.example. A")->answer(),
            wire::Records{"a.b.data.example. 300 IN A 192.0.2.2"});
  EXPECT_EQ(ask(names, "x.data.example. MX")->message.authority,
            wire::Records{soa("data.example.", 60)});
}

TEST(PolicyZone, TakesItsApexFromTheSoaOrTheOrigin) {
  EXPECT_TRUE(ask(names_of(policy_zone("rpz. SOA . . 1 2 3 4 5\nbad.example.rpz. CNAME .\n")),
                  "bad.example. A"));
  EXPECT_TRUE(ask(names_of(policy_zone("$ORIGIN rpz.\nbad.example CNAME .\n")), "bad.example. A"));
  EXPECT_TRUE(ask(names_of(policy_zone("bad.example CNAME .\n")), "bad.example. A"));
}

TEST(PolicyZone, MayBlockEverythingButItsExceptions) {
  const LocalNames names =
      names_of(policy_zone("@ SOA . . 1 2 3 4 5\n* CNAME .\n*.good.example CNAME rpz-passthru.\n"));

  EXPECT_TRUE(ask(names, "www.example. A")->is_nxdomain());
  EXPECT_TRUE(ask(names, "com. A")->is_nxdomain());
  EXPECT_FALSE(ask(names, "www.good.example. A"));
}

TEST(PolicyZone, CountsWhatIsNotSupported) {
  const auto list = policy_zone(
      "$ORIGIN rpz.\n"
      "@ SOA . . 1 2 3 4 5\n"
      "32.1.2.0.192.rpz-ip CNAME .\n"
      "ns.example.rpz-nsdname CNAME .\n"
      "32.1.2.0.192.rpz-client-ip CNAME .\n"
      "32.1.2.0.192.rpz-nsip CNAME .\n"
      "drop.example CNAME rpz-drop.\n"
      "tcp.example CNAME rpz-tcp-only.\n"
      "garden.example CNAME walled.example.\n"
      "outside.example. CNAME .\n"
      "broken.example A 192.0.2.300\n"
      "old.example DNAME new.example.\n"
      "chaos.example CH TXT x\n"
      "bad.example CNAME .\n");

  EXPECT_EQ(list->name_count(), 1U);
  EXPECT_EQ(list->skipped().count(), 11U);
  EXPECT_EQ(list->skipped().first(),
            (std::vector<Line>{{3, "trigger rpz-ip is not supported"},
                               {4, "trigger rpz-nsdname is not supported"},
                               {5, "trigger rpz-client-ip is not supported"},
                               {6, "trigger rpz-nsip is not supported"},
                               {7, "action CNAME rpz-drop. is not supported"}}));
}

std::string first_reason(std::string_view line) {
  const auto list = policy_zone("$ORIGIN rpz.\n@ SOA . . 1 2 3 4 5\n" + std::string{line} + "\n");
  return list->skipped().first().at(0).reason;
}

TEST(PolicyZone, SaysWhyARecordIsNotSupported) {
  EXPECT_EQ(first_reason("tcp.example CNAME rpz-tcp-only."),
            "action CNAME rpz-tcp-only. is not supported");
  EXPECT_EQ(first_reason("garden.example CNAME walled.example."),
            "action CNAME walled.example. is not supported");
  EXPECT_EQ(first_reason("outside.example. CNAME ."), "not below the zone's apex");
  EXPECT_EQ(first_reason("broken.example A 192.0.2.300"), "could not parse the RR's rdata");
  EXPECT_EQ(first_reason("old.example DNAME new.example."),
            "DNAME is not supported: no CNAMEs are made from it");
  EXPECT_EQ(first_reason("chaos.example CH TXT x"), "not of class IN");
}

TEST(PolicyZone, PassesOverSignatures) {
  const auto list = policy_zone(
      "$ORIGIN rpz.\n"
      "@ SOA . . 1 2 3 4 5\n"
      "@ TXT \"about this zone\"\n"
      "bad.example CNAME .\n"
      "bad.example NSEC rpz. CNAME RRSIG NSEC\n"
      "bad.example RRSIG CNAME 8 3 60 20300101000000 20200101000000 1 rpz. AAAA\n");

  EXPECT_EQ(list->skipped().count(), 0U);
  EXPECT_TRUE(ask(names_of(list), "bad.example. A")->is_nxdomain());
}

TEST(PolicyZone, RefusesASetThatFitsNoMessage) {
  std::string text = "@ SOA . . 1 2 3 4 5\n";
  for (int i = 0; i < 300; ++i)
    text += "a.example TXT \"" + std::to_string(i) + std::string(240, 'x') + "\"\n";
  const auto list = policy_zone(text);

  EXPECT_GT(list->skipped().count(), 0U);
  EXPECT_EQ(list->skipped().first().at(0).reason, "too many records of one name and type");
  EXPECT_TRUE(ask(names_of(list), "a.example. TXT"));
}

TEST(Blocklist, ReadsAnyTextToItsEnd) {
  const std::string good =
      "$ORIGIN rpz.example.\n@ SOA . . 1 2 3 4 5\n*.a.example CNAME . ; c\nb A ( 192.0.2.1 )\n"
      "0.0.0.0 c.example # c\n*.d.example\n";
  Random random{{.k0 = 3, .k1 = 4}};
  for (int i = 0; i < 2'000; ++i) {
    std::string text = good;
    for (int j = 0; j < 6; ++j)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    for (const auto& read : {plain_list(text), hosts_list(text), policy_zone(text)})
      ASSERT_LE(read->name_count(), 8U);
    ASSERT_LE(hosts(text)->name_count(), 8U);
  }
}

TEST(BlocklistDeath, RefusesAnotherHashKey) {
  Parts parts = no_parts();
  parts.blocklists = {plain_list("a.example")};
  parts.hash_key = {.k0 = 1, .k1 = 2};

  EXPECT_DEATH(LocalNames{parts}, "hash_key");
}

}  // namespace
}  // namespace sluice::local
