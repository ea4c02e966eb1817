#include <utility>

#include "tests/lab/stub_crowd.h"

#include <gtest/gtest.h>

#include "tests/lab/vpc.h"

namespace sluice::lab {
namespace {

using Kind = LookupKind;

/// A crowd that asks a Vpc. Its time-outs are driven by literal times, so nothing waits for them.
class StubCrowdTest : public testing::Test {
 protected:
  StubCrowd make_crowd(Habit ordinary = kGlibc) {
    StubCrowd::Options options;
    options.server = vpc.endpoint();
    options.sockets = 3;
    options.habits[0] = ordinary;
    return StubCrowd{io, options};
  }

  template <typename Condition>
  void run_until(const Condition& is_met) {
    const TimePoint deadline = Clock::now() + 10s;  // only a broken build waits so long
    while (!is_met() && io.run_one_until(deadline) != 0) {
    }
    EXPECT_TRUE(is_met());
  }
  void run_until_upstream_saw(std::size_t packets) {
    run_until([&] { return vpc.record().arrivals().size() == packets; });
  }

  boost::asio::io_context io{1};
  Vpc vpc{io, {.listen = {}, .limit = 0, .zones = {parse_zone(".=answer").value()}}};
  const TimePoint t0 = Clock::now();
};

TEST_F(StubCrowdTest, CountsAnAnswer) {
  StubCrowd crowd = make_crowd();
  crowd.ask(Kind::ordinary, 0, t0);
  run_until([&] { return crowd.unfinished(Kind::ordinary) == 0; });

  const Tally& tally = crowd.tally(Kind::ordinary);
  EXPECT_EQ(tally.asked, 1U);
  EXPECT_EQ(tally.answered, 1U);
  EXPECT_EQ(tally.packets, 1U);
  EXPECT_EQ(tally.replies_by_rcode[0], 1U);
}

TEST_F(StubCrowdTest, TakesAFailureOfAnOrdinaryLookupAsFinal) {
  vpc.set_zone(".=servfail");
  StubCrowd crowd = make_crowd();
  crowd.ask(Kind::ordinary, 0, t0);
  run_until([&] { return crowd.unfinished(Kind::ordinary) == 0; });
  EXPECT_EQ(crowd.tally(Kind::ordinary).failed, 1U);
  EXPECT_EQ(crowd.tally(Kind::ordinary).packets, 1U);
}

TEST_F(StubCrowdTest, AsksAFailedPtrQuestionFiveTimesAfterAPauseEach) {
  vpc.set_zone(".=servfail");
  StubCrowd crowd = make_crowd();
  crowd.ask(Kind::ptr, 0, t0);
  Tally& tally = crowd.tally(Kind::ptr);
  for (std::uint64_t packets = 1; packets < 5; ++packets) {
    run_until([&] { return tally.replies_by_rcode[2] == packets; });
    EXPECT_EQ(tally.packets, packets);
    crowd.on_time(Clock::now() + 100ms);
  }
  run_until([&] { return crowd.unfinished(Kind::ptr) == 0; });
  EXPECT_EQ(tally.packets, 5U);
  EXPECT_EQ(tally.failed, 1U);
  EXPECT_EQ(vpc.summary().packets, 5U);
  EXPECT_EQ(vpc.summary().distinct_questions, 1U);
}

TEST_F(StubCrowdTest, ResendsTheSameQueryOnceAndGivesUp) {
  vpc.set_zone(".=silent");
  StubCrowd crowd = make_crowd();
  crowd.ask(Kind::ordinary, 0, t0);
  crowd.on_time(t0 + 5s - 1ns);
  EXPECT_EQ(crowd.tally(Kind::ordinary).packets, 1U);
  crowd.on_time(t0 + 5s);
  EXPECT_EQ(crowd.tally(Kind::ordinary).packets, 2U);
  crowd.on_time(t0 + 10s);
  EXPECT_EQ(crowd.tally(Kind::ordinary).silent, 1U);
  EXPECT_EQ(crowd.tally(Kind::ordinary).timeouts, 2U);
  EXPECT_EQ(crowd.unfinished(Kind::ordinary), 0U);
  run_until_upstream_saw(2);
}

TEST_F(StubCrowdTest, CallsAnAnswerAfterTheClientsPatienceLate) {
  vpc.set_zone(".=answer,delay=20ms");
  Habit hasty = kGlibc;
  hasty.patience = 1ms;
  StubCrowd crowd = make_crowd(hasty);
  crowd.ask(Kind::ordinary, 0, t0);
  run_until([&] { return crowd.unfinished(Kind::ordinary) == 0; });
  EXPECT_EQ(crowd.tally(Kind::ordinary).late, 1U);
  EXPECT_EQ(crowd.tally(Kind::ordinary).answered, 0U);
}

TEST_F(StubCrowdTest, IgnoresForgedReplies) {
  for (const char* behaviour : {".=wrongid", ".=wrongquestion"}) {
    vpc.set_zone(behaviour);
    StubCrowd crowd = make_crowd();
    crowd.ask(Kind::ordinary, 0, Clock::now());
    run_until([&] { return crowd.unfinished(Kind::ordinary) == 0; });
    EXPECT_EQ(crowd.tally(Kind::ordinary).answered, 1U) << behaviour;
    EXPECT_EQ(crowd.unexpected_replies(), 1U) << behaviour;
  }
}

TEST_F(StubCrowdTest, AsksFromSeveralPorts) {
  StubCrowd crowd = make_crowd();
  EXPECT_EQ(crowd.socket_count(), 6U);
  for (std::uint64_t number = 0; number < 30; ++number) crowd.ask(Kind::ordinary, number, t0);
  run_until([&] { return crowd.unfinished(Kind::ordinary) == 0; });
  EXPECT_EQ(crowd.tally(Kind::ordinary).answered, 30U);
  EXPECT_EQ(vpc.summary().distinct_questions, 30U);
}

TEST_F(StubCrowdTest, DoesNotSlowDownForASilentServer) {
  vpc.set_zone(".=silent");
  StubCrowd crowd = make_crowd();
  for (std::uint64_t number = 0; number < 1'000; ++number) crowd.ask(Kind::ptr, number, t0);
  EXPECT_EQ(crowd.unfinished(Kind::ptr), 1'000U);
  run_until_upstream_saw(1'000);
}

TEST_F(StubCrowdTest, RecordsHowEachLookupEnded) {
  vpc.set_zone("broken.example=servfail");
  vpc.set_zone("corp.example=silent");
  StubCrowd::Options options;
  options.server = vpc.endpoint();
  options.sockets = 1;
  options.habits[1].tries = 1;
  options.workload.storm_names = StormNames::broken;
  options.max_recorded = 10;
  StubCrowd crowd{io, options};
  crowd.ask(Kind::ptr, 7, t0);
  run_until([&] { return crowd.unfinished(Kind::ptr) == 0; });
  crowd.ask(Kind::ordinary, 8, t0);
  crowd.on_time(t0 + 5s);
  crowd.on_time(t0 + 10s);
  crowd.ask(Kind::ordinary, 9, t0 + 10s);
  crowd.record_unfinished(t0 + 11s);

  const auto lookups = crowd.record().lookups();
  ASSERT_EQ(lookups.size(), 3U);
  EXPECT_EQ(lookups[0].outcome, Outcome::failed);
  EXPECT_EQ(lookups[0].number, 7U);
  EXPECT_EQ(lookups[0].last_reply->rcode, 2);
  EXPECT_EQ(lookups[1].outcome, Outcome::silent);
  EXPECT_EQ(lookups[1].took, 10s);
  EXPECT_FALSE(lookups[1].last_reply);
  EXPECT_EQ(lookups[2].outcome, Outcome::unfinished);
  EXPECT_EQ(lookups[2].took, 1s);
}

TEST_F(StubCrowdTest, RecordsNothingUnlessItIsTold) {
  StubCrowd crowd = make_crowd();
  crowd.ask(Kind::ordinary, 0, t0);
  run_until([&] { return crowd.unfinished(Kind::ordinary) == 0; });
  EXPECT_TRUE(crowd.record().lookups().empty());
}

TEST_F(StubCrowdTest, UnderstandsRepliesToQueriesWithEdns) {
  StubCrowd::Options options;
  options.server = vpc.endpoint();
  options.sockets = 1;
  options.workload.has_edns = true;
  StubCrowd crowd{io, options};
  crowd.ask(Kind::ordinary, 0, t0);
  run_until([&] { return crowd.unfinished(Kind::ordinary) == 0; });
  EXPECT_EQ(crowd.tally(Kind::ordinary).answered, 1U);
}

TEST_F(StubCrowdTest, AsksFromEachOfItsAddressesInTurn) {
  boost::asio::ip::udp::socket server{io, {boost::asio::ip::address_v4::loopback(), 0}};
  StubCrowd::Options options;
  options.server = {*Address::parse("127.0.0.1"), server.local_endpoint().port()};
  options.sockets = 4;
  options.from[0] = {*Address::parse("127.0.0.1"), *Address::parse("127.0.1.1")};
  StubCrowd crowd{io, options};
  for (std::uint64_t number = 0; number < 4; ++number) crowd.ask(Kind::ordinary, number, t0);

  for (const char* from : {"127.0.0.1", "127.0.1.1", "127.0.0.1", "127.0.1.1"}) {
    std::array<std::byte, 512> query{};
    boost::asio::ip::udp::endpoint client;
    server.receive_from(boost::asio::buffer(query.data(), query.size()), client);
    EXPECT_EQ(client.address().to_string(), from);
  }
}

TEST_F(StubCrowdTest, SkipsLookupsAboveItsBound) {
  vpc.set_zone(".=silent");
  StubCrowd::Options options;
  options.server = vpc.endpoint();
  options.sockets = 1;
  StubCrowd crowd{io, options};
  for (std::uint64_t number = 0; number <= StubCrowd::kMaxLookupsPerSocket; ++number)
    crowd.ask(Kind::ptr, number, t0);
  EXPECT_EQ(crowd.tally(Kind::ptr).asked, StubCrowd::kMaxLookupsPerSocket);
  EXPECT_EQ(crowd.tally(Kind::ptr).skipped, 1U);
}

}  // namespace
}  // namespace sluice::lab
