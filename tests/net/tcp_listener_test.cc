#include "resolver/net/tcp_listener.h"

#include "resolver/net/tcp_connection.h"
#include "tests/net/tcp_listener_fixture.h"

namespace sluice::net {
namespace {

using metrics::WorkerMetric;

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
  TcpListener listener{loop_, {}, answers_, eager, tap_};
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
