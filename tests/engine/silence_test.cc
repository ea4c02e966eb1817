// Servers that fall silent and come back: the circuit breaker, retries and their budget, and which
// server is asked.
#include <map>

#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::UpstreamMetric;
using metrics::ZoneMetric;

class SilenceScenario : public EngineScenario {
 protected:
  [[nodiscard]] bool is_silent() const {
    const EngineSnapshot now = snapshot();
    for (const auto& zone : now.zones)
      if (zone.name == ".") return zone.is_silent;
    return false;
  }
  /// Asks often enough, and answers nothing, until the upstream counts as silent.
  void fall_silent() {
    for (int i = 0; i < 20; ++i) {
      ask("silent" + std::to_string(i) + ".example. A");
      pass(200ms);
    }
    pass(10s);
    forget_exchanges();
    forget_replies();
    ASSERT_TRUE(is_silent());
  }
};

TEST_F(SilenceScenario, SendsOneProbeASecondHoweverManyAsk) {
  fall_silent();
  std::size_t sent = 0;
  for (int i = 0; i < 1'000; ++i) {
    ask("n" + std::to_string(i) + ".example. A");
    pass(10ms);
    for (; has_exchange(); ++sent) (void)expect_exchange();
    forget_replies();
  }
  EXPECT_LE(sent, 11U) << "in 10 s";
  EXPECT_GE(sent, 9U);
}

TEST_F(SilenceScenario, LetsEverybodyThroughWithTheFirstAnswer) {
  fall_silent();
  ask("first.example. A");
  const auto probe = expect_exchange();
  ask("second.example. A");
  ask("third.example. A");
  expect_no_exchange();

  probe.answer({"first.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();
  EXPECT_EQ(expect_exchange().query().question, "second.example. A");
  EXPECT_EQ(expect_exchange().query().question, "third.example. A");
  EXPECT_FALSE(is_silent());
}

TEST_F(SilenceScenario, TellsNewNamesWithinTheDeadlineThatNobodyAnswers) {
  fall_silent();
  ask("probe.example. A");
  ask("new.example. A");
  pass(4'500ms);
  expect_reply().is_servfail(dns::EdeCode::no_reachable_authority);
  expect_reply().is_servfail(dns::EdeCode::no_reachable_authority);
  EXPECT_EQ(engine().in_flight(), 0U);
}

TEST_F(SilenceScenario, GivesStaleDataAtOnce) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();
  pass(61s);
  fall_silent();

  ask("www.example. A");
  expect_reply().has_answer({"www.example. 30 IN A 192.0.2.1"}).has_ede(dns::EdeCode::stale_answer);
}

TEST_F(SilenceScenario, ProbesWithStaleNamesIfNothingElseIsAskedFor) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();
  pass(61s);
  fall_silent();

  ask("www.example. A");
  (void)expect_reply();
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.2"});
  ask("www.example. A");
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.2"});
}

TEST_F(SilenceScenario, ForgetsWhatItHeldAgainstNamesWhenTheServerIsBack) {
  ask("www.example. A");
  fall_silent();  // www.example. has failed, too, and is remembered for longer and longer
  for (int i = 0; i < 4; ++i) {
    ask("www.example. A");
    pass(6s);
  }
  forget_exchanges();
  forget_replies();
  ask("other.example. A");
  pass(1s);
  expect_exchange().answer({"other.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();
  forget_exchanges();

  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});
}

TEST_F(SilenceScenario, DoesNotTakeASlowZoneForASilentOne) {
  for (int i = 0; i < 300; ++i) {
    ask(std::to_string(i) + ".1.1.104.in-addr.arpa. PTR");
    pass(10ms);
  }
  std::vector<AskedExchange> asked;
  while (has_exchange()) asked.push_back(expect_exchange());
  for (const auto& exchange : asked) exchange.answer_rcode(dns::Rcode::servfail);
  pass(100ms);
  for (const auto& zone : snapshot().zones) EXPECT_FALSE(zone.is_silent) << zone.name;
}

TEST_F(SilenceScenario, OfOneZoneHoldsUpNoOther) {
  for (int i = 0; i < 20; ++i) {
    ask(std::to_string(i) + ".1.1.104.in-addr.arpa. PTR");
    pass(200ms);
  }
  pass(10s);
  forget_exchanges();
  forget_replies();
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});
}

class RetryScenario : public EngineScenario {
 protected:
  RetryScenario() {
    limits_.max_in_flight = limits_.max_exchanges = 4'096;
    limits_.max_waiters = 8'192;
    restart();
    configure(kDefaultConfiguration);
  }
};

