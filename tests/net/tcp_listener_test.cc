#include "resolver/net/tcp_listener.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "resolver/net/tcp_connection.h"
#include "tests/net/loopback.h"

namespace sluice::net {
namespace {

using metrics::WorkerMetric;

const wire::Records kAnswer{"www.example. 60 IN A 192.0.2.1"};

wire::Bytes framed(const wire::Bytes& message) {
  wire::Bytes length(2);
  dns::write_u16(length, 0, static_cast<std::uint16_t>(message.size()));
  return wire::concat(length, message);
}

/// A client that reads whole messages from its stream.
class TcpClient : public LoopbackClient {
 public:
  explicit TcpClient(const Endpoint& server, std::optional<Endpoint> from = std::nullopt,
                     int receive_buffer = 0)
      : LoopbackClient{SOCK_STREAM, server, from, receive_buffer} {}

  std::optional<wire::Message> next() {
    read();
    if (stream_.size() < 2 || stream_.size() < 2U + dns::read_u16(stream_, 0)) return std::nullopt;
    const auto end = stream_.begin() + 2 + dns::read_u16(stream_, 0);
    const wire::Bytes message{stream_.begin() + 2, end};
    stream_.erase(stream_.begin(), end);
    return wire::read(message);
  }
  bool is_closed() {
    read();
    return closed_;
  }

 private:
  void read() {
    while (const auto bytes = receive()) {
      if (bytes->empty()) {
        closed_ = true;
        return;
      }
      stream_.insert(stream_.end(), bytes->begin(), bytes->end());
    }
  }

  wire::Bytes stream_;
  bool closed_ = false;
};

class TcpListenerTest : public ::testing::Test {
 protected:
  TcpListenerTest() {
    store_answer(cache_, "www.example. A", {"www.example. 60 IN A 192.0.2.1"}, Clock::now());
  }

  void start(const TcpLimits& limits = {}) {
    listener_.emplace(loop_, limits, answers_, sink_);
    server_ = listener_->listen(endpoint("127.0.0.1")).value();
  }
  wire::Message expect_reply(TcpClient& client) {
    std::optional<wire::Message> reply;
    EXPECT_TRUE(run_until(loop_, [&] { return (reply = client.next()).has_value(); }));
    return reply.value_or(wire::Message{});
  }
  bool run_until_closed(TcpClient& client) {
    return run_until(loop_, [&] { return client.is_closed(); });
  }
  bool run_until_taken(std::size_t count) {
    return run_until(loop_, [&] { return sink_.taken.size() >= count; });
  }
  bool run_until_open(std::size_t count) {
    return run_until(loop_, [&] { return listener_->open() == count; });
  }
  void reply_to(const RecordingSink::Taken& taken) {
    listener_->send(taken.client, response_to(taken, "mail.example. A", {}));
  }
  std::uint64_t count(WorkerMetric metric) { return counters_.get(metric); }

