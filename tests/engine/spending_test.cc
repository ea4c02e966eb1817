// What questions cost, and on whose account.
#include "resolver/dns/presentation.h"
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using Window = policy::TopSpenders::Window;

class SpendingScenario : public EngineScenario {
 protected:
  SpendingScenario() { configure(kDefaultConfiguration); }

  EngineSnapshot::Top top() { return engine().top(Window::minute, 10, now_); }
};

TEST_F(SpendingScenario, BillsTheClientThatAskedForWhatLeftTheHost) {
  const ClientRef client = ask("a.www.shop.example. A");
  expect_exchange().answer({"a.www.shop.example. 60 IN A 192.0.2.1"});

  const auto rows = top().accounts;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].spender, Spender::of_address(client.client.address));
  EXPECT_EQ(rows[0].suffix, "shop.example.");
  EXPECT_EQ(rows[0].type, dns::Type::a);
  EXPECT_EQ(rows[0].spent.packets, 1U);
  EXPECT_EQ(rows[0].spent.failures, 0U);
}

TEST_F(SpendingScenario, BillsRetriesAndCountsTheTriesThatFailed) {
  learn_rtt();
  ask("1.2.25.104.in-addr.arpa. PTR");
  pass(5s);

  const auto rows = top().accounts;
  ASSERT_EQ(rows.size(), 2U) << "learn_rtt() has spent one";
  EXPECT_EQ(rows[0].suffix, "25.104.in-addr.arpa.");
  EXPECT_GE(rows[0].spent.packets, 2U);
  EXPECT_GE(rows[0].spent.failures, 2U);
}

TEST_F(SpendingScenario, BillsNothingForWhatCostsNothing) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  ask("www.example. A");  // from the cache, had a listener asked; the engine finds it, too
  ask("missing.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);
  pass(1ms);
  ask("missing.example. A");  // from the failure cache

  EXPECT_EQ(top().packets, 2U);
}

TEST_F(SpendingScenario, WhoJoinsAQuestionIsNotBilledForIt) {
  const ClientRef first = ask("www.example. A");
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});

  const auto rows = top().accounts;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].spender, Spender::of_address(first.client.address));
}

TEST_F(SpendingScenario, TellsWhoHadToWaitForPackets) {
  configure(R"(
[[budget]]
name = "eni"
limit = 30
burst = 8
reserve = 12
shared = ""
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
)");
  std::vector<std::string> names;
  for (int i = 0; i < 9; ++i) names.push_back(std::to_string(i) + ".shop.example.");
  for (const std::string& name : names) ask(name + " A");
  pass(200ms);
  for (const std::string& name : names) expect_exchange().answer({name + " 60 IN A 192.0.2.1"});

  std::uint64_t waits = 0;
  Duration waited{};
  for (const auto& row : top().accounts) {
    waits += row.spent.waits;
    waited += row.spent.waited;
  }
  EXPECT_EQ(waits, 1U);
  EXPECT_EQ(waited, 100ms) << "10 packets a second";
}

TEST_F(SpendingScenario, AQuestionThatIsOverTakesNoSpenderAnyMore) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
  engine().on_identified({0, 1}, Spender::of_user(1));
  engine().on_identified({~0U, 1}, Spender::of_user(1));
  EXPECT_EQ(top().accounts[0].spender.kind, SpenderKind::address);
}

}  // namespace
}  // namespace sluice
