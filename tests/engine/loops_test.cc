// Servers that send our questions back to us.
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::UpstreamMetric;

class LoopScenario : public EngineScenario {
 protected:
  /// Asks and answers nothing until the server is asked whether it leads back to us; that question.
  std::optional<AskedExchange> fall_silent() {
    for (int i = 0; i < 20; ++i) {
      ask("silent" + std::to_string(i) + ".example. A");
      pass(200ms);
    }
    pass(10s);
    forget_replies();
    forget_exchanges();
    const auto probe = last_loop_probe();
    EXPECT_TRUE(probe.has_value()) << "no probe was sent";
    return probe;
  }
};

TEST_F(LoopScenario, AServerThatAnswersIsNeverProbed) {
  for (int i = 0; i < 100; ++i) {
    ask("n" + std::to_string(i) + ".example. A");
    const auto exchange = expect_exchange();
    exchange.answer({exchange.query().question.substr(0, exchange.query().question.find(' ')) +
                     " 60 IN A 192.0.2.1"});
    pass(1s);
  }
  EXPECT_EQ(upstream_metric("vpc", UpstreamMetric::loop_probes), 0u);
}

TEST_F(LoopScenario, AProbeThatComesBackIsRecognisedWhateverWayItTook) {
  const auto probe = fall_silent();
  ASSERT_TRUE(probe);
  const ClientRef forwarder = new_client();

  ask_as(forwarder, probe->query().question);  // with another ID, and from anywhere

  expect_reply().has_rcode(dns::Rcode::refused).has_ede(dns::EdeCode::other);
  expect_no_exchange();
  EXPECT_EQ(loops(), std::vector{probe->action().server});
  EXPECT_EQ(upstream_metric("vpc", UpstreamMetric::loops), 1u);
  EXPECT_TRUE(snapshot().servers.front().is_looping);
}

TEST_F(LoopScenario, ALoopIsReportedOnce) {
  const auto probe = fall_silent();
  ASSERT_TRUE(probe);
  for (int i = 0; i < 3; ++i) ask_as(new_client(), probe->query().question);
  EXPECT_EQ(loops().size(), 1u);
}

TEST_F(LoopScenario, FailuresSayThatItIsALoop) {
  const auto probe = fall_silent();
  ASSERT_TRUE(probe);
  ask_as(new_client(), probe->query().question);
  forget_replies();

  ask("www.example. A");
  pass(5s);

  EXPECT_NE(expect_reply().message.ede->text.find("a forwarding loop"), std::string::npos);
}

TEST_F(LoopScenario, AnAnswerToTheProbeSaysNothingOfTheServer) {
  const auto probe = fall_silent();
  ASSERT_TRUE(probe);
  probe->answer_rcode(dns::Rcode::refused);  // our own reply, on its way back
  EXPECT_TRUE(snapshot().servers.front().is_silent);
  expect_no_reply();
}

TEST_F(LoopScenario, AServerThatAnswersAgainLoopsNoMore) {
  const auto probe = fall_silent();
  ASSERT_TRUE(probe);
  ask_as(new_client(), probe->query().question);
  forget_replies();

  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});

  EXPECT_FALSE(snapshot().servers.front().is_looping);
}

TEST_F(LoopScenario, AnotherForwardersProbeIsForwarded) {
  ask("0123456789abcdef.sluice-loop-probe. TXT");
  ASSERT_TRUE(last_loop_probe());
  EXPECT_EQ(last_loop_probe()->query().question, "0123456789abcdef.sluice-loop-probe. TXT");
  EXPECT_EQ(upstream_metric("vpc", UpstreamMetric::loop_probes), 0u) << "it is none of ours";
}

TEST_F(LoopScenario, NamesThatLookLikeProbesAreOrdinaryNames) {
  for (const char* question : {"sluice-loop-probe. TXT", "0123456789abcdef.sluice-loop-probf. TXT",
                               "0123456789abcdef.sluice-loop-probe. A"}) {
    ask(question);
    EXPECT_EQ(expect_exchange().query().question, question);
  }
}

TEST_F(LoopScenario, ASilentServerIsProbedForLoopsTwiceAMinute) {
  ASSERT_TRUE(fall_silent());
  const auto before = upstream_metric("vpc", UpstreamMetric::loop_probes);
  for (int i = 0; i < 300; ++i) {
    ask("later" + std::to_string(i) + ".example. A");
    pass(1s);
  }
  const auto sent = upstream_metric("vpc", UpstreamMetric::loop_probes) - before;
  EXPECT_GE(sent, 9u) << "in 300 s";
  EXPECT_LE(sent, 11u);
}

}  // namespace
}  // namespace sluice
