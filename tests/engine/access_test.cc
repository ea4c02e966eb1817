// Who may ask, how often, and by which cookie a client is known.
#include "tests/engine/answer_path_fixture.h"

namespace sluice {
namespace {

using metrics::WorkerMetric;
using Outcome = AnswerPath::Outcome;

using AccessTest = AnswerPathTest;

TEST_F(AccessTest, ClientsOfThisHostAndOfListedNetworksAreAnswered) {
  for (const ClientRef& client :
       {kLocalClient, client_at("[::1]"), client_at("127.8.8.8"), kRemoteClient, kTcpClient})
    EXPECT_EQ(ask(wire::query("www.example. A"), client), Outcome::replied);
  EXPECT_EQ(reply_.rcode, 0);
  EXPECT_EQ(count(WorkerMetric::denied), 0);
}

TEST_F(AccessTest, StrangersAreRefusedInAsManyOctetsAsTheySent) {
  const auto plain = wire::query("www.example. A");
  const auto with_edns = wire::query("www.example. A", {.edns = wire::Edns{}});

  EXPECT_EQ(ask(plain, kStranger), Outcome::replied);
  EXPECT_EQ(reply_.rcode, 5);
  EXPECT_TRUE(reply_.answer.empty());
  EXPECT_EQ(reply_size_, plain.size());
  EXPECT_EQ(ask(with_edns, kStranger), Outcome::replied);
  EXPECT_EQ(reply_.ede, (wire::Ede{18, ""}));
  EXPECT_EQ(reply_size_, with_edns.size() + 6) << "the code of the EDE";
  EXPECT_EQ(count(WorkerMetric::denied), 2);
  EXPECT_EQ(count(WorkerMetric::cache_hits), 0);
}

TEST_F(AccessTest, StrangersWithMalformedMessagesGetNothing) {
  auto message = wire::query("www.example. A");
  message.push_back(std::byte{0});

  EXPECT_EQ(ask(message, kStranger), Outcome::silent);

  EXPECT_EQ(count(WorkerMetric::dropped_denied), 1);
}

TEST_F(AccessTest, StrangersAboveTheRateGetNothing) {
  access_.limit.set(1, 1);

  EXPECT_EQ(ask(wire::query("www.example. A"), kStranger), Outcome::replied);
  EXPECT_EQ(ask(wire::query("www.example. A"), kStranger), Outcome::silent);

  EXPECT_EQ(count(WorkerMetric::dropped_denied), 1);
}

TEST_F(AccessTest, NobodyButThisHostMayAskBeforeTheListIsThere) {
  AnswerPath fresh{cache_, access_, counters_};
  const auto message = wire::query("www.example. A");

  (void)fresh.answer(message, kRemoteClient, t0, out_, query_);
  EXPECT_EQ(dns::read_u16(out_, 2) & dns::Header::kRcodeMask, 5);
  (void)fresh.answer(message, kLocalClient, t0, out_, query_);
  EXPECT_EQ(dns::read_u16(out_, 2) & dns::Header::kRcodeMask, 0);
}

TEST_F(AccessTest, AClientAboveItsRateIsToldToComeByTcp) {
  access_.limit.set(10, 2);
  const auto message = wire::query("www.example. A", {.edns = wire::Edns{}});

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ask(message, kRemoteClient), Outcome::replied);
    EXPECT_FALSE(reply_.truncated);
  }
  EXPECT_EQ(ask(message, kRemoteClient), Outcome::replied);

  EXPECT_TRUE(reply_.truncated);
  EXPECT_TRUE(reply_.answer.empty());
  EXPECT_EQ(reply_.rcode, 0);
  EXPECT_EQ(reply_size_, message.size()) << "nobody gains by forging a source";
  EXPECT_EQ(count(WorkerMetric::limited), 1);
  EXPECT_EQ(ask(message, kTcpClient), Outcome::replied);
  EXPECT_FALSE(reply_.truncated);
  EXPECT_EQ(ask(message, kRemoteClient, t0 + 100ms), Outcome::replied);
  EXPECT_FALSE(reply_.truncated) << "a tenth of a second later there is one more";
}

TEST_F(AccessTest, ClientsOfThisHostHaveNoLimit) {
  access_.limit.set(1, 1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(ask(wire::query("www.example. A")), Outcome::replied);
    EXPECT_FALSE(reply_.truncated);
  }
}

/// Of a type that is answered at any time.
wire::Bytes query_with(const wire::Bytes& options) {
  return wire::query("www.example. ANY", {.edns = wire::Edns{.options = options}});
}

