// Packets: what they cost, who waits for them, and that no second ever sees too many.
#include <algorithm>

#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::ZoneMetric;

class BudgetScenario : public EngineScenario {
 protected:
  BudgetScenario() {
    limits_ = {.max_in_flight = 4'096,
               .max_waiters = 8'192,
               .max_exchanges = 8'192,
               .max_failures = 1'024,
               .deadline = std::chrono::milliseconds{4'500}};
    restart();
    configure(kDefaultConfiguration);
  }

  /// Questions sent to the upstream since the last call.
  std::vector<std::string> take_sent() {
    std::vector<std::string> sent;
    while (has_exchange()) sent.push_back(expect_exchange().query().question);
    return sent;
  }
  /// True once `question` has been sent; forgets what else has been.
  bool was_sent(const std::string& question) {
    const auto sent = take_sent();
    return std::ranges::find(sent, question) != sent.end();
  }
  static std::string ptr(int i) {
    return std::to_string(i % 250) + "." + std::to_string(i / 250 % 250) + "." +
           std::to_string(i / 62'500) + ".104.in-addr.arpa. PTR";
  }
};

TEST_F(BudgetScenario, LetsABurstPassThenOnePacketAnInterval) {
  for (int i = 0; i < 100; ++i) ask("n" + std::to_string(i) + ".example. A");
  EXPECT_EQ(take_sent().size(), 60U);
  pass(10'001us);  // 900 packets/s
  EXPECT_EQ(take_sent().size(), 9U);
  pass(500ms);
  EXPECT_EQ(take_sent().size(), 31U);
}

TEST_F(BudgetScenario, NeverSendsMoreThanLimitLessReserveInAnySecond) {
  Random random{HashKey{7, 7}};
  const TimePoint end = now_ + 5s;
  for (int i = 0; now_ < end; ++i) {
    ask(ptr(i));
    while (has_exchange()) expect_exchange().answer_rcode(dns::Rcode::servfail);
    forget_replies();
    pass(Duration{static_cast<std::int64_t>(random.below(600'000))});  // 3300 questions/s
  }
  const std::vector<TimePoint>& sent = sent_at();
  ASSERT_GT(sent.size(), 4'000U);
  std::size_t worst = 0;
  for (std::size_t first = 0, last = 0; last < sent.size(); ++last) {
    while (sent[last] - sent[first] > 1s) ++first;
    worst = std::max(worst, last - first + 1);
  }
  EXPECT_LE(worst, 960U);
  EXPECT_GE(worst, 940U) << "and hardly less, while work waits";
}

TEST_F(BudgetScenario, CountsEveryPacketOnceAndExactly) {
  for (int i = 0; i < 300; ++i) ask(ptr(i));
  pass(4s);
  std::uint64_t sent = take_sent().size();
  sent += upstream_metric("vpc", metrics::UpstreamMetric::loop_probes);  // they pay, too
  const EngineSnapshot now = snapshot();
  ASSERT_EQ(now.budgets.size(), 1U);
  EXPECT_EQ(now.budgets[0].packets, sent);
  EXPECT_EQ(now.budgets[0].packets_by_all, sent) << "tokens taken = packets sent";
  EXPECT_EQ(zone_metric("in-addr.arpa.", ZoneMetric::packets_udp), sent);
}

TEST_F(BudgetScenario, ShedsWhatFoundNoPacketInTimeAndSaysWhy) {
  for (int i = 0; i < 2'000; ++i) ask(ptr(i));
  pass(1'800ms);

  ASSERT_TRUE(has_reply());
  const Reply reply = expect_reply();
  reply.is_servfail(dns::EdeCode::other);
  EXPECT_EQ(reply.message.ede->text, "budget eni: no packet for zone in-addr.arpa. within 1800 ms");
  EXPECT_GT(zone_metric("in-addr.arpa.", ZoneMetric::servfail_shed_wait), 0U);
}

TEST_F(BudgetScenario, DoesNotRememberAShedQuestionAsAFailure) {
  for (int i = 0; i < 2'000; ++i) ask(ptr(i));
  pass(1'800ms);
  const std::string shed = expect_reply().message.question;
  pass(200ms);
  forget_replies();
  forget_exchanges();

  ask(shed);
  pass(2ms);
  EXPECT_FALSE(has_reply()) << "it is asked, not answered from the failure cache";
}

TEST_F(BudgetScenario, PeopleDoNotWaitBehindABatchJob) {
  Duration worst{};
  for (int i = 0; i < 3'000; ++i) {  // one second: 3000 PTR questions, 100 others
    ask(ptr(i));
    if (i % 30 == 0) {
      const std::string name = "www" + std::to_string(i) + ".example. A";
      ask(name);
      const TimePoint asked = now_;
      while (!was_sent(name)) pass(100us);
      worst = std::max(worst, now_ - asked);
    }
    pass(333us);
  }
  EXPECT_LE(worst, 4ms);
}

TEST_F(BudgetScenario, SharesPacketsByWeightWhileBothWait) {
  for (int i = 0; i < 1'500; ++i) {
    ask(ptr(i));
    ask("n" + std::to_string(i) + ".example. A");
  }
  take_sent();
  pass(1s);
  const auto sent = take_sent();
  const auto slow = std::ranges::count_if(
      sent, [](const std::string& question) { return question.ends_with("PTR"); });
  EXPECT_NEAR(static_cast<double>(sent.size()), 900, 1);
  EXPECT_NEAR(static_cast<double>(slow), 900.0 * 10 / 110, 2);
}

TEST_F(BudgetScenario, AFullTableShedsTheNewestOfTheLongestClass) {
  limits_.max_in_flight = 200;
  restart();
  configure(kDefaultConfiguration);
  for (int i = 0; i < 200; ++i) ask(ptr(i));
  expect_no_reply();

  ask("www.example. A");
  const Reply shed = expect_reply();
  shed.is_servfail(dns::EdeCode::other);
  EXPECT_EQ(shed.message.question, ptr(199));
  EXPECT_EQ(zone_metric("in-addr.arpa.", ZoneMetric::servfail_shed_queue), 1U);
  pass(2ms);
  EXPECT_TRUE(was_sent("www.example. A"));
}

TEST_F(BudgetScenario, RetriesPayAndWaitBehindFirstTries) {
  learn_rtt();
  ask("silent.example. A");
  forget_exchanges();
  pass(399ms);
  for (int i = 0; i < 100; ++i) ask("n" + std::to_string(i) + ".example. A");
  EXPECT_EQ(take_sent().size(), 60U);
  pass(50ms);  // the retry is due by now; 40 first tries were waiting before it
  const auto sent = take_sent();
  ASSERT_GE(sent.size(), 41U);
  EXPECT_EQ(std::ranges::find(sent, "silent.example. A") - sent.begin(), 40);
}

TEST_F(BudgetScenario, ATcpQueryCostsSixPacketsAndTwoOnAnOpenConnection) {
  const std::uint32_t full = snapshot().budgets[0].available;
  ask("a.example. TXT");
  const auto udp = expect_exchange();
  udp.answer_truncated();
  const auto tcp = expect_exchange();
  EXPECT_EQ(tcp.action().transport, Transport::tcp);
  EXPECT_EQ(snapshot().budgets[0].available, full - 1 - 6);

  engine().on_connection_opened(tcp.action().server);
  ask("b.example. TXT");
  expect_exchange().answer_truncated();
  EXPECT_EQ(snapshot().budgets[0].available, full - 1 - 6 - 1 - 2);
}

TEST_F(BudgetScenario, SegmentsBeyondWhatWasPaidAreChargedAfterTheFact) {
  const std::uint32_t full = snapshot().budgets[0].available;
  ask("a.example. TXT");
  expect_exchange().answer_truncated();
  const Endpoint server = expect_exchange().action().server;
  engine().on_connection_opened(server);
  engine().on_segments_sent(server, 6, now_);
  EXPECT_EQ(snapshot().budgets[0].available, full - 7);
  engine().on_segments_sent(server, 3, now_);
  EXPECT_EQ(snapshot().budgets[0].available, full - 10);
  EXPECT_EQ(zone_metric(".", ZoneMetric::packets_tcp), 9U);
}

TEST_F(BudgetScenario, APacketThatLeftLateIsPaidForAgain) {
  const std::uint32_t full = snapshot().budgets[0].available;
  send_delay_ = 900us;
  ask("a.example. A");
  EXPECT_EQ(snapshot().budgets[0].available, full - 1);
  send_delay_ = 50ms;
  ask("b.example. A");
  pass(50ms);
  EXPECT_EQ(snapshot().budgets[0].available, full - 1);
}

TEST_F(BudgetScenario, AnUpstreamWithoutABudgetNeverWaits) {
  configure(R"(
[[upstream]]
name = "free"
servers = ["192.0.2.1"]
[[zone]]
name = "."
upstream = "free"
)");
  for (int i = 0; i < 2'000; ++i) ask("n" + std::to_string(i) + ".example. A");
  EXPECT_EQ(take_sent().size(), 2'000U);
}

TEST_F(BudgetScenario, AReloadChangesTheLimitAndForgetsNoDebt) {
  for (int i = 0; i < 100; ++i) ask("n" + std::to_string(i) + ".example. A");
  EXPECT_EQ(take_sent().size(), 60U);
  configure(R"(
[[budget]]
name = "eni"
shared = ""
limit = 200
burst = 50
reserve = 50
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
)");
  pass(200ms);
  EXPECT_LE(take_sent().size(), 20U) << "100 packets/s from now on";
}

TEST_F(BudgetScenario, EveryClientOfAStormIsAnsweredOnce) {
  std::size_t asked = 0;
  std::size_t answered = 0;
  for (int i = 0; i < 6'000; ++i) {
    ask(ptr(i % 3'500));
    ++asked;
    pass(300us);
    if (i % 3 == 0 && has_exchange()) expect_exchange().answer_rcode(dns::Rcode::servfail);
    for (; has_reply(); (void)expect_reply()) ++answered;
  }
  pass(5s);
  for (; has_reply(); (void)expect_reply()) ++answered;
  EXPECT_EQ(answered, asked);
  EXPECT_EQ(engine().in_flight(), 0U);
  EXPECT_EQ(engine().waiters(), 0U);
}

}  // namespace
}  // namespace sluice
