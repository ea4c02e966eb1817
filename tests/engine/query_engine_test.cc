// What a client gets, and what an upstream is asked, rule by rule, in virtual time.
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::ZoneMetric;

using QueryEngineScenario = EngineScenario;

TEST_F(QueryEngineScenario, AsksAnUpstreamAndPassesItsAnswerOn) {
  const ClientRef client = ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});

  const Reply reply = expect_reply();
  reply.has_answer({"www.example. 60 IN A 192.0.2.1"});
  EXPECT_EQ(reply.client, client);
  EXPECT_TRUE(reply.message.recursion_available);
  EXPECT_EQ(reply.message.id, 0x1234);
  EXPECT_EQ(engine().in_flight(), 0U);
}

TEST_F(QueryEngineScenario, AsksWithRecursionDesiredAndOneBareOpt) {
  ask("WWW.Example. A");

  const wire::Message query = expect_exchange().query();
  EXPECT_TRUE(query.recursion_desired);
  ASSERT_TRUE(query.edns.has_value());
  EXPECT_EQ(query.edns->udp_size, dns::kEdnsUdpSize);
  EXPECT_TRUE(query.edns->options.empty());
}

TEST_F(QueryEngineScenario, EchoesTheLettersOfEachClientsQuestion) {
  ask("www.EXAMPLE. A");
  ask("WWW.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});

  EXPECT_EQ(expect_reply().message.question, "www.EXAMPLE. A");
  EXPECT_EQ(expect_reply().message.question, "WWW.example. A");
}

TEST_F(QueryEngineScenario, AnswersASecondQueryFromTheCacheWithAnAgedTtl) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();

  pass(20s);
  ask("www.example. A");
  expect_reply().has_answer({"www.example. 40 IN A 192.0.2.1"});
  expect_no_exchange();
}

TEST_F(QueryEngineScenario, AsksAgainOnceTheTtlIsOver) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();

  pass(60s);
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.2"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.2"});
}

TEST_F(QueryEngineScenario, CachesNxdomainWithItsSoa) {
  const std::string soa = "example. 300 IN SOA ns.example. host.example. 1 2 3 4 30";
  ask("none.example. A");
  expect_exchange().answer_nxdomain(soa);
  (void)expect_reply();

  pass(10s);
  ask("none.example. A");
  const Reply reply = expect_reply();
  reply.has_rcode(dns::Rcode::nxdomain);
  ASSERT_EQ(reply.message.authority.size(), 1U);
  EXPECT_EQ(reply.message.authority[0], "example. 290 IN SOA ns.example. host.example. 1 2 3 4 30");

  pass(20s);  // min(SOA TTL, SOA MINIMUM) = 30 s (RFC 2308 section 5)
  ask("none.example. A");
  (void)expect_exchange();
}

TEST_F(QueryEngineScenario, DoesNotStoreANegativeAnswerWithoutSoa) {
  ask("none.example. A");
  expect_exchange().answer({}, {.rcode = dns::Rcode::nxdomain});
  expect_reply().has_rcode(dns::Rcode::nxdomain);

  ask("none.example. A");
  (void)expect_exchange();
}

TEST_F(QueryEngineScenario, AsksOnceForManyClientsOfOneQuestion) {
  for (int i = 0; i < 10; ++i) ask("www.example. A");
  const auto exchange = expect_exchange();
  expect_no_exchange();

  exchange.answer({"www.example. 60 IN A 192.0.2.1"});
  for (int i = 0; i < 10; ++i) expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});
  EXPECT_EQ(zone_metric(".", ZoneMetric::questions), 1U);
  EXPECT_EQ(zone_metric(".", ZoneMetric::coalesced), 9U);
  EXPECT_EQ(zone_metric(".", ZoneMetric::packets_udp), 1U);
}

