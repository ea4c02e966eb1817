#include "resolver/net/live_feed.h"

#include <gmock/gmock.h>

#include <optional>

#include "tests/net/http_fixture.h"

namespace sluice::net {
namespace {

using metrics::AdminMetric;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kLive = "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

class LiveHttpTest : public HttpFixture {};

TEST_F(LiveHttpTest, StreamsOneEventAfterTheOther) {
  serve({.live = {.period = 20ms}});
  HttpClient client{at};
  client.send(kLive);

  EXPECT_THAT(client.read_until("\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nConnection: close\r\n"),
                    HasSubstr("\r\nContent-Type: text/event-stream\r\n"),
                    HasSubstr("\r\nCache-Control: no-store\r\n"),
                    HasSubstr("\r\nContent-Security-Policy: default-src 'none'")));
  for (int events = 0; events < 3; ++events)
    EXPECT_THAT(client.read_until("\n\n"), StartsWith("data: {"));
}

TEST_F(LiveHttpTest, AsksTheEngineOnceForAllWhoWatch) {
  serve({.live = {.period = 1h}});
  for (int clients = 0; clients < 5; ++clients) {
    HttpClient client{at};
    client.send(kLive);
    EXPECT_THAT(client.read_until("\n\n"), HasSubstr("data: {"));
  }
  EXPECT_EQ(snapshots_asked, 1);
}

TEST_F(LiveHttpTest, RefusesStreamsBeyondItsBoundAndFreesThePlacesOfThoseWhoLeave) {
  serve({.live = {.streams = 2, .period = 20ms}});
  std::optional<HttpClient> first{at};
  HttpClient second{at};
  for (HttpClient* client : {&*first, &second}) {
    client->send(kLive);
    client->read_until("\n\n");
  }

  EXPECT_THAT(get("/api/v1/live"),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("\r\n\r\n{\"error\":")));
  EXPECT_EQ(counted(AdminMetric::refused_http_streams), 1U);

  first.reset();
  std::string head;  // the server may learn later than we that it has gone
  while (!head.starts_with("HTTP/1.1 200 ")) {
    HttpClient third{at};
    third.send(kLive);
    head = third.read_until("\r\n\r\n");
  }
  EXPECT_THAT(second.read_until("\n\n"), StartsWith("data: {"));
}

TEST_F(LiveHttpTest, TellsAHeadRequestWhatItWouldBe) {
  serve();
  EXPECT_THAT(ask("HEAD /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("text/event-stream")));
}

TEST_F(LiveHttpTest, EndsItsStreamsWithTheServer) {
  serve({.live = {.period = 20ms}});
  HttpClient client{at};
  client.send(kLive);
  client.read_until("\n\n");
  end_server();
  EXPECT_THAT(client.read_to_end(), ::testing::Not(HasSubstr("HTTP/1.1")));
}

/// Two ends of a connection over loopback.
struct Wire {
  explicit Wire(boost::asio::io_context& loop) : near{loop}, far{loop} {
    using boost::asio::ip::tcp;
    tcp::acceptor acceptor{loop, {boost::asio::ip::address_v4::loopback(), 0}};
    far.connect(acceptor.local_endpoint());
    acceptor.accept(near);
  }
  boost::asio::ip::tcp::socket near, far;
};

class LiveFeedTest : public ::testing::Test {
 protected:
  /// A look shows `size` octets.
  LiveFeed feed_of(std::size_t size) {
    return LiveFeed{loop,
                    [this, size](const auto& done) {
                      ++looks;
                      done(std::string(size, 'x'));
                    },
                    counters,
                    {.streams = 2, .period = 1ms}};
  }
  template <typename Condition>
  void run_until(Condition holds) {
    while (!holds()) loop.run_one();
  }

  boost::asio::io_context loop;
  metrics::CounterBlock<AdminMetric> counters;
  int looks = 0;
};

TEST_F(LiveFeedTest, LeavesAReaderBehindThatDoesNotRead) {
  LiveFeed feed = feed_of(16 << 20);
  Wire wire{loop};
  const auto place = std::make_shared<char>();
  feed.admit(std::move(wire.near), "head\r\n\r\n", place);

  run_until([&] { return counters.get(AdminMetric::streams_dropped) == 1; });
  EXPECT_EQ(looks, 1 + static_cast<int>(LiveStream::kMissesMax));
  EXPECT_EQ(place.use_count(), 1);
}

TEST_F(LiveFeedTest, LooksNoMoreWhenNobodyWatches) {
  LiveFeed feed = feed_of(10);
  {
    Wire wire{loop};
    feed.admit(std::move(wire.near), "head\r\n\r\n", nullptr);
    run_until([&] { return looks == 3; });
  }
  loop.run();  // returns since nothing is left to do
  const int seen = looks;

  Wire wire{loop};
  feed.admit(std::move(wire.near), "head\r\n\r\n", nullptr);
  EXPECT_EQ(looks, seen + 1);
}

}  // namespace
}  // namespace sluice::net