const std::string kClientCookie = "8 octets";

TEST_F(AccessTest, GivesACookieToAClientThatSendsOne) {
  EXPECT_EQ(ask(query_with(wire::option(10, kClientCookie)), kRemoteClient), Outcome::replied);

  const auto& options = reply_.edns->options;
  ASSERT_EQ(options.size(), 4u + 24);
  EXPECT_EQ(wire::concat(wire::hex("000A 0018"), std::as_bytes(std::span{kClientCookie})),
            wire::Bytes(options.begin(), options.begin() + 12));
  EXPECT_EQ(reply_.answer.size(), 1u);
  EXPECT_EQ(count(WorkerMetric::cookies_new), 1);
}

TEST_F(AccessTest, AClientWithItsCookieIsNotLimited) {
  ASSERT_EQ(ask(query_with(wire::option(10, kClientCookie)), kRemoteClient), Outcome::replied);
  const auto with_cookie = query_with(reply_.edns->options);
  access_.limit.set(1, 1);

  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask(with_cookie, kRemoteClient), Outcome::replied);
    EXPECT_FALSE(reply_.truncated);
  }
  EXPECT_EQ(count(WorkerMetric::cookies_good), 10);

  EXPECT_EQ(ask(with_cookie, client_at("192.0.2.78")), Outcome::replied);
  EXPECT_EQ(ask(with_cookie, client_at("192.0.2.78")), Outcome::replied);
  EXPECT_TRUE(reply_.truncated) << "another's cookie proves nothing";
  EXPECT_EQ(count(WorkerMetric::cookies_bad), 2);
}

TEST_F(AccessTest, RenewsACookieThatGrowsOldAndForgetsItAfterAnHour) {
  ASSERT_EQ(ask(query_with(wire::option(10, kClientCookie)), kRemoteClient), Outcome::replied);
  const auto first = reply_.edns->options;

  (void)ask(query_with(first), kRemoteClient, t0 + 29min);
  EXPECT_EQ(reply_.edns->options, first);
  (void)ask(query_with(first), kRemoteClient, t0 + 31min);
  EXPECT_NE(reply_.edns->options, first);
  EXPECT_EQ(count(WorkerMetric::cookies_bad), 0);
  (void)ask(query_with(first), kRemoteClient, t0 + 61min);
  EXPECT_EQ(count(WorkerMetric::cookies_bad), 1);
}

TEST_F(AccessTest, AMalformedCookieIsAnErrorOfForm) {
  for (const std::size_t size : {0u, 7u, 9u, 15u, 41u}) {
    EXPECT_EQ(ask(query_with(wire::option(10, std::string(size, 'c')))), Outcome::replied);
    EXPECT_EQ(reply_.rcode, 1) << size;
  }
}

TEST_F(AccessTest, ACookieIsGivenWithoutAQuestion) {
  auto message = wire::hex("BEEF 0100 0000 0000 0000 0001 00 0029 04D0 00000000 000C");
  message = wire::concat(message, wire::option(10, kClientCookie));

  EXPECT_EQ(ask(message, kRemoteClient), Outcome::replied);

  EXPECT_EQ(reply_.rcode, 0);
  EXPECT_EQ(reply_.question, "");
  EXPECT_EQ(reply_.edns->options.size(), 4u + 24);
  EXPECT_EQ(ask(wire::hex("BEEF 0100 0000 0000 0000 0000")), Outcome::replied);
  EXPECT_EQ(reply_.rcode, 1) << "without a cookie there must be a question";
}

TEST_F(AccessTest, TellsHowLongAConnectionMayBeIdleToThoseWhoAsk) {
  answers_.keep_connections_for(12'345ms);
  const auto asking =
      wire::query("www.example. A", {.edns = wire::Edns{.options = wire::option(11, "")}});

  EXPECT_EQ(ask(asking, kTcpClient), Outcome::replied);
  EXPECT_EQ(reply_.edns->options, wire::hex("000B 0002 007B"));
  EXPECT_EQ(ask(asking, kRemoteClient), Outcome::replied);
  EXPECT_TRUE(reply_.edns->options.empty()) << "never over UDP (RFC 7828 section 3.2.2)";
  EXPECT_EQ(ask(query_with(wire::option(11, "xx")), kTcpClient), Outcome::replied);
  EXPECT_EQ(reply_.rcode, 1) << "only a server has a time-out to tell";
}

}  // namespace
}  // namespace sluice
