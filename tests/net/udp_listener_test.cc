#include "resolver/net/udp_listener.h"

#include <gtest/gtest.h>

#include <string>

#include <boost/asio/post.hpp>

#include "tests/net/loopback.h"

namespace sluice::net {
namespace {

using metrics::WorkerMetric;

class UdpListenerTest : public ::testing::Test {
 protected:
  UdpListenerTest() {
    store_answer(cache_, "www.example. A", {"www.example. 60 IN A 192.0.2.1"}, Clock::now());
  }

  Endpoint listen(std::string_view text, PortSharing sharing = PortSharing::alone) {
    return listener_.listen(endpoint(text), sharing).value();
  }
  wire::Message expect_reply(LoopbackClient& client) {
    std::optional<wire::Bytes> bytes;
    EXPECT_TRUE(run_until(loop_, [&] { return (bytes = client.receive()).has_value(); }));
    return bytes ? wire::read(*bytes) : wire::Message{};
  }
  bool run_until_taken(std::size_t count) {
    return run_until(loop_, [&] { return sink_.taken.size() >= count; });
  }
  std::uint64_t count(WorkerMetric metric) { return counters_.get(metric); }

  boost::asio::io_context loop_;
  cache::ResponseCache cache_{1 << 20, {.k0 = 1, .k1 = 2}};
  WorkerCounters counters_;
  ClientAccess access_{policy::ClientLimit{HashKey{3, 4}}, {}};
  AnswerPath answers_{cache_, access_, counters_};
  RecordingSink sink_;
  ClientTap tap_;
  UdpListener listener_{loop_, 3, answers_, sink_, tap_};
};

const wire::Records kAnswer{"www.example. 60 IN A 192.0.2.1"};

TEST_F(UdpListenerTest, AnswersACachedName) {
  LoopbackClient client{SOCK_DGRAM, listen("127.0.0.1")};

  client.send(wire::query("www.example. A", {.id = 77}));
  const wire::Message reply = expect_reply(client);

  EXPECT_EQ(reply.id, 77);
  EXPECT_EQ(reply.answer, kAnswer);
  EXPECT_TRUE(sink_.taken.empty());
  EXPECT_EQ(count(WorkerMetric::queries_udp), 1);
  EXPECT_EQ(count(WorkerMetric::replies_udp), 1);
}

TEST_F(UdpListenerTest, AnswersOverIpv6) {
  LoopbackClient client{SOCK_DGRAM, listen("[::1]")};

  client.send(wire::query("www.example. A"));

  EXPECT_EQ(expect_reply(client).answer, kAnswer);
}

TEST_F(UdpListenerTest, HandsAMissToTheSinkAndSendsItsReplyBack) {
  LoopbackClient client{SOCK_DGRAM, listen("127.0.0.1")};

  client.send(wire::query("mail.example. A", {.id = 78}));
  ASSERT_TRUE(run_until_taken(1));
  const ClientRef& origin = sink_.taken[0].client;

  EXPECT_EQ(origin.client, client.local());
  EXPECT_EQ(origin.local, Address{}) << "the socket has one address and sends from no other";
  EXPECT_EQ(origin.listener, 3);
  EXPECT_EQ(origin.transport, Transport::udp);
  EXPECT_EQ(origin.connection, 0);
  EXPECT_EQ(sink_.taken[0].query.question, wire::question("mail.example. A"));

  WorkerCounters engine_counters;
  listener_.send(
      origin, response_to(sink_.taken[0], "mail.example. A", {"mail.example. 60 IN A 192.0.2.2"}),
      engine_counters);
  EXPECT_EQ(expect_reply(client).id, 78);
  EXPECT_EQ(engine_counters.get(WorkerMetric::replies_udp), 1);
  EXPECT_EQ(count(WorkerMetric::replies_udp), 0) << "the counters of the listener's own thread";
}

// The clients are connected: a reply from any other address than the one asked never arrives.
TEST_F(UdpListenerTest, RepliesLeaveFromTheAddressThatWasAskedOnAWildcard) {
  Endpoint server = listen("0.0.0.0");
  for (const char* address : {"127.0.0.1", "127.0.0.2", "127.9.8.7"}) {
    server.address = endpoint(address).address;
    LoopbackClient client{SOCK_DGRAM, server, endpoint("127.0.0.1")};

    client.send(wire::query("www.example. A"));
    EXPECT_EQ(expect_reply(client).answer, kAnswer) << address;

    client.send(wire::query("mail.example. A", {.id = 79}));
    ASSERT_TRUE(run_until_taken(1));
    EXPECT_EQ(sink_.taken[0].client.local, server.address);
    EXPECT_NE(sink_.taken[0].client.interface_index, 0);
    listener_.send(sink_.taken[0].client, response_to(sink_.taken[0], "mail.example. A", {}),
                   counters_);
    EXPECT_EQ(expect_reply(client).id, 79) << address;
    sink_.taken.clear();
  }
}

TEST_F(UdpListenerTest, RepliesLeaveFromTheAddressThatWasAskedOnAnIpv6Wildcard) {
  Endpoint server = listen("[::]");
  server.address = endpoint("[::1]").address;
  LoopbackClient client{SOCK_DGRAM, server};

  client.send(wire::query("www.example. A"));
  EXPECT_EQ(expect_reply(client).answer, kAnswer);

  client.send(wire::query("mail.example. A", {.id = 80}));
  ASSERT_TRUE(run_until_taken(1));
  EXPECT_EQ(sink_.taken[0].client.local, server.address);
  listener_.send(sink_.taken[0].client, response_to(sink_.taken[0], "mail.example. A", {}),
                 counters_);
  EXPECT_EQ(expect_reply(client).id, 80);
}

TEST_F(UdpListenerTest, LetsOtherWorkHaveItsTurnUnderAFlood) {
  constexpr std::size_t kTurn = UdpListener::kBatchSize * UdpListener::kMaxBatches;
  LoopbackClient client{SOCK_DGRAM, listen("127.0.0.1")};
  const wire::Bytes query = wire::query("www.example. A");
  for (std::size_t i = 0; i < kTurn + 1; ++i) client.send(query);

  ASSERT_TRUE(run_until(loop_, [&] { return count(WorkerMetric::replies_udp) != 0; }));
  EXPECT_EQ(count(WorkerMetric::replies_udp), kTurn);

  EXPECT_TRUE(run_until(loop_, [&] { return count(WorkerMetric::replies_udp) == kTurn + 1; }));
}

TEST_F(UdpListenerTest, SendsTheHitsOfABatchBeforeAnyMissIsHandedOver) {
  struct Watcher final : QuerySink {
    explicit Watcher(WorkerCounters& its_counters) : counters{its_counters} {}
    void on_query(const ClientRef&, const dns::Query&) override {
      replies_before = counters.get(WorkerMetric::replies_udp);
      ++misses;
    }
    void on_refresh(const dns::Query&) override {}
    WorkerCounters& counters;
    std::uint64_t replies_before = 0;
    int misses = 0;
  } watcher{counters_};
  UdpListener listener{loop_, 0, answers_, watcher, tap_};
  LoopbackClient client{SOCK_DGRAM,
                        listener.listen(endpoint("127.0.0.1"), PortSharing::alone).value()};

  client.send(wire::query("mail.example. A"));
  client.send(wire::query("www.example. A"));

  ASSERT_TRUE(run_until(loop_, [&] { return watcher.misses == 1; }));
  EXPECT_EQ(watcher.replies_before, 1);
}

TEST_F(UdpListenerTest, SaysNothingToAResponse) {
  LoopbackClient client{SOCK_DGRAM, listen("127.0.0.1")};

  client.send(wire::response("www.example. A", kAnswer, {.id = 1}));
  client.send(wire::query("www.example. A", {.id = 2}));

  EXPECT_EQ(expect_reply(client).id, 2);
  EXPECT_FALSE(client.receive().has_value());
  EXPECT_EQ(count(WorkerMetric::dropped_responses), 1);
}

TEST_F(UdpListenerTest, AnswersFormerrToAQueryLongerThanAnyClientSends) {
  LoopbackClient client{SOCK_DGRAM, listen("127.0.0.1")};
  wire::Bytes query = wire::query("www.example. A");
  query.resize(UdpListener::kMaxQuerySize + 1);

  client.send(query);

  EXPECT_EQ(expect_reply(client).rcode, 1);
}

TEST_F(UdpListenerTest, CountsAReplyThatTheKernelRefuses) {
  listen("127.0.0.1");
  ClientRef unreachable;
  unreachable.client = endpoint("255.255.255.255:53");  // EACCES without SO_BROADCAST

  listener_.send(unreachable, wire::query("www.example. A"), counters_);

  EXPECT_EQ(count(WorkerMetric::send_errors), 1);
  EXPECT_EQ(count(WorkerMetric::replies_udp), 0);
}

TEST_F(UdpListenerTest, StillSendsRepliesOnceItHasBeenStopped) {
  LoopbackClient client{SOCK_DGRAM, listen("127.0.0.1")};
  client.send(wire::query("mail.example. A", {.id = 81}));
  ASSERT_TRUE(run_until_taken(1));

  listener_.stop();
  client.send(wire::query("www.example. A"));
  loop_.restart();
  loop_.run();  // ends: nothing waits for queries any more
  EXPECT_FALSE(client.receive().has_value());

  listener_.send(sink_.taken[0].client, response_to(sink_.taken[0], "mail.example. A", {}),
                 counters_);
  EXPECT_EQ(expect_reply(client).id, 81);
}

TEST_F(UdpListenerTest, SharesItsPortWithItsSiblings) {
  const Endpoint server = listen("127.0.0.1", PortSharing::shared);
  UdpListener sibling{loop_, 4, answers_, sink_, tap_};
  ASSERT_TRUE(sibling.listen(server, PortSharing::shared));

  // The kernel chooses by the client's port, so that some of many clients reach each of the two.
  std::size_t of_the_first = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    LoopbackClient client{SOCK_DGRAM, server};
    client.send(wire::query("mail.example. A"));
    ASSERT_TRUE(run_until_taken(i + 1));
    of_the_first += sink_.taken.back().client.listener == 3 ? 1U : 0U;
  }
  EXPECT_GT(of_the_first, 0);
  EXPECT_LT(of_the_first, 64);
}

TEST_F(UdpListenerTest, SaysWhyItCannotListen) {
  const Endpoint taken = listen("127.0.0.1");
  UdpListener second{loop_, 4, answers_, sink_, tap_};

  const auto result = second.listen(taken, PortSharing::alone);

  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find(taken.to_string() + "/udp"), std::string::npos) << result.error();
}

