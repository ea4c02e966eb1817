#include "resolver/local/special_zones.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/local/asked.h"

namespace sluice::local {
namespace {

const std::string kReverseLoopback6 =
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.";

Parts all_special() {
  Parts parts = no_parts();
  parts.special_use.set();
  return parts;
}

Parts only(SpecialUse use) {
  Parts parts = no_parts();
  parts.special_use.set(static_cast<std::size_t>(use));
  return parts;
}

TEST(SpecialUse, IsSwitchedByName) {
  for (std::size_t i = 0; i < kSpecialUseCount; ++i)
    EXPECT_EQ(special_use_named(kSpecialUseNames[i]), SpecialUse{static_cast<std::uint8_t>(i)});
  EXPECT_EQ(special_use_named("doh-canary"), SpecialUse::doh_canary);
  EXPECT_EQ(special_use_named("home.arpa"), SpecialUse::home_arpa);
  EXPECT_EQ(special_use_named("Localhost"), std::nullopt);
  EXPECT_EQ(special_use_named(""), std::nullopt);
}

TEST(SpecialUse, IsAllOnByDefaultButTheDohCanary) {
  const LocalNames names{{.hash_key = kHashKey}};

  for (const char* question :
       {"localhost. A", "x.invalid. A", "x.test. A", "x.onion. A", "x.alt. A", "x.local. A",
        "x.home.arpa. A", "_dns.resolver.arpa. SVCB", "1.0.0.10.in-addr.arpa. PTR"}) {
    EXPECT_TRUE(ask(names, question)) << question;
  }
  EXPECT_FALSE(ask(names, "use-application-dns.net. A"));
}

TEST(SpecialUse, OfEachKindCanBeTurnedOffAlone) {
  const std::vector<std::pair<SpecialUse, std::vector<std::string>>> questions{
      {SpecialUse::localhost, {"localhost. A"}},
      {SpecialUse::invalid, {"x.invalid. A"}},
      {SpecialUse::test, {"x.test. A"}},
      {SpecialUse::onion, {"x.onion. A"}},
      {SpecialUse::alt, {"x.alt. A"}},
      {SpecialUse::local, {"x.local. A"}},
      {SpecialUse::home_arpa, {"x.home.arpa. A"}},
      {SpecialUse::resolver_arpa, {"_dns.resolver.arpa. SVCB"}},
      {SpecialUse::private_reverse, {"1.0.0.10.in-addr.arpa. PTR"}},
      {SpecialUse::doh_canary, {"use-application-dns.net. A"}},
  };
  ASSERT_EQ(questions.size(), kSpecialUseCount);
  for (const auto& [on, unused] : questions) {
    const LocalNames names{only(on)};
    for (const auto& [use, texts] : questions)
      for (const std::string& text : texts)
        EXPECT_EQ(ask(names, text).has_value(), use == on) << text;
  }
}

TEST(SpecialUse, AnswersLocalhostAndBelowWithTheLoopbackAddresses) {
  const LocalNames names{all_special()};

  for (const std::string name : {"localhost.", "www.localhost.", "a.b.localhost."}) {
    const auto ipv4 = ask(names, name + " A");
    ASSERT_TRUE(ipv4);
    EXPECT_EQ(ipv4->answer(), wire::Records{name + " 10800 IN A 127.0.0.1"});
    EXPECT_EQ(ipv4->source, Source::special_use);
    EXPECT_EQ(ipv4->ede, "");
    EXPECT_EQ(ask(names, name + " AAAA")->answer(), wire::Records{name + " 10800 IN AAAA ::1"});
    EXPECT_EQ(ask(names, name + " ANY")->answer(), wire::Records{name + " 10800 IN A 127.0.0.1"});
    const auto other = ask(names, name + " MX");
    EXPECT_TRUE(other->is_nodata());
    EXPECT_EQ(other->message.authority, wire::Records{soa("localhost.", 10'800)});
    EXPECT_EQ(other->ede, "0 localhost is this host alone (RFC 6761)");
  }
}

TEST(SpecialUse, NamesTheLoopbackAddressesLocalhost) {
  const LocalNames names{all_special()};

  for (const std::string& name : {std::string{"1.0.0.127.in-addr.arpa."}, kReverseLoopback6}) {
    const wire::Records ptr{name + " 10800 IN PTR localhost."};
    EXPECT_EQ(ask(names, name + " PTR")->answer(), ptr);
    EXPECT_EQ(ask(names, name + " ANY")->answer(), ptr);
    EXPECT_TRUE(ask(names, name + " A")->is_nodata());
    EXPECT_TRUE(ask(names, "x." + name + " PTR")->is_nxdomain());
  }
}

TEST(SpecialUse, OfLocalhostIncludesItsReverseNamesAndNoOthers) {
  const LocalNames names{only(SpecialUse::localhost)};

  EXPECT_TRUE(ask(names, "1.0.0.127.in-addr.arpa. PTR"));
  EXPECT_TRUE(ask(names, kReverseLoopback6 + " PTR"));
  EXPECT_FALSE(ask(names, "2.0.0.127.in-addr.arpa. PTR"));
}

TEST(SpecialUse, WritesTheFormInWhichResponsesAreStored) {
  const auto asked = ask(LocalNames{all_special()}, "wWw.LocalHost. A");

  EXPECT_EQ(asked->message.question, "www.localhost. A");
  EXPECT_TRUE(asked->message.is_response);
  EXPECT_TRUE(asked->message.recursion_available);
  EXPECT_FALSE(asked->message.authoritative);
  EXPECT_FALSE(asked->message.edns);
  EXPECT_EQ(asked->message.id, 0);
}

TEST(SpecialUse, DeniesNamesThatAreNotPublic) {
  const LocalNames names{all_special()};

  for (const std::string zone : {"invalid.", "test.", "onion.", "alt.", "local.", "home.arpa.",
                                 "use-application-dns.net."}) {
    for (const std::string& name : {zone, "www." + zone, "a.b." + zone}) {
      for (const char* type : {" A", " AAAA", " SOA", " TXT", " ANY"}) {
        const auto asked = ask(names, name + type);
        ASSERT_TRUE(asked) << name;
        EXPECT_TRUE(asked->is_nxdomain()) << name;
        EXPECT_EQ(asked->message.authority, wire::Records{soa(zone, 10'800)});
        EXPECT_TRUE(asked->ede.starts_with("0 ")) << asked->ede;
      }
    }
  }
}

TEST(SpecialUse, MatchesWholeLabelsOnly) {
  const LocalNames names{all_special()};

  for (const char* question : {"mylocalhost. A", "localhost.example. A", "atest. A", "net. A",
                               "arpa. A", "in-addr.arpa. PTR", "arpa. NS", ". NS",
                               "1.110.in-addr.arpa. PTR", "use-application-dns.com. A"}) {
    EXPECT_FALSE(ask(names, question)) << question;
  }
}

TEST(SpecialUse, DesignatesNoResolver) {
  const LocalNames names{all_special()};

  for (const char* question : {"resolver.arpa. SVCB", "_dns.resolver.arpa. SVCB",
                               "a.b.resolver.arpa. A", "_dns.resolver.arpa. ANY"}) {
    const auto asked = ask(names, question);
    ASSERT_TRUE(asked) << question;
    EXPECT_TRUE(asked->is_nodata()) << question;
    EXPECT_EQ(asked->message.authority, wire::Records{soa("resolver.arpa.", 10'800)});
  }
}

/// The whole of RFC 6303 section 4 and RFC 7793.
std::vector<std::string> private_zones() {
  std::string zeros;
  for (int i = 0; i < 31; ++i) zeros += "0.";
  std::vector<std::string> zones{
      "10.in-addr.arpa.",         "168.192.in-addr.arpa.",    "0.in-addr.arpa.",
      "127.in-addr.arpa.",        "254.169.in-addr.arpa.",    "2.0.192.in-addr.arpa.",
      "100.51.198.in-addr.arpa.", "113.0.203.in-addr.arpa.",  "255.255.255.255.in-addr.arpa.",
      "0." + zeros + "ip6.arpa.", "1." + zeros + "ip6.arpa.", "d.f.ip6.arpa.",
      "8.e.f.ip6.arpa.",          "9.e.f.ip6.arpa.",          "a.e.f.ip6.arpa.",
      "b.e.f.ip6.arpa.",          "8.b.d.0.1.0.0.2.ip6.arpa."};
  for (int i = 16; i <= 31; ++i) zones.push_back(std::to_string(i) + ".172.in-addr.arpa.");
  for (int i = 64; i <= 127; ++i) zones.push_back(std::to_string(i) + ".100.in-addr.arpa.");
  return zones;
}

TEST(PrivateReverse, IsEmptyZonesAsOfRfc6303) {
  const LocalNames names{only(SpecialUse::private_reverse)};

  for (const std::string& zone : private_zones()) {
    ASSERT_TRUE(ask(names, zone + " SOA")) << zone;
    EXPECT_EQ(ask(names, zone + " SOA")->answer(), wire::Records{soa(zone, 10'800)});
    EXPECT_EQ(ask(names, zone + " ANY")->answer(), wire::Records{soa(zone, 10'800)});
    EXPECT_EQ(ask(names, zone + " NS")->answer(), wire::Records{zone + " 10800 IN NS " + zone});
    EXPECT_TRUE(ask(names, zone + " PTR")->is_nodata()) << zone;
    const auto below = ask(names, "1.2." + zone + " PTR");
    EXPECT_TRUE(below->is_nxdomain()) << zone;
    EXPECT_EQ(below->message.authority, wire::Records{soa(zone, 10'800)});
    EXPECT_TRUE(ask(names, "1." + zone + " SOA")->is_nxdomain());
  }
}

TEST(PrivateReverse, LeavesTheNeighboursAlone) {
  const LocalNames names{all_special()};

  for (const char* zone :
       {"15.172.in-addr.arpa.", "32.172.in-addr.arpa.", "63.100.in-addr.arpa.",
        "128.100.in-addr.arpa.", "11.in-addr.arpa.", "169.192.in-addr.arpa.", "1.in-addr.arpa.",
        "255.169.in-addr.arpa.", "3.0.192.in-addr.arpa.", "254.255.255.255.in-addr.arpa.",
        "c.f.ip6.arpa.", "c.e.f.ip6.arpa.", "f.ip6.arpa.", "1.0.0.2.ip6.arpa.", "172.in-addr.arpa.",
        "100.in-addr.arpa."}) {
    EXPECT_FALSE(ask(names, std::string{"1."} + zone + " PTR")) << zone;
    EXPECT_FALSE(ask(names, std::string{zone} + " SOA")) << zone;
  }
}

TEST(PrivateReverse, LeavesTheParentItsDs) {
  const LocalNames names{all_special()};

  EXPECT_FALSE(ask(names, "10.in-addr.arpa. DS"));
  EXPECT_FALSE(ask(names, "home.arpa. DS"));
  EXPECT_TRUE(ask(names, "1.10.in-addr.arpa. DS")->is_nxdomain());
  EXPECT_TRUE(ask(names, "test. DS")->is_nxdomain());
}

TEST(PrivateReverse, YieldsToAnyRuleButTheRootsAndToAnUpstreamThatMayServeIt) {
  const LocalNames names{all_special()};

  for (const char* question :
       {"1.0.0.10.in-addr.arpa. PTR", "1.0.16.172.in-addr.arpa. PTR",
        "1.1.168.192.in-addr.arpa. PTR", "1.0.64.100.in-addr.arpa. PTR", "1.d.f.ip6.arpa. PTR",
        "1.8.e.f.ip6.arpa. PTR", "253.169.254.169.in-addr.arpa. PTR", "1.2.0.192.in-addr.arpa. PTR",
        "1.100.51.198.in-addr.arpa. PTR", "1.113.0.203.in-addr.arpa. PTR",
        "1.8.b.d.0.1.0.0.2.ip6.arpa. PTR"}) {
    EXPECT_TRUE(ask(names, question)) << question;
    EXPECT_FALSE(ask(names, question, {.rule_labels = 1})) << question;
    EXPECT_FALSE(ask(names, question, {.rule_labels = 2})) << question;
    EXPECT_FALSE(ask(names, question, {.may_serve_private = true})) << question;
  }
}

TEST(PrivateReverse, OfAddressesThatNobodyServesYieldsToRulesAsSpecificOnly) {
  const LocalNames names{all_special()};
  const std::vector<std::pair<std::string, std::size_t>> zones{
      {"0.in-addr.arpa.", 3},
      {"127.in-addr.arpa.", 3},
      {"255.255.255.255.in-addr.arpa.", 6},
      {kReverseLoopback6, 34},
      {"0" + kReverseLoopback6.substr(1), 34}};

  for (const auto& [zone, labels] : zones) {
    EXPECT_TRUE(ask(names, "9." + zone + " PTR", {.rule_labels = labels - 1})) << zone;
    EXPECT_TRUE(ask(names, "9." + zone + " PTR", {.may_serve_private = true})) << zone;
    EXPECT_FALSE(ask(names, "9." + zone + " PTR", {.rule_labels = labels})) << zone;
    EXPECT_FALSE(ask(names, "9." + zone + " PTR", {.rule_labels = labels + 1})) << zone;
  }
}

TEST(SpecialUse, YieldsToRulesAsSpecificOnly) {
  const LocalNames names{all_special()};
  const std::vector<std::pair<std::string, std::size_t>> zones{
      {"localhost.", 1}, {"invalid.", 1},       {"test.", 1},
      {"onion.", 1},     {"alt.", 1},           {"local.", 1},
      {"home.arpa.", 2}, {"resolver.arpa.", 2}, {"use-application-dns.net.", 2}};

  for (const auto& [zone, labels] : zones) {
    EXPECT_TRUE(ask(names, "x." + zone + " A", {.rule_labels = labels - 1})) << zone;
    EXPECT_TRUE(ask(names, "x." + zone + " A", {.may_serve_private = true})) << zone;
    EXPECT_FALSE(ask(names, "x." + zone + " A", {.rule_labels = labels})) << zone;
    EXPECT_FALSE(ask(names, "x." + zone + " A", {.rule_labels = labels + 1})) << zone;
  }
}

TEST(SpecialUse, IsAboutTheInternetClass) {
  const LocalNames names{all_special()};
  std::vector<std::byte> out(kMaxLocalAnswer);
  const auto of_class = [&](dns::Class klass) {
    return names.answer({.name = name("localhost"), .type = dns::Type::a, .klass = klass}, {}, out);
  };

  EXPECT_TRUE(of_class(dns::Class::in));
  EXPECT_TRUE(of_class(dns::Class::any));
  EXPECT_FALSE(of_class(dns::Class{3}));
}

}  // namespace
}  // namespace sluice::local