TEST_F(QueryEngineScenario, AnswersAClientsRetransmitOnce) {
  const ClientRef client = new_client();
  ask_as(client, "www.example. A");
  ask_as(client, "www.example. A");
  ask_as(client, "www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});

  (void)expect_reply();
  expect_no_reply();
  expect_no_exchange();
  EXPECT_EQ(zone_metric(".", ZoneMetric::retransmits_absorbed), 2U);
}

TEST_F(QueryEngineScenario, TellsAAndAaaaFromOnePortApart) {
  const ClientRef client = new_client();
  ask_as(client, "www.example. A", {.id = 1});
  ask_as(client, "www.example. AAAA", {.id = 2});
  (void)expect_exchange();
  (void)expect_exchange();
}

TEST_F(QueryEngineScenario, AsksApartForQueriesThatDifferInDoOrCd) {
  ask_as(new_client(), "www.example. A");
  ask_as(new_client(), "www.example. A", {.edns = wire::Edns{.dnssec_ok = true}});
  ask_as(new_client(), "www.example. A", {.checking_disabled = true});

  EXPECT_FALSE(expect_exchange().query().edns->dnssec_ok);
  EXPECT_TRUE(expect_exchange().query().edns->dnssec_ok);
  EXPECT_TRUE(expect_exchange().query().checking_disabled);
}

TEST_F(QueryEngineScenario, RefusesNamesOutsideEveryZone) {
  configure(R"(
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
[[zone]]
name = "example"
upstream = "vpc"
)");
  ask("www.other. A");
  expect_reply().has_rcode(dns::Rcode::refused);
  expect_no_exchange();
}

TEST_F(QueryEngineScenario, SendsEachNameToTheUpstreamOfItsLongestZone) {
  configure(R"(
[[upstream]]
name = "a"
servers = ["192.0.2.1"]
[[upstream]]
name = "b"
servers = ["192.0.2.2"]
[[zone]]
name = "example"
upstream = "a"
[[zone]]
name = "corp.example"
upstream = "b"
)");
  ask("www.example. A");
  EXPECT_EQ(expect_exchange().action().server.to_string(), "192.0.2.1:53");
  ask("www.corp.example. A");
  EXPECT_EQ(expect_exchange().action().server.to_string(), "192.0.2.2:53");
  ask("notcorp.example. A");
  EXPECT_EQ(expect_exchange().action().server.to_string(), "192.0.2.1:53");
}

TEST_F(QueryEngineScenario, AsksOverTcpWhenTheAnswerIsTruncated) {
  ask("large.example. TXT");
  expect_exchange().answer_truncated();

  const auto exchange = expect_exchange();
  EXPECT_EQ(exchange.action().transport, Transport::tcp);
  exchange.answer({"large.example. 60 IN TXT \"x\""});
  expect_reply().has_answer({"large.example. 60 IN TXT \"x\""});
}

TEST_F(QueryEngineScenario, GivesServfailWithEde22WhenNobodyAnswers) {
  ask("silent.example. A");
  pass(4'499ms);
  expect_no_reply();
  pass(1ms);

  expect_reply().is_servfail(dns::EdeCode::no_reachable_authority);
  EXPECT_EQ(zone_metric(".", ZoneMetric::servfail_timeout), 1U);
}

TEST_F(QueryEngineScenario, SendsAQuestionToAServerAtMostThreeTimesOverOneTransport) {
  learn_rtt();
  ask("silent.example. A");
  pass(4'500ms);

  for (int i = 0; i < 3; ++i)  // RFC 9520 section 3.1
    EXPECT_EQ(expect_exchange().action().transport, Transport::udp);
  EXPECT_EQ(expect_exchange().action().transport, Transport::tcp);
  expect_no_exchange();
  const auto probes = upstream_metric("vpc", metrics::UpstreamMetric::loop_probes);
  EXPECT_EQ(zone_metric(".", ZoneMetric::packets_udp), 4U + probes);
  EXPECT_EQ(zone_metric(".", ZoneMetric::retries), 3U);
}

TEST_F(QueryEngineScenario, WaitsForALoneServerOfWhichNothingIsKnown) {
  ask("slow.example. A");
  const auto exchange = expect_exchange();
  pass(2'999ms);
  expect_no_exchange();
  exchange.answer({"slow.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"slow.example. 60 IN A 192.0.2.1"});
}

TEST_F(QueryEngineScenario, TakesALateAnswerOfAnEarlierTry) {
  learn_rtt();
  ask("slow.example. A");
  const auto first = expect_exchange();
  pass(440ms);  // past the first time-out of 400 ms and its jitter
  const auto second = expect_exchange();

  first.answer({"slow.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"slow.example. 60 IN A 192.0.2.1"});
  second.answer({"slow.example. 60 IN A 192.0.2.1"});
  expect_no_reply();
}

TEST_F(QueryEngineScenario, StoresAnAnswerThatComesAfterTheClientWasGivenUp) {
  ask("slow.example. A");
  const auto exchange = expect_exchange();
  pass(4'500ms);
  expect_reply().is_servfail(dns::EdeCode::no_reachable_authority);

  exchange.answer({"slow.example. 60 IN A 192.0.2.1"});
  ask("slow.example. A");
  expect_reply().has_answer({"slow.example. 60 IN A 192.0.2.1"});
}

TEST_F(QueryEngineScenario, LearnsToWaitForASlowZone) {
  for (int i = 0; i < 8; ++i) {
    ask("n" + std::to_string(i) + ".example. A");
    const auto exchange = expect_exchange();
    pass(2s);
    exchange.answer({"n" + std::to_string(i) + ".example. 60 IN A 192.0.2.1"});
    (void)expect_reply();
    forget_exchanges();
  }
  ask("patient.example. A");
  const auto exchange = expect_exchange();
  pass(2s);
  expect_no_exchange();  // no second packet for a question that is only slow
  exchange.answer({"patient.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();
}

TEST_F(QueryEngineScenario, DoesNotAskTheOnlyServerAgainAfterServfail) {
  ask("broken.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);

  expect_reply().is_servfail(dns::EdeCode::other);
  expect_no_exchange();
  EXPECT_EQ(zone_metric(".", ZoneMetric::servfail_upstream), 1U);
}

TEST_F(QueryEngineScenario, AnswersAFailedQuestionFromTheFailureCache) {
  ask("broken.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  (void)expect_reply();

  for (int i = 0; i < 5; ++i) {
    pass(100ms);
    ask("broken.example. A");
    expect_reply().is_servfail(dns::EdeCode::cached_error);
  }
  expect_no_exchange();
  EXPECT_EQ(zone_metric(".", ZoneMetric::failure_cache_hits), 5U);
}

TEST_F(QueryEngineScenario, AsksAFailingQuestionLessAndLessOften) {
  int asked = 0;
  for (int second = 0; second < 600; ++second) {  // a client that never gives up
    ask("broken.example. A");
    if (has_exchange()) {
      expect_exchange().answer_rcode(dns::Rcode::servfail);
      ++asked;
    }
    expect_reply().has_rcode(dns::Rcode::servfail);
    pass(1s);
  }
  EXPECT_GE(asked, 8);  // 1 + 2 + 4 + ... + 256 s, then every 300 s
  EXPECT_LE(asked, 11);
}

TEST_F(QueryEngineScenario, ForgetsAFailureAfterASuccess) {
  ask("flaky.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  (void)expect_reply();
  pass(1'200ms);
  ask("flaky.example. A");
  expect_exchange().answer({"flaky.example. 0 IN A 192.0.2.1"});
  (void)expect_reply();
  pass(2s);
  ask("flaky.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  (void)expect_reply();

  pass(1'200ms);  // the first failure of a new row: remembered for a second
  ask("flaky.example. A");
  (void)expect_exchange();
}

TEST_F(QueryEngineScenario, AFailureOfOneTypeSaysNothingOfAnother) {
  ask("half.example. AAAA");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  (void)expect_reply();
  ask("half.example. A");
  expect_exchange().answer({"half.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"half.example. 60 IN A 192.0.2.1"});
}

TEST_F(QueryEngineScenario, AnswersServfailAtOnceWhenTheServerIsUnreachable) {
  ask("www.example. A");
  expect_exchange().end(ExchangeStatus::unreachable);
  expect_reply().is_servfail(dns::EdeCode::network_error);
}

TEST_F(QueryEngineScenario, DoesNotHoldOurOwnLackOfSocketsAgainstAName) {
  sends_leave_ = false;
  ask("www.example. A");
  expect_exchange().end(ExchangeStatus::no_socket);
  expect_reply().is_servfail(dns::EdeCode::network_error);

  sends_leave_ = true;
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});
  EXPECT_EQ(zone_metric(".", ZoneMetric::packets_udp), 1U);
}

TEST_F(QueryEngineScenario, AsksAServerThatRefusesEdnsWithoutIt) {
  ask("www.example. A");
  expect_exchange().end(ExchangeStatus::edns_refused);
  const auto plain = expect_exchange();
  EXPECT_FALSE(plain.query().edns.has_value());
  plain.answer({"www.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();

  ask("other.example. A");
  EXPECT_FALSE(expect_exchange().query().edns.has_value()) << "it is remembered for a while";
  pass(16min);
  forget_exchanges();
  ask("third.example. A");
  EXPECT_TRUE(expect_exchange().query().edns.has_value());
}

TEST_F(QueryEngineScenario, GivesServfailForAResponseToAnotherQuestion) {
  ask("www.example. A");
  expect_exchange().answer_bytes(
      wire::response("evil.example. A", {"evil.example. 60 IN A 192.0.2.66"}));
  expect_reply().is_servfail(dns::EdeCode::invalid_data);

  ask("evil.example. A");
  (void)expect_exchange();  // nothing of it was stored
}

TEST_F(QueryEngineScenario, GivesServfailForAMalformedResponse) {
  ask("www.example. A");
  auto bytes = wire::response("www.example. A", {"www.example. 60 IN A 192.0.2.1"});
  bytes.resize(bytes.size() - 2);
  expect_exchange().answer_bytes(bytes);
  expect_reply().is_servfail(dns::EdeCode::invalid_data);
}

constexpr std::string_view kTwoServers = R"(
[[upstream]]
name = "pair"
servers = ["192.0.2.1", "192.0.2.2"]
[[zone]]
name = "."
upstream = "pair"
)";

TEST_F(QueryEngineScenario, AsksTheOtherServerAfterServfail) {
  configure(kTwoServers);
  ask("www.example. A");
  const auto first = expect_exchange();
  first.answer_rcode(dns::Rcode::servfail);
  const auto second = expect_exchange();
  EXPECT_NE(first.action().server, second.action().server);

  second.answer({"www.example. 60 IN A 192.0.2.9"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.9"});
}

TEST_F(QueryEngineScenario, FailsOnceEveryServerHasFailed) {
  configure(kTwoServers);
  ask("www.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  expect_exchange().answer_rcode(dns::Rcode::refused);
  expect_no_exchange();
  expect_reply().has_rcode(dns::Rcode::servfail);
}

TEST_F(QueryEngineScenario, PrefersTheServerThatAnswers) {
  configure(kTwoServers);
  ask("a.example. A");
  const auto silent = expect_exchange();
  pass(1'200ms);
  const auto good = expect_exchange();
  ASSERT_NE(silent.action().server, good.action().server);
  good.answer({"a.example. 60 IN A 192.0.2.9"});
  (void)expect_reply();

  ask("b.example. A");
  EXPECT_EQ(expect_exchange().action().server, good.action().server);
}

TEST_F(QueryEngineScenario, GivesServfailWhenAnUpstreamHasNoServers) {
  conf::Config config;
  config.upstreams = {{.name = "none", .servers = {}, .follow_system = true, .budget = ""}};
  config.zones = {{.name = {}, .upstream = "none"}};
  ASSERT_FALSE(engine().configure(config, {}, now_));
  ask("www.example. A");
  expect_reply().is_servfail(dns::EdeCode::not_ready);
}

TEST_F(QueryEngineScenario, GivesServfailWhenTheWaiterTableIsFull) {
  for (std::size_t i = 0; i < limits_.max_waiters; ++i) ask("www.example. A");
  expect_no_reply();
  ask("www.example. A");
  expect_reply().is_servfail(dns::EdeCode::other);
  EXPECT_EQ(zone_metric(".", ZoneMetric::servfail_overload), 1U);
}

TEST_F(QueryEngineScenario, GivesServfailWhenTheQuestionTableIsFullAndNobodyCanBeShed) {
  for (std::size_t i = 0; i < limits_.max_in_flight; ++i)
    ask("n" + std::to_string(i) + ".example. A");
  EXPECT_EQ(engine().in_flight(), limits_.max_in_flight);
  ask("one-too-many.example. A");
  ASSERT_TRUE(has_reply());
  (void)expect_reply();
  EXPECT_LE(engine().in_flight(), limits_.max_in_flight);
}

TEST_F(QueryEngineScenario, WaitsForAFreeExchangeWhenAllAreTaken) {
  limits_.max_in_flight = 1'024;
  limits_.max_exchanges = 1;
  restart();
  configure(kTwoServers);
  std::size_t asked = 0;
  for (int i = 0; i < 400; ++i) ask("n" + std::to_string(i) + ".example. A");
  while (has_exchange()) {
    (void)expect_exchange();
    ++asked;
  }
  EXPECT_LT(asked, 400U);
  EXPECT_EQ(engine().exchanges(), asked);
  pass(5s);
  std::size_t replies = 0;
  while (has_reply()) {
    (void)expect_reply();
    ++replies;
  }
  EXPECT_EQ(replies, 400U) << "every client is answered all the same";
}

TEST_F(QueryEngineScenario, KeepsQuestionsInFlightOverAReload) {
  ask("www.example. A");
  const auto exchange = expect_exchange();
  configure(kTwoServers);
  exchange.answer({"www.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});

  ask("new.example. A");
  EXPECT_NE(expect_exchange().action().server.to_string(), "192.0.2.53:53");
}

TEST_F(QueryEngineScenario, KeepsCountersAndTimeoutsOfAnUnchangedRuleOverAReload) {
  ask("www.example. A");
  const auto exchange = expect_exchange();
  pass(300ms);
  exchange.answer({"www.example. 60 IN A 192.0.2.1"});
  const Duration srtt = snapshot().servers.front().srtt;
  configure(kDefaultConfiguration);

  EXPECT_EQ(snapshot().servers.front().srtt, srtt);
  EXPECT_EQ(zone_metric(".", ZoneMetric::questions), 1U);
}

TEST_F(QueryEngineScenario, SurvivesManyReloadsWithChangedServers) {
  for (int i = 0; i < 5'000; ++i) {
    const std::string last = std::to_string(i % 200 + 1);
    configure("[[upstream]]\nname=\"u\"\nservers=[\"192.0.2." + last +
              "\"]\n[[zone]]\nname=\".\"\nupstream=\"u\"\n");
  }
  ask("www.example. A");
  EXPECT_EQ(expect_exchange().action().server.to_string(), "192.0.2.200:53");
}

TEST_F(QueryEngineScenario, ShowsWhatIsInFlight) {
  ask("www.example. A");
  ask("www.example. A");
  pass(10ms);
  const EngineSnapshot now = snapshot();
  ASSERT_EQ(now.requests.size(), 1U);
  EXPECT_EQ(now.requests[0].waiters, 2U);
  EXPECT_EQ(now.requests[0].tries, 1U);
  EXPECT_STREQ(now.requests[0].state, "asked");
  EXPECT_EQ(now.requests[0].age, 10ms);
  EXPECT_EQ(now.requests[0].server.to_string(), "192.0.2.53:53");
  EXPECT_EQ(now.requests[0].zone, ".");
}

}  // namespace
}  // namespace sluice
