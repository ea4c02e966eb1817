// The simulation's parts, and a fleet small enough for every run of the tests.
#include <gmock/gmock.h>

#include "tests/scenario/fleet/no_resolver.h"
#include "tests/scenario/fleet/stock_resolver.h"
#include "tests/scenario/fleet/topology.h"

namespace sluice::fleet {
namespace {

constexpr TimePoint t0{1'000s};

/// 40 hosts: the job runs on two of them, on one with its larger share.
Workload small_workload() {
  Workload workload;
  workload.hosts = 40;
  workload.warm_up = 5s;
  workload.measured = 15s;
  return workload;
}

TEST(EventQueue, GivesTheEarliestFirstAndOfOneInstantTheFirstAdded) {
  EventQueue<int> queue;
  queue.add(t0 + 2s, 5);
  queue.add_in_order(t0 + 1s, 2);
  queue.add_in_order(t0 + 2s, 6);
  queue.add(t0 + 1s, 3);
  queue.add(t0, 1);
  queue.add(t0 + 1s, 4);
  for (int expected = 1; expected <= 6; ++expected) EXPECT_EQ(queue.pop(), expected);
  EXPECT_EQ(queue.next(), kNever);
}

TEST(LookupName, SurvivesTheWireForm) {
  for (const std::uint32_t number : {0U, 9U, 10U, 255U, 256U, 4'999U, 1'048'575U}) {
    EXPECT_EQ(LookupName::of(LookupName::ordinary(number).question()),
              LookupName::ordinary(number));
    EXPECT_EQ(LookupName::of(LookupName::reverse(number).question()), LookupName::reverse(number));
  }
}

TEST(NamePopularity, DrawsTheFirstNameTwiceAsOftenAsTheSecond) {
  const NamePopularity popularity{100};
  Random random{HashKey{1, 2}};
  std::array<int, 100> drawn{};
  for (int i = 0; i < 100'000; ++i) ++drawn.at(popularity.draw(random).number());
  EXPECT_NEAR(static_cast<double>(drawn[0]) / drawn[1], 2.0, 0.1);
  EXPECT_GT(drawn[99], 0);
}

TEST(VpcInterface, LetsTheLimitPassInAnySecond) {
  VpcInterface interface { Random{HashKey{1, 2}}, t0, t0 + 10s };
  for (int i = 0; i < 1'030; ++i) (void)interface.send(LookupName::ordinary(1), t0);
  EXPECT_EQ(interface.packets(), 1'030U);
  EXPECT_EQ(interface.drops(), 6U);
  EXPECT_EQ(interface.worst_second(), 1'030U);
  EXPECT_TRUE(interface.send(LookupName::ordinary(1), t0 + 1s).has_value());
}

TEST(VpcInterface, CountsOnlyWhatIsMeasured) {
  VpcInterface interface { Random{HashKey{1, 2}}, t0, t0 + 10s };
  (void)interface.send(LookupName::ordinary(1), t0 - 1ns);
  (void)interface.send(LookupName::ordinary(1), t0 + 10s);
  EXPECT_EQ(interface.packets(), 0U);
}

/// A stock resolver, with queries and answers played by the test.
class Stock : public ::testing::Test {
 protected:
  void ask(LookupName name, std::uint32_t host = 1) {
    resolver_.on_query({.ticket = {next_slot_++, 0}, .host = host, .id = 1, .name = name}, now_);
  }
  /// Lets time pass; answers reach the resolver, and its replies are counted.
  void pass(Duration duration) {
    const TimePoint end = now_ + duration;
    for (;;) {
      const TimePoint next = std::min(events_.next(), resolver_.next_deadline());
      if (next > end) break;
      now_ = next;
      if (resolver_.next_deadline() == next) {
        resolver_.on_deadline(now_);
        continue;
      }
      const Event event = events_.pop();
      if (const auto* over = std::get_if<ExchangeOver>(&event))
        resolver_.on_exchange_over(*over, now_);
      else if (const auto* reply = std::get_if<ReplyArrives>(&event))
        ++(reply->is_success ? found_ : failed_);
    }
    now_ = end;
  }
  /// An address without a name.
  static LookupName nameless(std::uint32_t nth = 0) {
    for (std::uint32_t address = 0;; ++address)
      if (!VpcInterface::has_name(LookupName::reverse(address)) && nth-- == 0)
        return LookupName::reverse(address);
  }

  EventQueue<Event> events_;
  VpcInterface interface_{Random{HashKey{1, 2}}, t0, t0 + 1h};
  Network network_{events_, interface_, Duration::zero()};
  StockResolver resolver_{network_};
  TimePoint now_ = t0;
  std::uint32_t next_slot_ = 0;
  int found_ = 0;
  int failed_ = 0;
};

TEST_F(Stock, AsksOnceForManyClientsAndThenAnswersFromItsCache) {
  ask(LookupName::ordinary(1), 1);
  ask(LookupName::ordinary(1), 2);
  pass(1s);
  ask(LookupName::ordinary(1), 3);
  pass(1s);
  EXPECT_EQ(found_, 3);
  EXPECT_EQ(interface_.packets(), 1U);
}

TEST_F(Stock, AsksAgainWhenTheTtlIsOver) {
  ask(LookupName::ordinary(1));
  pass(301s);
  ask(LookupName::ordinary(1));
  pass(1s);
  EXPECT_EQ(found_, 2);
  EXPECT_EQ(interface_.packets(), 2U);
}

TEST_F(Stock, SendsAFailingQuestionFiveTimesAndRemembersTheFailureForFiveSeconds) {
  ask(nameless());
  pass(20s);
  EXPECT_EQ(interface_.packets(), 5U);
  EXPECT_EQ(failed_, 0) << "who waits for more than 1.9 s gets no reply";

  ask(nameless());
  pass(20s);
  EXPECT_EQ(interface_.packets(), 10U);
}

TEST_F(Stock, DropsWhatOneClientAsksBeyondAThousand) {
  for (std::uint32_t i = 0; i <= StockResolver::kMaxWaitingPerClient; ++i) ask(nameless(), 1);
  ask(LookupName::ordinary(1), 1);
  ask(LookupName::ordinary(2), 2);
  pass(100ms);
  EXPECT_EQ(found_, 1);
}

TEST_F(Stock, GivesAnOldQuestionUpForANewOneWhenItIsFull) {
  for (std::uint32_t i = 0; i < StockResolver::kMaxQuestions; ++i) ask(nameless(i), i);
  ask(LookupName::ordinary(1), 9'000);
  pass(200ms);
  EXPECT_EQ(found_, 0) << "none was old enough to make room";
  ask(LookupName::ordinary(1), 9'000);
  pass(1ms);
  EXPECT_EQ(interface_.packets(), StockResolver::kMaxQuestions + 1);
}

TEST(Fleet, LosesNothingWithSluiceOnEachHost) {
  const Tally tally = simulate(Topology::host_sluice, small_workload());
  EXPECT_GT(tally.all_hosts.asked, 500U);
  EXPECT_EQ(tally.all_hosts.lost, 0U);
  EXPECT_EQ(tally.drops, 0U);
  EXPECT_LE(tally.worst_second, 960U);
  EXPECT_EQ(tally.interfaces, 40U);
}

TEST(Fleet, LosesNothingWithSluiceOnCentralServers) {
  const Tally tally = simulate(Topology::central_sluice, small_workload());
  EXPECT_EQ(tally.all_hosts.lost, 0U);
  EXPECT_EQ(tally.drops, 0U);
  EXPECT_LE(tally.worst_second, 960U);
  EXPECT_EQ(tally.interfaces, kCentralServers);
}

TEST(Fleet, LosesLookupsBesideAHeavyJobWithoutAResolver) {
  const Tally tally = simulate(Topology::direct, small_workload());
  EXPECT_GT(tally.drops, 0U);
  EXPECT_GT(tally.batch_hosts.lost, 0U);
  EXPECT_EQ(tally.all_hosts.lost, tally.batch_hosts.lost) << "on the other hosts all is well";
}

TEST(Fleet, GivesTheSameResultForTheSameSeed) {
  Workload workload = small_workload();
  const Tally first = simulate(Topology::central_stock, workload);
  const Tally second = simulate(Topology::central_stock, workload);
  EXPECT_EQ(first.packets, second.packets);
  EXPECT_EQ(first.all_hosts.asked, second.all_hosts.asked);

  workload.seed = 2;
  EXPECT_NE(simulate(Topology::central_stock, workload).packets, first.packets);
}

}  // namespace
}  // namespace sluice::fleet
