// Data past its TTL: who is given it, when, and what is asked meanwhile (RFC 8767).
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::BudgetMetric;
using metrics::ZoneMetric;

class StaleScenario : public EngineScenario {
 protected:
  /// Stores an answer that has expired `age` ago.
  void store_stale(const std::string& record, const std::string& question, Duration age = 1s) {
    ask(question);
    expect_exchange().answer({record});
    (void)expect_reply();
    pass(60s + age);
  }
};

TEST_F(StaleScenario, IsGivenAfterTheClientTimerWhileTheUpstreamIsSilent) {
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  ask("www.example. A");
  (void)expect_exchange();
  pass(1'799ms);
  expect_no_reply();

  pass(1ms);  // RFC 8767 section 5: client response timer
  const Reply reply = expect_reply();
  reply.has_answer({"www.example. 30 IN A 192.0.2.1"}).has_ede(dns::EdeCode::stale_answer);
  EXPECT_EQ(engine().waiters(), 0U);
  EXPECT_EQ(zone_metric(".", ZoneMetric::answered_stale), 1U);
}

TEST_F(StaleScenario, IsNotGivenIfTheUpstreamAnswersInTime) {
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  ask("www.example. A");
  const auto exchange = expect_exchange();
  pass(300ms);
  exchange.answer({"www.example. 60 IN A 192.0.2.2"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.2"});
}

TEST_F(StaleScenario, GoesOnBeingAskedForAndIsRenewedByALateAnswer) {
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  ask("www.example. A");
  const auto exchange = expect_exchange();
  pass(2s);
  (void)expect_reply();

  exchange.answer({"www.example. 60 IN A 192.0.2.2"});
  expect_no_reply();
  ask("www.example. A");
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.2"});
}

TEST_F(StaleScenario, IsGivenAtOnceToWhoeverAsksWhileTheRefreshGoesOn) {
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  ask("www.example. A");
  (void)expect_exchange();
  pass(1'800ms);
  (void)expect_reply();
  forget_exchanges();

  ask("www.example. A");
  expect_reply().has_answer({"www.example. 30 IN A 192.0.2.1"}).has_ede(dns::EdeCode::stale_answer);
  expect_no_exchange();
}

TEST_F(StaleScenario, IsGivenInsteadOfServfailAndTheUpstreamLeftAloneForThirtySeconds) {
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  ask("www.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  expect_reply().has_answer({"www.example. 30 IN A 192.0.2.1"}).has_ede(dns::EdeCode::stale_answer);

  pass(29s);  // RFC 8767 section 5: failure recheck timer
  ask("www.example. A");
  expect_no_exchange();
  expect_reply().has_answer({"www.example. 30 IN A 192.0.2.1"});

  pass(1s);
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.2"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.2"});
}

TEST_F(StaleScenario, SaysThatAStaleNxdomainIsOne) {
  ask("gone.example. A");
  expect_exchange().answer_nxdomain("example. 60 IN SOA ns.example. host.example. 1 2 3 4 60");
  (void)expect_reply();
  pass(61s);
  ask("gone.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  expect_reply().has_rcode(dns::Rcode::nxdomain).has_ede(dns::EdeCode::stale_nxdomain);
}

TEST_F(StaleScenario, EndsAfterADay) {
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A", 24h);
  ask("www.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  expect_reply().is_servfail(dns::EdeCode::other);
}

TEST_F(StaleScenario, IsNeverGivenWhereItIsTurnedOff) {
  configure("[cache]\nmax_stale = \"0s\"\n" + std::string{kDefaultConfiguration});
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  ask("www.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  expect_reply().is_servfail(dns::EdeCode::other);
}

TEST_F(StaleScenario, IsNotReplacedByAFailure) {
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  for (int i = 0; i < 5; ++i) {
    ask("www.example. A");
    expect_exchange().answer_rcode(dns::Rcode::servfail);
    expect_reply().has_answer({"www.example. 30 IN A 192.0.2.1"});
    pass(40s * (1 << i));
  }
}

TEST_F(StaleScenario, IsGivenToAQuestionThatFoundNoPacket) {
  configure(R"(
[[budget]]
name = "tiny"
shared = ""
limit = 10
burst = 8
reserve = 1
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
budget = "tiny"
[[zone]]
name = "."
upstream = "vpc"
max_wait = "500ms"
)");
  store_stale("www.example. 60 IN A 192.0.2.1", "www.example. A");
  for (int i = 0; i < 8; ++i) ask("n" + std::to_string(i) + ".example. A");
  ask("www.example. A");
  pass(500ms);  // a packet a second
  expect_reply().has_answer({"www.example. 30 IN A 192.0.2.1"}).has_ede(dns::EdeCode::stale_answer);
}

class PrefetchScenario : public EngineScenario {
 protected:
  PrefetchScenario() {
    limits_.max_in_flight = 200;
    limits_.max_waiters = limits_.max_exchanges = 400;
    restart();
    configure(kDefaultConfiguration);
  }
  void store(const std::string& question, const std::string& record) {
    ask(question);
    expect_exchange().answer({record});
    (void)expect_reply();
  }
};

TEST_F(PrefetchScenario, AsksInTheBackgroundAndAnswersNobody) {
  store("www.example. A", "www.example. 60 IN A 192.0.2.1");
  pass(55s);
  refresh("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.2"});
  expect_no_reply();
  EXPECT_EQ(engine().in_flight(), 0U);
  EXPECT_EQ(zone_metric(".", ZoneMetric::refreshes_prefetch), 1U);

  pass(30s);
  ask("www.example. A");
  expect_reply().has_answer({"www.example. 30 IN A 192.0.2.2"});
}

TEST_F(PrefetchScenario, LeavesNoFailureBehindThatAnswersClients) {
  store("www.example. A", "www.example. 60 IN A 192.0.2.1");
  pass(55s);
  refresh("www.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  ask("www.example. A");
  expect_reply().has_answer({"www.example. 5 IN A 192.0.2.1"});
}

TEST_F(PrefetchScenario, SpendsOnlyPacketsThatNobodyWaitsFor) {
  store("www.example. A", "www.example. 60 IN A 192.0.2.1");
  pass(55s);
  for (int i = 0; i < 40; ++i) ask("n" + std::to_string(i) + ".example. A");
  forget_exchanges();

  refresh("www.example. A");  // 20 packets are left of the burst of 60: less than half
  expect_no_exchange();
  pass(20ms);
  EXPECT_EQ(expect_exchange().query().question, "www.example. A") << "once there are spare ones";
}

TEST_F(PrefetchScenario, IsTakenOverByAClientThatMustWait) {
  store("www.example. A", "www.example. 60 IN A 192.0.2.1");
  pass(59'995ms);
  for (int i = 0; i < 60; ++i) ask("n" + std::to_string(i) + ".example. A");
  forget_exchanges();
  refresh("www.example. A");
  pass(5ms);
  expect_no_exchange();

  ask("www.example. A");  // the TTL is over; four packets have come in
  EXPECT_EQ(expect_exchange().query().question, "www.example. A");
  EXPECT_EQ(engine().waiters(), 61U);
}

TEST_F(PrefetchScenario, IsAskedForOnceHoweverManyWantIt) {
  store("www.example. A", "www.example. 60 IN A 192.0.2.1");
  pass(55s);
  refresh("www.example. A");
  refresh("www.example. A");
  (void)expect_exchange();
  expect_no_exchange();
}

TEST_F(PrefetchScenario, LeavesHalfOfTheTableToClients) {
  for (int i = 0; i < 200; ++i) refresh("n" + std::to_string(i) + ".example. A");
  EXPECT_EQ(engine().in_flight(), 100U);
}

}  // namespace
}  // namespace sluice
