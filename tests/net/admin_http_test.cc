#include "resolver/net/admin_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "tests/net/admin_fixture.h"

namespace sluice::net {
namespace {

namespace asio = boost::asio;
using metrics::AdminMetric;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Endpoint kLoopback = *Endpoint::parse("127.0.0.1:0", 0);

/// A blocking client that says exactly what it is told.
class Client {
 public:
  explicit Client(const Endpoint& server) {
    socket_.connect({asio::ip::make_address(server.address.to_string()), server.port});
  }

  void send(const std::string& bytes) {
    boost::system::error_code ignored;  // the server may have closed already
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  /// A response with its body, on a connection that stays open.
  std::string read_response() {
    boost::system::error_code ignored;
    const std::size_t head =
        asio::read_until(socket_, asio::dynamic_buffer(in_), "\r\n\r\n", ignored);
    const std::size_t length = in_.find("Content-Length: ");
    const std::size_t body = length == std::string::npos ? 0 : std::stoul(in_.substr(length + 16));
    if (in_.size() < head + body)
      asio::read(socket_, asio::dynamic_buffer(in_),
                 asio::transfer_exactly(head + body - in_.size()), ignored);
    return take(head + body);
  }
  /// All that comes until the server closes.
  std::string read_to_end() {
    boost::system::error_code ignored;
    asio::read(socket_, asio::dynamic_buffer(in_), ignored);
    return take(in_.size());
  }

 private:
  std::string take(std::size_t size) {
    std::string out = in_.substr(0, size);
    in_.erase(0, size);
    return out;
  }

  asio::io_context loop_;
  asio::ip::tcp::socket socket_{loop_};
  std::string in_;
};

class AdminHttpTest : public AdminFixture {
 protected:
  ~AdminHttpTest() override { stop(); }

  /// Starts the server with `limits`.
  void serve(HttpLimits limits = {}, const Endpoint& address = kLoopback) {
    http_ = std::make_unique<AdminHttp>(admin.loop, sources, limits);
    const auto bound = http_->listen(address);
    ASSERT_TRUE(bound.has_value()) << bound.error();
    at = {kLoopback.address, bound.value().port};
    start();
  }

  std::string get(const std::string& target) {
    Client client{at};
    client.send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
  }
  std::string ask(const std::string& request) {
    Client client{at};
    client.send(request);
    return client.read_to_end();
  }

  Endpoint at;

