// What would happen to a query, told without doing it.
#include "resolver/dns/presentation.h"
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using Outcome = Explanation::Outcome;

class ExplainScenario : public EngineScenario {
 protected:
  ExplainScenario() { configure(kDefaultConfiguration); }

  Explanation explain(const char* name, dns::Type type = dns::Type::a) {
    return engine().explain({.name = dns::parse_name(name).value(), .type = type}, now_);
  }
};

TEST_F(ExplainScenario, AnUnknownNameWouldBeAskedAtOnce) {
  const Explanation known = explain("www.example.");
  EXPECT_EQ(known.outcome, Outcome::asked);
  ASSERT_TRUE(known.rule);
  EXPECT_EQ(known.rule->name, ".");
  EXPECT_EQ(known.rule->upstream, "vpc");
  EXPECT_EQ(known.servers.size(), 1U);
  ASSERT_TRUE(known.budget);
  EXPECT_FALSE(known.cached || known.failure || known.subtree || known.in_flight);
}

TEST_F(ExplainScenario, LookingChangesNothing) {
  (void)explain("www.example.");
  expect_no_exchange();
  EXPECT_EQ(zone_metric(".", metrics::ZoneMetric::queries), 0U);
}

TEST_F(ExplainScenario, AStoredNameIsAnsweredFromTheCacheUntilItsTtlIsOver) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  pass(10s);

  const Explanation known = explain("www.example.");
  EXPECT_EQ(known.outcome, Outcome::answered_fresh);
  ASSERT_TRUE(known.cached);
  EXPECT_EQ(known.cached->age, 10s);
  EXPECT_EQ(known.cached->ttl, 60s);
  EXPECT_EQ(known.cached->records, 1U);
  EXPECT_EQ(explain("www.example.", dns::Type::aaaa).outcome, Outcome::asked);

  pass(60s);
  EXPECT_FALSE(explain("www.example.").cached->is_fresh);
}

TEST_F(ExplainScenario, ANameInFlightIsJoined) {
  ask("www.example. A");
  pass(100ms);
  const Explanation known = explain("www.example.");
  EXPECT_EQ(known.outcome, Outcome::joins);
  ASSERT_TRUE(known.in_flight);
  EXPECT_EQ(known.in_flight->age, 100ms);
  EXPECT_EQ(known.in_flight->waiters, 1U);
}

TEST_F(ExplainScenario, ANameThatFailedFailsAtOnce) {
  ask("www.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  pass(100ms);

  const Explanation known = explain("www.example.");
  EXPECT_EQ(known.outcome, Outcome::fails_at_once);
  ASSERT_TRUE(known.failure);
  EXPECT_EQ(known.failure->cause, "said SERVFAIL");
  EXPECT_EQ(known.failure->age, 100ms);

  engine().forget_failures(dns::parse_name("www.example."));
  EXPECT_EQ(explain("www.example.").outcome, Outcome::asked);
}

TEST_F(ExplainScenario, ForgettingOneNameKeepsTheOthersFailures) {
  for (const char* question : {"a.example. A", "b.example. AAAA"}) {
    ask(question);
    expect_exchange().answer_rcode(dns::Rcode::servfail);
  }
  engine().forget_failures(dns::parse_name("a.example."));
  EXPECT_FALSE(explain("a.example.").failure);
  EXPECT_TRUE(explain("b.example.", dns::Type::aaaa).failure);
  engine().forget_failures(std::nullopt);
  EXPECT_FALSE(explain("b.example.", dns::Type::aaaa).failure);
}

TEST_F(ExplainScenario, ANameThatNoRuleCoversIsRefused) {
  configure(R"(
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
[[zone]]
name = "corp.example"
upstream = "vpc"
)");
  const Explanation known = explain("www.elsewhere.example.");
  EXPECT_EQ(known.outcome, Outcome::outside_zones);
  EXPECT_FALSE(known.rule);
  EXPECT_FALSE(explain("www.corp.example.").budget) << "packets to it are not limited";
}

TEST_F(ExplainScenario, AFailingSubtreeWaitsBehindTheOthersWhenPacketsAreShort) {
  for (int i = 0; i < 60; ++i) {
    ask(std::to_string(i) + ".7.25.104.in-addr.arpa. PTR");
    expect_exchange().answer_rcode(dns::Rcode::servfail);
    pass(10ms);
  }
  const Explanation idle = explain("99.7.25.104.in-addr.arpa.", dns::Type::ptr);
  ASSERT_TRUE(idle.subtree);
  EXPECT_EQ(idle.outcome, Outcome::asked) << "packets are there";

  for (int i = 0; i < 62; ++i) ask("w" + std::to_string(i) + ".example. A");
  EXPECT_EQ(explain("99.7.25.104.in-addr.arpa.", dns::Type::ptr).outcome, Outcome::waits_behind);
  EXPECT_EQ(explain("www.example.").outcome, Outcome::waits_for_packet);
}

TEST_F(ExplainScenario, ANameOfASilentUpstreamWaitsForIt) {
  for (int i = 0; i < 8; ++i) {
    ask("w" + std::to_string(i) + ".example. A");
    pass(1s);
  }
  EXPECT_EQ(explain("www.example.").outcome, Outcome::waits_for_server);
}

}  // namespace
}  // namespace sluice
