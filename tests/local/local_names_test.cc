#include "resolver/local/local_names.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/local/asked.h"

namespace sluice::local {
namespace {

LocalNames names_of_host() {
  Parts parts = no_parts();
  parts.own_names = {
      {name("myhost"), {address("192.0.2.7"), address("2001:db8::7"), address("192.0.2.8")}},
      {name("myhost.example"), {address("192.0.2.7")}},
      {name("_gateway"), {address("192.0.2.254")}},
      {name("lonely"), {}}};
  return LocalNames{std::move(parts)};
}

TEST(OwnName, IsAnsweredWithTheHostsAddresses) {
  const LocalNames names = names_of_host();

  const auto asked = ask(names, "MyHost. A");
  EXPECT_EQ(asked->source, Source::own_name);
  EXPECT_EQ(asked->answer(),
            (wire::Records{"myhost. 10 IN A 192.0.2.7", "myhost. 10 IN A 192.0.2.8"}));
  EXPECT_EQ(ask(names, "myhost. AAAA")->answer(), wire::Records{"myhost. 10 IN AAAA 2001:db8::7"});
  EXPECT_EQ(ask(names, "_gateway. A")->answer(), wire::Records{"_gateway. 10 IN A 192.0.2.254"});
}

TEST(OwnName, HasNoDataOfAFamilyThatTheHostLacks) {
  const auto asked = ask(names_of_host(), "_gateway. AAAA");

  EXPECT_TRUE(asked->is_nodata());
  EXPECT_EQ(asked->ede, "0 the host has no such address");
  EXPECT_TRUE(ask(names_of_host(), "lonely. A")->is_nodata());
  EXPECT_TRUE(ask(names_of_host(), "lonely. ANY")->is_nodata());
}

TEST(OwnName, OfASingleLabelHasNoOtherTypes) {
  const auto asked = ask(names_of_host(), "myhost. MX");

  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->is_nodata());
}

TEST(OwnName, WithDotsLeavesOtherTypesToTheDns) {
  EXPECT_TRUE(ask(names_of_host(), "myhost.example. AAAA")->is_nodata());
  EXPECT_FALSE(ask(names_of_host(), "myhost.example. MX"));
  EXPECT_FALSE(ask(names_of_host(), "a.myhost. A"));
}

TEST(OwnName, YieldsToEveryRuleButTheRoots) {
  const LocalNames names = names_of_host();

  EXPECT_TRUE(ask(names, "myhost.example. A", {.may_serve_private = true}));
  EXPECT_FALSE(ask(names, "myhost.example. A", {.rule_labels = 1}));
  EXPECT_FALSE(ask(names, "myhost. A", {.rule_labels = 1}));
}

TEST(OwnName, IsBoundedInAddresses) {
  Parts parts = no_parts();
  parts.own_names = {{name("myhost"), std::vector(kMaxAddressesOfName + 1, address("192.0.2.7"))}};

  EXPECT_EQ(ask(LocalNames{std::move(parts)}, "myhost. A")->answer().size(), kMaxAddressesOfName);
}

/// One name in every source: what is left out of the parts gives way to the next.
Parts all_parts() {
  Parts parts = no_parts();
  parts.records = local_records({"x.test. A 192.0.2.1", "x. A 192.0.2.1"});
  parts.hosts = hosts("192.0.2.2 x.test x\n");
  parts.own_names = {{name("x.test"), {address("192.0.2.3")}}, {name("x"), {address("192.0.2.3")}}};
  parts.blocklists = {plain_list("x.test\nx\n")};
  parts.special_use.set();
  return parts;
}

TEST(LocalNames, AskTheirSourcesInOrder) {
  Parts parts = all_parts();
  parts.blocklists.push_back(policy_zone("x.test A 192.0.2.9"));
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::record);

  parts.records.reset();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->answer(),
            wire::Records{"x.test. 60 IN A 192.0.2.9"});

  parts.blocklists.pop_back();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::hosts);

  parts.hosts.reset();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::own_name);

  parts.own_names.clear();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::blocklist);

  parts.blocklists.clear();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::special_use);

  parts.special_use.reset();
  EXPECT_FALSE(ask(LocalNames{parts}, "x.test. A"));
}

