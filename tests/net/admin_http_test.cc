#include "resolver/net/admin_http.h"

#include <gmock/gmock.h>

#include "tests/net/http_fixture.h"

namespace sluice::net {
namespace {

using metrics::AdminMetric;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class AdminHttpTest : public HttpFixture {};

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
  EXPECT_THAT(get("/no-such-page"), StartsWith("HTTP/1.1 404 "));
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
  HttpClient client{at};
  const std::string request = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  client.send(request + request);
  EXPECT_THAT(client.read_response(), EndsWith("ok\n"));
  EXPECT_THAT(client.read_response(), EndsWith("ok\n"));
  client.send(request);
  EXPECT_THAT(client.read_response(), EndsWith("ok\n"));
}

TEST_F(AdminHttpTest, RefusesAHeaderBeyondItsBound) {
  serve({.session = {.header_bytes = 1'024, .idle_timeout = 200ms}});
  const std::string response =
      ask("GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + std::string(100'000, 'x'));
  EXPECT_THAT(response, StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(counted(AdminMetric::refused_http_request), 1U);
}

TEST_F(AdminHttpTest, RefusesABody) {
  serve({.session = {.idle_timeout = 200ms}});
  EXPECT_THAT(ask("POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(AdminHttpTest, RefusesWhatIsNotHttp) {
  serve({.session = {.idle_timeout = 200ms}});
  EXPECT_THAT(ask("\x16\x03\x01 hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET /ready HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(AdminHttpTest, IsNotDelayedByASlowClientAndClosesItsConnection) {
  serve({.session = {.idle_timeout = 300ms}});
  HttpClient slow{at};
  slow.send("GET /ready HTT");

  EXPECT_THAT(get("/ready"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(slow.read_to_end(), "");
}

TEST_F(AdminHttpTest, ClosesConnectionsBeyondItsBound) {
  serve({.connections = 2});
  const std::string request = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  {
    HttpClient first{at};
    HttpClient second{at};
    first.send(request);
    second.send(request);
    first.read_response();
    second.read_response();

    EXPECT_EQ(HttpClient{at}.read_to_end(), "");
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
  HttpClient client{at};
  client.send("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_THAT(get("/ready"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace sluice::net
