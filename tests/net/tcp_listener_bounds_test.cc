// What ends a connection, or makes it wait for others.
#include <sys/resource.h>

#include "resolver/net/tcp_connection.h"
#include "tests/net/tcp_listener_fixture.h"

namespace sluice::net {
namespace {

using metrics::WorkerMetric;

TEST_F(TcpListenerTest, ClosesAnIdleConnection) {
  start({.idle_timeout = 20ms});
  TcpClient client{server_};

  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(count(WorkerMetric::tcp_idle_closed), 1);
}

TEST_F(TcpListenerTest, ClosesAConnectionWhoseMessageNeverEnds) {
  start({.idle_timeout = 20ms});
  TcpClient client{server_};

  const wire::Bytes whole = framed(wire::query("www.example. A"));

  client.send(std::span{whole}.first(whole.size() - 1));

  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(count(WorkerMetric::tcp_idle_closed), 1);
}

TEST_F(TcpListenerTest, ClosesAnIdleConnectionOfTheGreediestClientForANewcomer) {
  start({.connections = 4});
  TcpClient lonely{server_, endpoint("127.0.0.2")};
  std::vector<TcpClient> greedy;
  for (int i = 0; i < 3; ++i) greedy.emplace_back(server_, endpoint("127.0.0.1"));
  ASSERT_TRUE(run_until_open(4));
  greedy[0].send(framed(wire::query("www.example. A")));  // of use lately
  EXPECT_EQ(expect_reply(greedy[0]).answer, kAnswer);

  TcpClient newcomer{server_, endpoint("127.0.0.3")};
  newcomer.send(framed(wire::query("www.example. A")));

  EXPECT_EQ(expect_reply(newcomer).answer, kAnswer);
  EXPECT_TRUE(run_until_closed(greedy[1]));
  EXPECT_FALSE(greedy[0].is_closed());
  EXPECT_FALSE(greedy[2].is_closed());
  EXPECT_FALSE(lonely.is_closed());
  EXPECT_EQ(listener_->open(), 4);
  EXPECT_EQ(count(WorkerMetric::tcp_displaced), 1);
  EXPECT_EQ(count(WorkerMetric::tcp_refused), 0);
}

TEST_F(TcpListenerTest, ClosesAnIdleConnectionOfAClientThatOpensTooMany) {
  start({.connections_per_client = 1});
  TcpClient other{server_, endpoint("127.0.0.2")};
  TcpClient first{server_, endpoint("127.0.0.1")};
  ASSERT_TRUE(run_until_open(2));
  TcpClient second{server_, endpoint("127.0.0.1")};
  second.send(framed(wire::query("www.example. A")));

  EXPECT_EQ(expect_reply(second).answer, kAnswer);
  EXPECT_TRUE(run_until_closed(first));
  EXPECT_FALSE(other.is_closed());
  EXPECT_EQ(listener_->open(), 2);
}

TEST_F(TcpListenerTest, RefusesAConnectionWhereAllOthersAreBusy) {
  start({.connections = 2});
  TcpClient first{server_};
  TcpClient second{server_};
  first.send(framed(wire::query("mail.example. A", {.id = 1})));
  second.send(framed(wire::query("mail.example. A", {.id = 2})));
  ASSERT_TRUE(run_until_taken(2));

  TcpClient third{server_};
  EXPECT_TRUE(run_until_closed(third));

  EXPECT_EQ(listener_->open(), 2);
  EXPECT_EQ(count(WorkerMetric::tcp_refused), 1);
  EXPECT_EQ(count(WorkerMetric::tcp_idle_closed), 0);
  for (const auto& taken : sink_.taken) reply_to(taken);
  EXPECT_EQ(expect_reply(first).id, 1);
  EXPECT_EQ(expect_reply(second).id, 2);
}

TEST_F(TcpListenerTest, ShortensTheIdleTimeOutOfAllWhileConnectionsAreFew) {
  start({.connections = 4, .idle_timeout = 4s});
  std::vector<TcpClient> clients;
  const TimePoint opened = Clock::now();
  for (int i = 0; i < 3; ++i) clients.emplace_back(server_);
  ASSERT_TRUE(run_until_open(3));
  EXPECT_EQ(listener_->idle_timeout(), 4s);

  clients.emplace_back(server_);
  ASSERT_TRUE(run_until_open(4));
  EXPECT_EQ(listener_->idle_timeout(), 1s);

  EXPECT_TRUE(run_until_closed(clients[0]));
  EXPECT_LT(Clock::now() - opened, 4s);
}

TEST_F(TcpListenerTest, ServesOthersBetweenTheQueriesThatOneHasSent) {
  constexpr std::uint16_t kFlood = 3 * TcpListener::kMessagesPerTurn;
  start();
  TcpClient greedy{server_};
  TcpClient other{server_};
  ASSERT_TRUE(run_until_open(2));
  wire::Bytes queries;
  for (std::uint16_t id = 0; id < kFlood; ++id)
    queries = wire::concat(queries, framed(wire::query("www.example. A", {.id = id})));

  greedy.send(queries);
  other.send(framed(wire::query("www.example. A", {.id = 999})));
  EXPECT_EQ(expect_reply(other).id, 999);

  EXPECT_LE(count(WorkerMetric::queries_tcp), 2 * TcpListener::kMessagesPerTurn + 1);
  for (std::uint16_t id = 0; id < kFlood; ++id) ASSERT_EQ(expect_reply(greedy).id, id);
}

TEST_F(TcpListenerTest, AnswersAllThatCameBeforeItsClientClosedItsHalf) {
  constexpr std::uint16_t kQueries = 3 * TcpListener::kMessagesPerTurn;
  start();
  TcpClient client{server_};
  wire::Bytes queries;
  for (std::uint16_t id = 0; id < kQueries; ++id)
    queries = wire::concat(queries, framed(wire::query("www.example. A", {.id = id})));

  client.send(queries);
  client.close_writing();

  for (std::uint16_t id = 0; id < kQueries; ++id) ASSERT_EQ(expect_reply(client).id, id);
  EXPECT_TRUE(run_until_closed(client));
}

TEST_F(TcpListenerTest, ClosesAConnectionThatGoesWhileItsTurnIsDue) {
  start();
  TcpClient client{server_};
  ASSERT_TRUE(run_until_open(1));
  wire::Bytes queries;
  for (int i = 0; i <= TcpListener::kMessagesPerTurn; ++i)
    queries = wire::concat(queries, framed(wire::query("www.example. A")));
  client.send(queries);
  ASSERT_TRUE(run_until(loop_, [&] { return count(WorkerMetric::queries_tcp) > 0; }));

  listener_->stop();

  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(listener_->open(), 0);
}

TEST_F(TcpListenerTest, ClosesAConnectionWhoseClientLeavesItsRepliesUnread) {
  start();
  TcpClient client{server_, std::nullopt, 4'096};
  const wire::Bytes large(dns::kMaxMessageSize);
  wire::Bytes queries;
  for (std::uint16_t id = 0; id < TcpConnection::kMaxUnanswered; ++id)
    queries = wire::concat(queries, framed(wire::query("mail.example. A", {.id = id})));

  // Whatever the kernel buffers, the bound comes; each round adds 8 MiB.
  for (int round = 0; round < 4 && count(WorkerMetric::send_errors) == 0; ++round) {
    client.send(queries);
    ASSERT_TRUE(run_until_taken(TcpConnection::kMaxUnanswered));
    for (const auto& taken : sink_.taken) listener_->send(taken.client, large);
    sink_.taken.clear();
  }

  EXPECT_EQ(count(WorkerMetric::send_errors), 1);
  EXPECT_EQ(listener_->open(), 0);
}

TEST_F(TcpListenerTest, ClosesAConnectionWhoseClientAsksOnButReadsNothing) {
  start({.idle_timeout = 50ms});
  TcpClient client{server_, std::nullopt, 4'096};
  ASSERT_TRUE(run_until_open(1));
  const wire::Bytes large(60'000);

  // Once the kernel's buffers are full, nothing more is taken in.
  for (int i = 0; i < 1'000 && listener_->open() == 1; ++i) {
    client.send(framed(wire::query("mail.example. A")));
    ASSERT_TRUE(run_until(loop_, [&] { return !sink_.taken.empty() || listener_->open() == 0; }));
    for (const auto& taken : sink_.taken) listener_->send(taken.client, large);
    sink_.taken.clear();
  }

  EXPECT_EQ(listener_->open(), 0);
  EXPECT_EQ(count(WorkerMetric::tcp_idle_closed), 1);
  EXPECT_EQ(count(WorkerMetric::send_errors), 0);
}

TEST_F(TcpListenerTest, WaitsForDescriptorsWhenThereAreNone) {
  start();
  TcpClient client{server_};
  client.send(framed(wire::query("www.example. A")));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(client.descriptor()) + 1,
                    .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool refused = run_until(loop_, [&] { return count(WorkerMetric::tcp_refused) > 0; });
  loop_.poll();  // would not end if it tried again and again
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_TRUE(refused);
  EXPECT_EQ(expect_reply(client).answer, kAnswer);
}

}  // namespace
}  // namespace sluice::net