TEST(LocalNames, OfTheOperatorStandBeforeZoneRules) {
  Parts parts = all_parts();
  const Covering by_itself{.rule_labels = 2, .may_serve_private = true};
  parts.blocklists.push_back(policy_zone("x.test A 192.0.2.9"));
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A", by_itself)->source, Source::record);

  parts.records.reset();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A", by_itself)->ede, "4 answered by list \"zone\"");

  parts.blocklists.pop_back();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A", by_itself)->source, Source::hosts);

  parts.hosts.reset();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A", by_itself)->source, Source::blocklist);

  parts.blocklists.clear();
  EXPECT_FALSE(ask(LocalNames{parts}, "x.test. A", by_itself));
}

TEST(LocalNames, TakeWhatAnExceptionNamesFromAllListsAndFromNothingElse) {
  Parts parts = all_parts();
  parts.blocklists = {plain_list("x.test\na.example"), policy_zone("*.test CNAME rpz-passthru.")};
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::record);

  parts.records.reset();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::hosts);

  parts.hosts.reset();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::own_name);

  parts.own_names.clear();
  EXPECT_EQ(ask(LocalNames{parts}, "x.test. A")->source, Source::special_use);

  EXPECT_EQ(ask(LocalNames{parts}, "a.example. A")->source, Source::blocklist);
}

TEST(LocalNames, TakeTheFirstListThatSpeaksOfAName) {
  const auto first_of = [](std::vector<std::shared_ptr<const Blocklist>> lists) {
    Parts parts = no_parts();
    parts.blocklists = std::move(lists);
    const auto asked = ask(LocalNames{parts}, "x.example. A");
    return asked ? asked->ede : "not ours";
  };
  const auto ads = plain_list("example");
  const auto zone = policy_zone("x.example CNAME *.");
  const auto data = policy_zone("x.example A 192.0.2.9");
  const auto exception = policy_zone("x.example CNAME rpz-passthru.");

  EXPECT_EQ(first_of({ads, zone}), "15 blocked by list \"ads\"");
  EXPECT_EQ(first_of({zone, ads}), "15 blocked by list \"zone\"");
  EXPECT_EQ(first_of({ads, data}), "4 answered by list \"zone\"");
  EXPECT_EQ(first_of({ads, data, exception}), "4 answered by list \"zone\"");
  EXPECT_EQ(first_of({ads, exception, data}), "not ours");
  EXPECT_EQ(first_of({plain_list("other.example"), ads}), "15 blocked by list \"ads\"");
}

TEST(LocalNames, PassATypeThatASourceLeavesAloneOnToTheNext) {
  Parts parts = all_parts();
  parts.records.reset();
  parts.blocklists.clear();
  const LocalNames names{parts};

  EXPECT_EQ(ask(names, "x.test. A")->source, Source::hosts);
  EXPECT_EQ(ask(names, "x.test. MX")->source, Source::special_use);
  EXPECT_EQ(ask(names, "x. MX")->source, Source::own_name);
}

TEST(LocalNames, WithoutPartsAnswerNothing) {
  EXPECT_FALSE(ask(LocalNames{no_parts()}, "localhost. A"));
  EXPECT_FALSE(ask(LocalNames{no_parts()}, ". NS"));
}

TEST(LocalNamesDeath, NeedRoomForTheLargestAnswer) {
  const LocalNames names{no_parts()};
  std::vector<std::byte> out(kMaxLocalAnswer - 1);

  EXPECT_DEATH((void)names.answer(wire::question("localhost. A"), {}, out), "kMaxLocalAnswer");
}

TEST(LocalNamesDeath, RefuseTablesOfAnotherHashKey) {
  Parts parts = all_parts();
  parts.hash_key = {.k0 = 1, .k1 = 2};

  EXPECT_DEATH(LocalNames{parts}, "hash_key");
}

}  // namespace
}  // namespace sluice::local