TEST_F(RetryScenario, AsksOverTcpWhenThreeDatagramsWereLost) {
  ask("warm.example. A");
  expect_exchange().answer({"warm.example. 60 IN A 192.0.2.1"});
  (void)expect_reply();
  ask("lost.example. A");
  pass(3s);  // 0.4 s, 0.8 s and 1.6 s are over

  for (int i = 0; i < 3; ++i) EXPECT_EQ(expect_exchange().action().transport, Transport::udp);
  const auto last = expect_exchange();
  EXPECT_EQ(last.action().transport, Transport::tcp);
  last.answer({"lost.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"lost.example. 60 IN A 192.0.2.1"});
}

TEST_F(RetryScenario, SpendsAFifthOfTheFirstTriesAndTenASecondOnRetries) {
  std::size_t sent = 0, asked = 0;
  for (int i = 0; i < 2'000; ++i) {  // 200/s for 10 s; every second one is lost
    ask("n" + std::to_string(i) + ".example. A");
    ++asked;
    for (; has_exchange(); ++sent) {
      const auto exchange = expect_exchange();
      if (sent % 2 == 0) exchange.answer_rcode(dns::Rcode::nxdomain);
    }
    pass(5ms);
    forget_replies();
  }
  // 20 % of the first tries, 10/s, and the 100 that may have been saved up.
  EXPECT_LE(sent, asked + asked / 5 + 100 + 100);
  EXPECT_GT(sent, asked + asked / 5) << "and spends them";
  EXPECT_GT(upstream_metric("vpc", UpstreamMetric::retries_refused), 0U);
}

TEST_F(RetryScenario, DoesNotAskEverythingTwiceWhenTheServerBecomesSlow) {
  learn_rtt();
  std::vector<AskedExchange> asked;
  for (int i = 0; i < 100; ++i) {  // 100/s, each answered after 1.7 s
    ask("n" + std::to_string(i) + ".example. A");
    pass(10ms);
    while (has_exchange()) asked.push_back(expect_exchange());
  }
  pass(700ms);
  for (std::size_t i = 0; i < asked.size(); ++i) {  // in the order asked, 1.7 s later
    asked[i].answer_rcode(dns::Rcode::nxdomain);
    pass(10ms);
    while (has_exchange()) asked.push_back(expect_exchange());
  }
  EXPECT_LE(asked.size(), 104U) << "three retries, and one that waits to be the probe";
  EXPECT_EQ(engine().in_flight(), 0U);
}

TEST_F(RetryScenario, AsksAgainWhatWasLostInAShortSilence) {
  learn_rtt();
  for (int i = 0; i < 20; ++i) ask("lost" + std::to_string(i) + ".example. A");
  pass(700ms);
  forget_exchanges();
  ask("first.example. A");
  expect_exchange().answer_rcode(dns::Rcode::nxdomain);
  pass(1'500ms);
  std::size_t again = 0;
  for (; has_exchange(); ++again) expect_exchange().answer_rcode(dns::Rcode::nxdomain);
  EXPECT_GE(again, 17U);
  EXPECT_EQ(engine().in_flight(), 0U);
}

TEST_F(RetryScenario, AsksNotAgainForAnAnswerThatWouldComeTooLate) {
  for (int i = 0; i < 30; ++i) {
    ask(std::to_string(i) + ".1.1.104.in-addr.arpa. PTR");
    const auto exchange = expect_exchange();
    pass(2'500ms);
    exchange.answer_rcode(dns::Rcode::nxdomain);
  }
  forget_exchanges();
  forget_replies();
  ask("99.1.1.104.in-addr.arpa. PTR");
  (void)expect_exchange();
  pass(4'500ms);
  expect_no_exchange();
  expect_reply().is_servfail(dns::EdeCode::no_reachable_authority);
}

class ServersScenario : public EngineScenario {
 protected:
  ServersScenario() {
    configure(R"(
[[budget]]
name = "eni"
shared = ""
[[upstream]]
name = "vpc"
servers = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
)");
  }
  using Counts = std::map<std::string, int>;
  /// Asks 200 times and counts who was asked; each server takes its time to answer, 0 = for ever.
  Counts ask_around(const std::map<std::string, Duration>& delays) {
    Counts counts;
    for (int i = 0; i < 200; ++i) {
      ask("n" + std::to_string(++number_) + ".example. A");
      const auto exchange = expect_exchange();
      const std::string server = exchange.action().server.address.to_string();
      ++counts[server];
      const Duration delay = delays.at(server);
      pass(delay == Duration::zero() ? 500ms : delay);
      if (delay != Duration::zero()) exchange.answer_rcode(dns::Rcode::nxdomain);
      while (has_exchange()) expect_exchange().answer_rcode(dns::Rcode::nxdomain);
      forget_replies();
    }
    return counts;
  }
  int number_ = 0;
};

TEST_F(ServersScenario, PrefersTheFasterOnesAndStillTriesTheSlowest) {
  (void)ask_around({{"192.0.2.1", 2ms}, {"192.0.2.2", 3ms}, {"192.0.2.3", 90ms}});
  Counts counts = ask_around({{"192.0.2.1", 2ms}, {"192.0.2.2", 3ms}, {"192.0.2.3", 90ms}});
  EXPECT_GT(counts["192.0.2.1"], counts["192.0.2.2"]);
  EXPECT_GT(counts["192.0.2.2"], counts["192.0.2.3"]);
  EXPECT_GE(counts["192.0.2.3"], 1);
  EXPECT_LE(counts["192.0.2.3"], 12);
}

TEST_F(ServersScenario, LeavesASilentServerAloneButForAProbeNowAndThen) {
  (void)ask_around({{"192.0.2.1", 20ms}, {"192.0.2.2", 20ms}, {"192.0.2.3", 0ms}});
  Counts counts = ask_around({{"192.0.2.1", 20ms}, {"192.0.2.2", 20ms}, {"192.0.2.3", 0ms}});
  EXPECT_LE(counts["192.0.2.3"], 2) << "200 questions take 4 s";
}

TEST_F(ServersScenario, AsksAnotherServerWhenOneFails) {
  ask("www.example. A");
  const auto first = expect_exchange();
  first.answer_rcode(dns::Rcode::servfail);
  const auto second = expect_exchange();
  EXPECT_NE(first.action().server, second.action().server);
  second.answer({"www.example. 60 IN A 192.0.2.1"});
  expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});
}

}  // namespace
}  // namespace sluice