 private:
  std::unique_ptr<AdminHttp> http_;
};

TEST_F(AdminHttpTest, ServesTheCountersToPrometheus) {
  process.set(metrics::ProcessMetric::cache_entries, 17);
  serve();

  const std::string response = get("/metrics");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(response, HasSubstr("\nsluice_cache_entries 17\n"));
}

TEST_F(AdminHttpTest, IsHealthyWhileTheEngineAnswers) {
  serve();
  EXPECT_THAT(get("/health"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\n")));
}

TEST_F(AdminHttpTest, IsNotHealthyOnceTheEngineIsSilent) {
  is_engine_silent = true;
  sources.patience.ping = 200ms;
  serve();
  EXPECT_THAT(get("/health"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(counted(AdminMetric::engine_silent), 1U);
}

TEST_F(AdminHttpTest, IsHealthyAgainOnceTheEngineAnswersAgain) {
  is_engine_silent = true;
  sources.patience.ping = 200ms;
  serve();
  EXPECT_THAT(get("/health"), StartsWith("HTTP/1.1 503 "));
  is_engine_silent = false;
  answer_what_was_asked();
  EXPECT_THAT(get("/health"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminHttpTest, IsReadyAsLongAsTheServerSaysSo) {
  serve();
  EXPECT_THAT(get("/ready"), StartsWith("HTTP/1.1 200 "));
  is_ready = false;
  EXPECT_THAT(get("/ready"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(AdminHttpTest, KnowsNoOtherPath) {
  serve();
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/metrics/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/metrics?x=1"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminHttpTest, ChangesNothingOnAnyMethod) {
  serve();
  const std::string rest = " /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"})
    EXPECT_THAT(ask(method + rest),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")))
        << method;
}

TEST_F(AdminHttpTest, AnswersHeadWithoutABody) {
  serve();
  const std::string response =
      ask("HEAD /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(response, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n"));
}

TEST_F(AdminHttpTest, KeepsAConnectionForMoreRequests) {
  serve();
  Client client{at};
  const std::string request = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  client.send(request + request);
  EXPECT_THAT(client.read_response(), EndsWith("ok\n"));
  EXPECT_THAT(client.read_response(), EndsWith("ok\n"));
  client.send(request);
  EXPECT_THAT(client.read_response(), EndsWith("ok\n"));
}

TEST_F(AdminHttpTest, RefusesAHeaderBeyondItsBound) {
  serve({.header_bytes = 1'024, .idle_timeout = 200ms});
  const std::string response =
      ask("GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + std::string(100'000, 'x'));
  EXPECT_THAT(response, StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(counted(AdminMetric::refused_http_request), 1U);
}

TEST_F(AdminHttpTest, RefusesABody) {
  serve({.idle_timeout = 200ms});
  EXPECT_THAT(ask("POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(AdminHttpTest, RefusesWhatIsNotHttp) {
  serve({.idle_timeout = 200ms});
  EXPECT_THAT(ask("\x16\x03\x01 hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET /ready HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(AdminHttpTest, IsNotDelayedByASlowClientAndClosesItsConnection) {
  serve({.idle_timeout = 300ms});
  Client slow{at};
  slow.send("GET /ready HTT");

  EXPECT_THAT(get("/ready"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(slow.read_to_end(), "");
}

TEST_F(AdminHttpTest, ClosesConnectionsBeyondItsBound) {
  serve({.connections = 2});
  const std::string request = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  {
    Client first{at};
    Client second{at};
    first.send(request);
    second.send(request);
    first.read_response();
    second.read_response();

    EXPECT_EQ(Client{at}.read_to_end(), "");
    EXPECT_EQ(counted(AdminMetric::refused_http_connections), 1U);
  }
  // The others have gone, but the server may learn that later than we come back.
  std::string response;
  while (response.empty()) response = get("/ready");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminHttpTest, OnLoopbackRefusesAHostThatCouldHaveBeenRebound) {
  serve();
  const std::string rest = "\r\nConnection: close\r\n\r\n";
  EXPECT_THAT(ask("GET /metrics HTTP/1.1\r\nHost: rebound.example" + rest),
              AllOf(StartsWith("HTTP/1.1 421 "), Not(HasSubstr("sluice_"))));
  EXPECT_THAT(ask("GET /ready HTTP/1.1\r\nHost: localhost:9353" + rest),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(counted(AdminMetric::refused_http_host), 1U);
}

TEST_F(AdminHttpTest, OnOtherAddressesTakesAnyHost) {
  serve({}, *Endpoint::parse("0.0.0.0:0", 0));
  EXPECT_THAT(ask("GET /ready HTTP/1.1\r\nHost: node.example\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST(AdminHttpHost, TrustsAddressesAndLocalhostOnly) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:9353", "[::1]:9353", "[2001:db8::1]",
                           "192.0.2.1", "localhost", "LocalHost:80"})
    EXPECT_TRUE(is_address_or_localhost(host)) << host;
  for (const char* host : {"", "example", "localhost.example", "127.0.0.1.example",
                           "127.0.0.1:80.example", "[::1].example"})
    EXPECT_FALSE(is_address_or_localhost(host)) << host;
}

TEST_F(AdminHttpTest, SaysWhichAddressIsTaken) {
  serve();
  AdminHttp second{admin.loop, sources};
  const auto bound = second.listen(at);
  ASSERT_FALSE(bound.has_value());
  EXPECT_THAT(bound.error(), HasSubstr(at.to_string()));
  stop();
}

TEST_F(AdminHttpTest, EndsWhileARequestStillWaitsForTheEngine) {
  is_engine_silent = true;
  serve();
  Client client{at};
  client.send("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_THAT(get("/ready"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace sluice::net
