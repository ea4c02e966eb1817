#include "resolver/net/hand_over.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

namespace sluice::net {
namespace {

using metrics::WorkerMetric;

/// Stands in for the engine: notes the IDs of what it is given.
struct Engine final : QuerySink {
  void on_query(const ClientRef& client, const dns::Query& query) override {
    ids.push_back(query.id);
    last_client = client;
    last_query = query;
    delivered.fetch_add(1, std::memory_order_relaxed);
  }
  void on_refresh(const dns::Query& query) override { refreshes.push_back(query.id); }

  std::vector<std::uint16_t> ids;
  std::vector<std::uint16_t> refreshes;
  ClientRef last_client;
  dns::Query last_query;
  std::atomic<std::uint64_t> delivered{0};
};

class HandOverTest : public ::testing::Test {
 protected:
  static dns::Query numbered(std::size_t number) {
    dns::Query query;
    query.id = static_cast<std::uint16_t>(number);
    return query;
  }
  static void give(HandOver& hand_over, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) hand_over.on_query({}, numbered(i));
  }

  boost::asio::io_context loop_;
  Engine engine_;
  WorkerCounters counters_;
};

TEST_F(HandOverTest, GivesQueriesToTheEngineInOrderOnItsLoop) {
  HandOver hand_over{loop_, engine_, counters_};
  ClientRef client;
  client.listener = 5;

  hand_over.on_query({}, numbered(1));
  hand_over.on_query({}, numbered(2));
  hand_over.on_query(client, numbered(3));
  EXPECT_TRUE(engine_.ids.empty()) << "nothing before the loop runs";
  loop_.poll();

  EXPECT_EQ(engine_.ids, (std::vector<std::uint16_t>{1, 2, 3}));
  EXPECT_EQ(engine_.last_client, client);
}

TEST_F(HandOverTest, WakesTheEngineOnceForManyQueries) {
  HandOver hand_over{loop_, engine_, counters_};

  give(hand_over, 10);

  EXPECT_EQ(loop_.poll(), 1);
  EXPECT_EQ(engine_.delivered, 10);
}

TEST_F(HandOverTest, DropsAndCountsWhatFindsItFull) {
  HandOver hand_over{loop_, engine_, counters_, 4};

  give(hand_over, 6);
  loop_.poll();
  EXPECT_EQ(engine_.ids, (std::vector<std::uint16_t>{0, 1, 2, 3}));
  EXPECT_EQ(counters_.get(WorkerMetric::hand_over_full), 2);

  loop_.restart();
  give(hand_over, 4);
  loop_.poll();
  EXPECT_EQ(engine_.delivered, 8) << "there is room again";
  EXPECT_EQ(counters_.get(WorkerMetric::hand_over_full), 2);
}

TEST_F(HandOverTest, LetsOtherWorkOfTheEngineHaveItsTurn) {
  HandOver hand_over{loop_, engine_, counters_};

  give(hand_over, HandOver::kMaxPerTurn + 1);

  EXPECT_EQ(loop_.poll_one(), 1);
  EXPECT_EQ(engine_.delivered, HandOver::kMaxPerTurn);
  EXPECT_EQ(loop_.poll_one(), 1);
  EXPECT_EQ(engine_.delivered, HandOver::kMaxPerTurn + 1);
}

TEST_F(HandOverTest, KeepsNoViewOfTheListenersBuffer) {
  HandOver hand_over{loop_, engine_, counters_};
  {
    std::vector<std::byte> buffer(8);
    dns::Query query = numbered(1);
    query.edns = dns::Edns{};
    query.edns->options = buffer;
    hand_over.on_query({}, query);
  }
  loop_.poll();

  ASSERT_TRUE(engine_.last_query.edns.has_value());
  EXPECT_TRUE(engine_.last_query.edns->options.empty());
}

TEST_F(HandOverTest, LosesNothingBetweenThreadsThatItHasNotCounted) {
  constexpr std::size_t kQueries = 50'000;
  HandOver hand_over{loop_, engine_, counters_, 64};
  auto work = boost::asio::make_work_guard(loop_);
  std::thread engine_thread{[this] { loop_.run(); }};

  give(hand_over, kQueries);
  work.reset();
  engine_thread.join();

  EXPECT_EQ(engine_.delivered + counters_.get(WorkerMetric::hand_over_full), kQueries);
  EXPECT_GT(engine_.delivered, 0);
}

// Each query finds the engine falling asleep: a wake-up that is lost once stops the test for good.
TEST_F(HandOverTest, WakesAnEngineThatIsFallingAsleep) {
  HandOver hand_over{loop_, engine_, counters_};
  auto work = boost::asio::make_work_guard(loop_);
  std::thread engine_thread{[this] { loop_.run(); }};

  for (std::size_t i = 0; i < 5'000; ++i) {
    hand_over.on_query({}, numbered(i));
    while (engine_.delivered.load(std::memory_order_relaxed) <= i) std::this_thread::yield();
  }
  work.reset();
  engine_thread.join();

  EXPECT_EQ(engine_.delivered, 5'000);
}

}  // namespace
}  // namespace sluice::net