TEST(AnswerableSource, IsOneThatAReplyCanGoTo) {
  EXPECT_TRUE(is_answerable(endpoint("192.0.2.1:1024")));
  EXPECT_TRUE(is_answerable(endpoint("127.0.0.1:53")));
  EXPECT_TRUE(is_answerable(endpoint("[2001:db8::1]:1024")));

  EXPECT_FALSE(is_answerable(endpoint("192.0.2.1:0")));
  EXPECT_FALSE(is_answerable(endpoint("0.0.0.0:1024")));
  EXPECT_FALSE(is_answerable(endpoint("224.0.0.251:5353")));
  EXPECT_FALSE(is_answerable(endpoint("255.255.255.255:1024")));
  EXPECT_FALSE(is_answerable(endpoint("[2001:db8::1]:0")));
  EXPECT_FALSE(is_answerable(endpoint("[::]:1024")));
  EXPECT_FALSE(is_answerable(endpoint("[ff02::fb]:5353")));
  EXPECT_FALSE(is_answerable(Endpoint{.address = {}, .port = 1024}));
}

TEST(IsFrom, KnowsItsOwnSocketOnOneAddressAndOnAll) {
  ClientRef client;
  client.client = endpoint("192.0.2.1:53");
  EXPECT_TRUE(is_from(client, endpoint("192.0.2.1:53")));
  EXPECT_FALSE(is_from(client, endpoint("192.0.2.1:5353")));
  EXPECT_FALSE(is_from(client, endpoint("192.0.2.2:53")));

  client.local = client.client.address;  // what was asked, of a wildcard's many addresses
  EXPECT_TRUE(is_from(client, endpoint("0.0.0.0:53")));
  client.local = endpoint("192.0.2.2").address;
  EXPECT_FALSE(is_from(client, endpoint("0.0.0.0:53"))) << "a resolver beside us may use port 53";
}

}  // namespace
}  // namespace sluice::net
