// What is believed of an upstream: its AD bit, its letters, its private addresses.
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::UpstreamMetric;
using metrics::ZoneMetric;

class TrustScenario : public EngineScenario {
 protected:
  static std::string configuration(std::string_view upstream, std::string_view zone = "") {
    return "[[upstream]]\nname = \"vpc\"\nservers = [\"192.0.2.53\"]\n" + std::string{upstream} +
           "\n[[zone]]\nname = \".\"\nupstream = \"vpc\"\n" + std::string{zone} + "\n";
  }
  /// Asks with AD set, or without any sign that AD is understood.
  Reply ask_for_ad(std::string_view question, bool with_ad) {
    auto message = wire::query(question, {.edns = wire::Edns{}});
    if (with_ad)
      dns::write_u16(message, 2,
                     static_cast<std::uint16_t>(dns::read_u16(message, 2) | dns::Header::kAd));
    ask_bytes(new_client(), message);
    while (has_exchange())
      expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"}, {.authentic_data = true});
    return expect_reply();
  }
};

TEST_F(TrustScenario, AdIsPassedOnFromATrustedUpstreamToThoseWhoAskForIt) {
  configure(configuration("trust_ad = true"));

  EXPECT_TRUE(ask_for_ad("www.example. A", true).message.authentic_data);
  EXPECT_TRUE(ask_for_ad("www.example. A", true).message.authentic_data) << "from the cache, too";
  EXPECT_FALSE(ask_for_ad("www.example. A", false).message.authentic_data);
}

TEST_F(TrustScenario, AdOfAnyOtherUpstreamIsNotPassedOn) {
  configure(configuration(""));
  EXPECT_FALSE(ask_for_ad("www.example. A", true).message.authentic_data);
}

TEST_F(TrustScenario, WhatWasBelievedIsForgottenWithTheTrust) {
  configure(configuration("trust_ad = true"));
  ASSERT_TRUE(ask_for_ad("www.example. A", true).message.authentic_data);

  configure(configuration(""));
  pass(1s);

  ask("www.example. A");
  EXPECT_EQ(expect_exchange().query().question, "www.example. A") << "it is asked for again";
}

TEST_F(TrustScenario, MixedCaseSpellsEachQueryInItsOwnWay) {
  configure(configuration("mixed_case = true"));
  std::set<std::string> spellings;
  for (int i = 0; i < 20; ++i) {
    ask("a-long-name-with-many-letters.example. A");
    const auto exchange = expect_exchange();
    spellings.insert(exchange.query().question);
    exchange.answer_rcode(dns::Rcode::servfail);
    (void)expect_reply();
    pass(400s);
  }
  EXPECT_GT(spellings.size(), 15u);
}

TEST_F(TrustScenario, ClientsGetTheirOwnLettersBack) {
  configure(configuration("mixed_case = true"));
  ask("wWw.example. A");
  const auto exchange = expect_exchange();
  exchange.answer({exchange.query().question.substr(0, 12) + " 60 IN A 192.0.2.1"});
  EXPECT_EQ(expect_reply().message.question, "wWw.example. A");
}

TEST_F(TrustScenario, WhatLooksLikeForgeryIsAskedAgainOverTcp) {
  ask("www.example. A");
  expect_exchange().end(ExchangeStatus::suspicious);
  const auto again = expect_exchange();

  EXPECT_EQ(again.action().transport, Transport::tcp);
  again.answer({"www.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});
  EXPECT_EQ(upstream_metric("vpc", UpstreamMetric::suspicious), 1u);
}

TEST_F(TrustScenario, PrivateAddressesAreTakenOutWhereTheRuleSaysSo) {
  configure(configuration("", "private_answers = \"strip\""));
  ask("rebind.example. A");
  expect_exchange().answer({"rebind.example. 60 IN CNAME target.example.",
                            "target.example. 60 IN A 192.168.1.1",
                            "target.example. 60 IN A 198.51.100.7"});

  expect_reply()
      .has_answer(
          {"rebind.example. 60 IN CNAME target.example.", "target.example. 60 IN A 198.51.100.7"})
      .has_ede(dns::EdeCode::filtered);
  EXPECT_EQ(zone_metric(".", ZoneMetric::private_stripped), 1u);
}

TEST_F(TrustScenario, AnAnswerThatIsLeftEmptyIsStoredAllTheSame) {
  configure(configuration("", "private_answers = \"strip\""));
  ask("rebind.example. A");
  expect_exchange().answer({"rebind.example. 60 IN A 10.0.0.1"});
  expect_reply().has_answer({}).has_ede(dns::EdeCode::filtered);

  ask("rebind.example. A");
  expect_reply().has_answer({}).has_ede(dns::EdeCode::filtered);
  expect_no_exchange();
}

TEST_F(TrustScenario, PrivateAddressesPassWhereTheRuleSaysNothing) {
  ask("internal.example. A");
  expect_exchange().answer({"internal.example. 60 IN A 10.0.0.1"});
  expect_reply().has_answer({"internal.example. 60 IN A 10.0.0.1"});
}

}  // namespace
}  // namespace sluice
