// What the last seconds amount to.
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using policy::Verdict;

class HealthScenario : public EngineScenario {
 protected:
  HealthScenario() { configure(kDefaultConfiguration); }

  /// Ten questions a second, each answered by `answer`, for so long.
  template <typename F>
  void run(int seconds, F&& answer) {
    for (int i = 0; i < seconds * 10; ++i) {
      ask("w" + std::to_string(asked_++) + ".example. A");
      if (has_exchange()) answer(expect_exchange());
      pass(100ms);
      if (i % 10 != 9) continue;
      engine().refresh_gauges(now_);
      changes_ += engine().take_stock(now_) ? 1 : 0;
    }
    forget_replies();
  }
  [[nodiscard]] Verdict verdict() const { return snapshot().overall.verdict; }

  int asked_ = 0;
  int changes_ = 0;
};

TEST_F(HealthScenario, IsHealthyFromTheStartAndStaysSoWhileAnswersCome) {
  EXPECT_EQ(verdict(), Verdict::healthy);
  run(15, [](const auto& exchange) { exchange.answer_rcode(dns::Rcode::noerror); });
  EXPECT_EQ(verdict(), Verdict::healthy);
  EXPECT_EQ(changes_, 0);
}

TEST_F(HealthScenario, TurnsWithTheUpstreamAndBackWithItAgain) {
  run(6, [](const auto& exchange) { exchange.answer_rcode(dns::Rcode::servfail); });
  EXPECT_EQ(verdict(), Verdict::upstream_failing);
  const auto judged = snapshot().upstreams;
  ASSERT_EQ(judged.size(), 1U);
  EXPECT_EQ(judged[0].upstream, "vpc");
  EXPECT_EQ(judged[0].budget, "eni");
  EXPECT_EQ(judged[0].signals.errors, judged[0].signals.responses());
  EXPECT_GT(judged[0].signals.errors, 40U);

  run(25,
      [](const auto& exchange) { exchange.answer_nxdomain("example. 60 IN SOA a. b. 1 1 1 1 1"); });
  EXPECT_EQ(verdict(), Verdict::healthy);
  EXPECT_EQ(changes_, 2);
  EXPECT_EQ(engine().process_counters().get(metrics::ProcessMetric::verdict_healthy), 1U);
}

TEST_F(HealthScenario, SaysThatPortsAreExhausted) {
  run(6, [](const auto& exchange) { exchange.end(ExchangeStatus::no_socket); });
  EXPECT_EQ(verdict(), Verdict::ports_exhausted);
}

TEST_F(HealthScenario, SaysThatTheUpstreamIsSilent) {
  run(12, [](const auto&) {});
  EXPECT_EQ(verdict(), Verdict::upstream_silent);
}

TEST_F(HealthScenario, KeepsItsVerdictThroughAReloadThatKeepsTheUpstream) {
  run(6, [](const auto& exchange) { exchange.answer_rcode(dns::Rcode::servfail); });
  configure(kDefaultConfiguration);
  EXPECT_EQ(snapshot().upstreams[0].verdict, Verdict::upstream_failing);
}

}  // namespace
}  // namespace sluice
