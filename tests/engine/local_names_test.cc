// What is answered without any upstream.
#include "resolver/local/local_names.h"

#include "resolver/local/hosts_table.h"
#include "resolver/local/local_records.h"
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::ProcessMetric;
using metrics::ZoneMetric;

constexpr HashKey kKey{5, 6};

class LocalScenario : public EngineScenario {
 protected:
  void use_hosts(std::string_view text) {
    engine().use_local_names(
        std::make_shared<local::LocalNames>(local::Parts{
            .hash_key = kKey, .hosts = std::make_shared<local::HostsTable>(text, kKey)}),
        now_);
  }
  std::uint64_t process_metric(ProcessMetric metric) {
    return engine().process_counters().get(metric);
  }
};

TEST_F(LocalScenario, AnswersWhatTheHostKnowsWithoutAnyPacket) {
  use_hosts("192.0.2.7 printer.example\n");

  ask("Printer.example. A");

  expect_reply().has_answer({"Printer.example. 10 IN A 192.0.2.7"});
  expect_no_exchange();
  EXPECT_EQ(process_metric(ProcessMetric::local_hosts), 1u);
}

TEST_F(LocalScenario, SpecialNamesDoNotLeaveTheHost) {
  use_hosts("");
  for (const char* question : {"www.invalid. A", "secret.onion. AAAA", "printer.local. A"}) {
    ask(question);
    expect_reply().has_rcode(dns::Rcode::nxdomain);
  }
  ask("localhost. A");
  EXPECT_EQ(expect_reply().message.answer.size(), 1u);
  expect_no_exchange();
  EXPECT_EQ(process_metric(ProcessMetric::local_special_use), 4u);
}

TEST_F(LocalScenario, AZoneRuleWinsOverASpecialName) {
  use_hosts("");
  configure(R"(
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
[[zone]]
name = ["cluster.local", "."]
upstream = "vpc"
)");
  ask("db.cluster.local. A");
  EXPECT_EQ(expect_exchange().query().question, "db.cluster.local. A");
  ask("db.other.local. A");
  expect_reply().has_rcode(dns::Rcode::nxdomain);
}

TEST_F(LocalScenario, WhatTheHostKnowsNeedsNoRecursion) {
  use_hosts("192.0.2.7 printer.example\n");
  ask_as(new_client(), "printer.example. A", {.recursion_desired = false});
  expect_reply().has_answer({"printer.example. 10 IN A 192.0.2.7"});

  ask_as(new_client(), "www.example. A", {.recursion_desired = false, .edns = wire::Edns{}});
  expect_reply().has_rcode(dns::Rcode::refused).has_ede(dns::EdeCode::not_authoritative);
  expect_no_exchange();
  EXPECT_EQ(process_metric(ProcessMetric::not_recursive), 1u);
}

TEST_F(LocalScenario, AChangeOfLocalNamesDropsWhatIsStored) {
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 198.51.100.1"});
  ask("other.example. A");
  expect_exchange().answer({"other.example. 60 IN A 198.51.100.2"});
  forget_replies();

  use_hosts("192.0.2.7 www.example\n");
  pass(1s);

  EXPECT_EQ(cached("www.example. A"), false) << "a hit would not ask the engine";
  EXPECT_EQ(cached("other.example. A"), true);
  ask("www.example. A");
  expect_reply().has_answer({"www.example. 10 IN A 192.0.2.7"});
}

TEST_F(LocalScenario, WhatIsAnsweredHereIsNotAskedForInTheBackground) {
  use_hosts("192.0.2.7 www.example\n");
  refresh("www.example. A");
  expect_no_exchange();
  refresh("other.example. A");
  EXPECT_EQ(expect_exchange().query().question, "other.example. A");
}

TEST_F(LocalScenario, SearchListsGoneAstrayAreAnsweredAtOnce) {
  configure(R"(
[[upstream]]
name = "vpc"
servers = ["192.0.2.53"]
[[zone]]
name = "svc.cluster.local"
upstream = "vpc"
search_tlds = ["com", "net"]
[[zone]]
name = "."
upstream = "vpc"
)");
  ask("www.example.com.svc.cluster.local. A");
  expect_reply().has_rcode(dns::Rcode::nxdomain).has_ede(dns::EdeCode::blocked);
  expect_no_exchange();
  EXPECT_EQ(zone_metric("svc.cluster.local.", ZoneMetric::search_suffixes), 1u);

  for (const char* question : {"www.example.org.svc.cluster.local. A", "com.svc.cluster.local. A",
                               "db.default.svc.cluster.local. A", "www.example.com. A"}) {
    ask(question);
    EXPECT_EQ(expect_exchange().query().question, question);
  }
}

}  // namespace
}  // namespace sluice
