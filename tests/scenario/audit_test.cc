#include "tests/scenario/audit.h"

#include <gmock/gmock.h>

#include "conf/load.h"
#include "resolver/dns/message.h"
#include "tests/scenario/sample_record.h"

namespace sluice::scenario {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr TimePoint t0{1'000s};

/// An audit, and an engine of which it is told things that need not be true.
class AuditOf : public ::testing::Test {
 protected:
  AuditOf() {
    const auto config = conf::load_text(SampleRecord::kConfiguration, "test.toml");
    audit_.configured(config.value());
    EXPECT_EQ(engine_.configure(config.value(), {}, TimePoint{}), std::nullopt);
  }

  static ClientRef client(Transport transport = Transport::udp) {
    ClientRef client;
    client.client = *Endpoint::parse("198.51.100.7", 1);
    client.transport = transport;
    return client;
  }
  void ask(TimePoint now, const wire::QueryOptions& options = {},
           Transport transport = Transport::udp) {
    const wire::Bytes message = wire::query("www.example. A", options);
    audit_.asked(client(transport), dns::parse_query(message).value(), now);
  }
  void reply(TimePoint now, Transport transport = Transport::udp) {
    audit_.replied(client(transport), wire::response("www.example. A", {}), now);
  }
  void start(TimePoint now, std::uint32_t packets, Transport transport = Transport::udp) {
    StartExchange start;
    start.server = *Endpoint::parse("192.0.2.53", 53);
    start.transport = transport;
    audit_.started(start, packets, now);
  }
  std::vector<std::string> settle() {
    audit_.check_settled(engine_, t0 + 10s);
    return audit_.problems();
  }

  QueryEngine::Limits limits_{.max_in_flight = 1,
                              .max_waiters = 1,
                              .max_exchanges = 1,
                              .max_failures = 16,
                              .max_subtrees = 16,
                              .deadline = 4'500ms};
  cache::ResponseCache cache_{1 << 20, HashKey{1, 2}};
  QueryEngine engine_{limits_, cache_, Random{HashKey{3, 4}}};
  Audit audit_{limits_};
};

TEST_F(AuditOf, AQueryAnsweredInTimeFindsNothing) {
  ask(t0);
  reply(t0 + 4'500ms);
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(AuditOf, AQueryWithoutReplyIsAProblem) {
  ask(t0);
  EXPECT_THAT(settle(), Contains(HasSubstr("never answered: www.example.")));
}

TEST_F(AuditOf, AReplyAfterTheDeadlineIsAProblem) {
  ask(t0);
  reply(t0 + 4'501ms);
  EXPECT_THAT(settle(), Contains(HasSubstr("1000 us after its deadline")));
}

TEST_F(AuditOf, AReplyAfterTheDeadlineIsNoneAtTheEndOfAStall) {
  ask(t0);
  audit_.stalled(t0 + 4s, t0 + 6s);
  reply(t0 + 6s);
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(AuditOf, ASecondReplyIsAProblem) {
  ask(t0);
  reply(t0);
  reply(t0);
  EXPECT_THAT(settle(), Contains(HasSubstr("nobody waits")));
}

TEST_F(AuditOf, ARetransmitThatWaitsGetsNoReplyOfItsOwn) {
  ask(t0);
  ask(t0 + 1s);
  reply(t0 + 2s);
  EXPECT_THAT(settle(), IsEmpty());
  EXPECT_EQ(audit_.queries(), 1U);
}

TEST_F(AuditOf, TheSameQueryAfterTheReplyIsAnotherOne) {
  ask(t0);
  reply(t0);
  ask(t0 + 1s);
  EXPECT_THAT(settle(), Contains(HasSubstr("never answered")));
}

TEST_F(AuditOf, TheSameQueryWithAnotherIdIsAnotherOne) {
  ask(t0);
  ask(t0, {.id = 0x4321});
  reply(t0);
  EXPECT_THAT(settle(), Contains(HasSubstr("never answered")));
}

TEST_F(AuditOf, OverTcpEveryQueryGetsAReply) {
  ask(t0, {}, Transport::tcp);
  ask(t0, {}, Transport::tcp);
  reply(t0, Transport::tcp);
  EXPECT_THAT(settle(), Contains(HasSubstr("never answered")));
}

TEST_F(AuditOf, MoreDatagramsInASecondThanLimitLessReserveAreAProblem) {
  for (int i = 0; i < 960; ++i) start(t0, 1);
  EXPECT_THAT(audit_.problems(), IsEmpty());
  start(t0 + 1s, 1);
  EXPECT_THAT(audit_.problems(), Contains(HasSubstr("961 datagrams within 1 s")));
}

TEST_F(AuditOf, DatagramsOfDifferentSecondsDoNotAddUp) {
  for (int i = 0; i < 960; ++i) start(t0, 1);
  start(t0 + 1'001ms, 1);
  EXPECT_THAT(audit_.problems(), IsEmpty());
}

TEST_F(AuditOf, APacketThatNobodyPaidForIsAProblem) {
  start(t0, 1);
  EXPECT_THAT(settle(), Contains(HasSubstr("was charged 0 packets, due are 1 to 1")));
}

TEST_F(AuditOf, AnExchangeThatNeverLeftWasPaidForAllTheSame) {
  start(t0, 0);
  EXPECT_THAT(settle(), Contains(HasSubstr("was charged 0 packets, due are 1 to 1")));
}

TEST_F(AuditOf, AQueryOverTcpCostsTwoToSixPackets) {
  start(t0, 0, Transport::tcp);
  EXPECT_THAT(settle(), Contains(HasSubstr("due are 2 to 6")));
}

TEST_F(AuditOf, SegmentsBeyondThePriceAreChargedToo) {
  start(t0, 0, Transport::tcp);
  audit_.segments_sent(*Endpoint::parse("192.0.2.53", 53), 9);
  EXPECT_THAT(settle(), Contains(HasSubstr("due are 2 to 15")));
}

TEST_F(AuditOf, WhatIsLeftInTheEngineIsAProblem) {
  ActionList actions;
  const wire::Bytes message = wire::query("www.example. A");
  engine_.on_query(client(), dns::parse_query(message).value(), t0, actions);

  const std::vector<std::string> problems = settle();
  EXPECT_THAT(problems, Contains("1 questions are left"));
  EXPECT_THAT(problems, Contains("1 waiters are left"));
  EXPECT_THAT(problems, Contains("1 exchanges are left"));
}

TEST_F(AuditOf, ATableAboveItsBoundIsAProblem) {
  Audit narrow{{.max_in_flight = 0, .max_waiters = 0, .max_exchanges = 0}};
  ActionList actions;
  const wire::Bytes message = wire::query("www.example. A");
  engine_.on_query(client(), dns::parse_query(message).value(), t0, actions);

  narrow.check_bounds(engine_);
  EXPECT_THAT(narrow.problems(), Contains("more questions than max_in_flight"));
  EXPECT_THAT(narrow.problems(), Contains("more waiters than max_waiters"));
}

TEST_F(AuditOf, ProblemsAreKeptUpToABound) {
  for (int i = 0; i < 100; ++i) audit_.note("again");
  EXPECT_EQ(audit_.problems().size(), Audit::kMaxProblems);
}

}  // namespace
}  // namespace sluice::scenario