  boost::asio::io_context loop_;
  cache::ResponseCache cache_{1 << 20, {.k0 = 1, .k1 = 2}};
  WorkerCounters counters_;
  ClientAccess access_{policy::ClientLimit{HashKey{3, 4}}, {}};
  AnswerPath answers_{cache_, access_, counters_};
  RecordingSink sink_;
  std::optional<TcpListener> listener_;
  Endpoint server_;
};

TEST_F(TcpListenerTest, AnswersACachedName) {
  start();
  TcpClient client{server_};

  client.send(framed(wire::query("www.example. A", {.id = 7})));
  const wire::Message reply = expect_reply(client);

  EXPECT_EQ(reply.id, 7);
  EXPECT_EQ(reply.answer, kAnswer);
  EXPECT_EQ(count(WorkerMetric::queries_tcp), 1);
  EXPECT_EQ(count(WorkerMetric::replies_tcp), 1);
  EXPECT_EQ(count(WorkerMetric::tcp_accepted), 1);
  EXPECT_EQ(count(WorkerMetric::tcp_open), 1);
}

TEST_F(TcpListenerTest, ListensOnSeveralAddresses) {
  start();
  const Endpoint other = listener_->listen(endpoint("[::1]")).value();
  TcpClient first{server_};
  TcpClient second{other};

  first.send(framed(wire::query("www.example. A")));
  second.send(framed(wire::query("www.example. A")));

  EXPECT_EQ(expect_reply(first).answer, kAnswer);
  EXPECT_EQ(expect_reply(second).answer, kAnswer);
}

TEST_F(TcpListenerTest, HandsAMissToTheSinkWithAllThatItsReplyNeeds) {
  start();
  TcpClient client{server_};

  client.send(framed(wire::query("mail.example. A", {.id = 8})));
  ASSERT_TRUE(run_until_taken(1));

  const ClientRef& origin = sink_.taken[0].client;
  EXPECT_EQ(origin.client, client.local());
  EXPECT_EQ(origin.local, server_.address);
  EXPECT_EQ(origin.transport, Transport::tcp);
  EXPECT_NE(origin.connection, 0);
}

TEST_F(TcpListenerTest, SendsRepliesInTheOrderTheyComeAbout) {
  start();
  TcpClient client{server_};
  client.send(framed(wire::query("mail.example. A", {.id = 1})));
  client.send(framed(wire::query("mail.example. A", {.id = 2})));
  client.send(framed(wire::query("www.example. A", {.id = 3})));
  EXPECT_EQ(expect_reply(client).id, 3);
  ASSERT_EQ(sink_.taken.size(), 2);

  reply_to(sink_.taken[1]);
  EXPECT_EQ(expect_reply(client).id, 2);
  reply_to(sink_.taken[0]);
  EXPECT_EQ(expect_reply(client).id, 1);
}

TEST_F(TcpListenerTest, TakesAReplyBeforeTheSinkHasReturned) {
  struct Eager final : QuerySink {
    void on_query(const ClientRef& client, const dns::Query& query) override {
      listener->send(client, wire::response("mail.example. A", {}, {.id = query.id}));
    }
    void on_refresh(const dns::Query&) override {}
    TcpListener* listener = nullptr;
  } eager;
  TcpListener listener{loop_, {}, answers_, eager};
  eager.listener = &listener;
  TcpClient client{listener.listen(endpoint("127.0.0.1")).value()};
  wire::Bytes queries;
  for (std::uint16_t id = 0; id < 300; ++id)
    queries = wire::concat(queries, framed(wire::query("mail.example. A", {.id = id})));

  client.send(queries);

  for (std::uint16_t id = 0; id < 300; ++id) ASSERT_EQ(expect_reply(client).id, id);
}

TEST_F(TcpListenerTest, LeavesTheRestUnreadWhileTooManyQueriesAreUnanswered) {
  constexpr std::size_t kMax = TcpConnection::kMaxUnanswered;
  start();
  TcpClient client{server_};
  wire::Bytes queries;
  for (std::uint16_t id = 0; id < kMax + 10; ++id)
    queries = wire::concat(queries, framed(wire::query("mail.example. A", {.id = id})));
  client.send(queries);
  ASSERT_TRUE(run_until_taken(kMax));
  loop_.poll();
  EXPECT_EQ(sink_.taken.size(), kMax);

  reply_to(sink_.taken[0]);
  EXPECT_EQ(sink_.taken.size(), kMax) << "the sink is not called while it sends";
  ASSERT_TRUE(run_until_taken(kMax + 1));
  loop_.poll();
  EXPECT_EQ(sink_.taken.size(), kMax + 1);
}

TEST_F(TcpListenerTest, AnswersAClientThatHasClosedItsHalf) {
  start();
  TcpClient client{server_};
  client.send(framed(wire::query("mail.example. A", {.id = 9})));
  client.close_writing();
  ASSERT_TRUE(run_until_taken(1));
  loop_.poll();
  EXPECT_EQ(listener_->open(), 1);

  reply_to(sink_.taken[0]);

  EXPECT_EQ(expect_reply(client).id, 9);
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(listener_->open(), 0);
  EXPECT_EQ(count(WorkerMetric::tcp_open), 0);
}

TEST_F(TcpListenerTest, DropsAReplyForAConnectionThatIsGone) {
  start();
  {
    TcpClient client{server_};
    client.send(framed(wire::query("mail.example. A")));
    ASSERT_TRUE(run_until_taken(1));
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  ASSERT_TRUE(run_until_open(0));
  TcpClient other{server_};
  other.send(framed(wire::query("mail.example. A")));
  ASSERT_TRUE(run_until_taken(2));
  EXPECT_NE(sink_.taken[0].client.connection, sink_.taken[1].client.connection);

  reply_to(sink_.taken[0]);

  EXPECT_EQ(count(WorkerMetric::replies_tcp), 0);
  EXPECT_FALSE(other.next().has_value());
}

TEST_F(TcpListenerTest, ClosesAStreamThatCarriesAResponse) {
  start();
  TcpClient client{server_};

  client.send(framed(wire::response("www.example. A", kAnswer)));

  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(count(WorkerMetric::dropped_responses), 1);
}

TEST_F(TcpListenerTest, ClosesAStreamThatCarriesAnEmptyMessage) {
  start();
  TcpClient client{server_};

  client.send(framed({}));

  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(count(WorkerMetric::dropped_malformed), 1);
}

TEST_F(TcpListenerTest, AnswersAnErrorOfFormAndGoesOn) {
  start();
  TcpClient client{server_};
  wire::Bytes broken = wire::query("www.example. A", {.id = 10});
  broken.push_back(std::byte{0});

  client.send(framed(broken));
  client.send(framed(wire::query("www.example. A", {.id = 11})));

  EXPECT_EQ(expect_reply(client).rcode, 1);
  EXPECT_EQ(expect_reply(client).id, 11);
}

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

TEST_F(TcpListenerTest, AnswersWhatItOwesOnceItHasBeenStopped) {
  start();
  TcpClient busy{server_};
  TcpClient idle{server_};
  busy.send(framed(wire::query("mail.example. A", {.id = 12})));
  ASSERT_TRUE(run_until_taken(1));
  ASSERT_TRUE(run_until_open(2));

  listener_->stop();
  EXPECT_TRUE(run_until_closed(idle));

  reply_to(sink_.taken[0]);
  EXPECT_EQ(expect_reply(busy).id, 12);
  EXPECT_TRUE(run_until_closed(busy));
  loop_.restart();
  loop_.run();  // ends: nothing listens any more
}

TEST_F(TcpListenerTest, SaysWhyItCannotListen) {
  start();

  const auto result = listener_->listen(server_);

  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find(server_.to_string() + "/tcp"), std::string::npos) << result.error();
}

}  // namespace
}  // namespace sluice::net
