#include "resolver/answer_path.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/cached_answers.h"
#include "tests/support/wire.h"

namespace sluice {
namespace {

using metrics::WorkerMetric;
using Outcome = AnswerPath::Outcome;

constexpr TimePoint t0{1000s};
const wire::Records kAnswer{"www.example. 60 IN A 192.0.2.1"};

ClientRef client_at(std::string_view endpoint, Transport transport = Transport::udp) {
  ClientRef client;
  client.client = Endpoint::parse(endpoint, 1024).value();
  client.transport = transport;
  return client;
}

const ClientRef kLocalClient = client_at("127.0.0.1");
const ClientRef kRemoteClient = client_at("192.0.2.77");
const ClientRef kTcpClient = client_at("192.0.2.77", Transport::tcp);

wire::Records many_addresses(int count) {
  wire::Records records;
  for (int i = 0; i < count; ++i)
    records.push_back("many.example. 60 IN A 198.51.100." + std::to_string(i));
  return records;
}

class AnswerPathTest : public ::testing::Test {
 protected:
  AnswerPathTest() {
    store_answer(cache_, "www.example. A", kAnswer, t0);
    store_answer(cache_, "many.example. A", many_addresses(100), t0);  // 1,630 octets
  }

  Outcome ask(const wire::Bytes& message, const ClientRef& client = kLocalClient,
              TimePoint now = t0) {
    const auto verdict = answers_.answer(message, client, now, out_, query_);
    reply_ = {};
    reply_size_ = verdict.size;
    if (verdict.outcome == Outcome::replied)
      reply_ = wire::read(std::span{out_}.first(verdict.size));
    return verdict.outcome;
  }
  std::uint64_t count(WorkerMetric metric) { return counters_.get(metric); }

  cache::ResponseCache cache_{1 << 20, {.k0 = 1, .k1 = 2}};
  WorkerCounters counters_;
  AnswerPath answers_{cache_, counters_};
  wire::Bytes out_ = wire::Bytes(AnswerPath::kOutSize);
  dns::Query query_;
  wire::Message reply_;
  std::size_t reply_size_ = 0;
};

TEST_F(AnswerPathTest, AnswersFromTheCacheInTheClientsOwnLetters) {
  EXPECT_EQ(ask(wire::query("wWw.eXample. A", {.id = 42})), Outcome::replied);

  EXPECT_EQ(reply_.id, 42);
  EXPECT_TRUE(reply_.is_response);
  EXPECT_TRUE(reply_.recursion_desired);
  EXPECT_TRUE(reply_.recursion_available);
  EXPECT_EQ(reply_.question, "wWw.eXample. A");
  ASSERT_EQ(reply_.answer.size(), 1);
  EXPECT_FALSE(reply_.edns.has_value());
  EXPECT_EQ(count(WorkerMetric::queries_udp), 1);
  EXPECT_EQ(count(WorkerMetric::cache_hits), 1);
  EXPECT_EQ(count(WorkerMetric::cache_misses), 0);
}

TEST_F(AnswerPathTest, AgesWhatItAnswers) {
  EXPECT_EQ(ask(wire::query("www.example. A"), kLocalClient, t0 + 20s), Outcome::replied);
  EXPECT_EQ(reply_.answer, wire::Records{"www.example. 40 IN A 192.0.2.1"});
}

TEST_F(AnswerPathTest, LeavesToTheEngineWhatHasExpired) {
  EXPECT_EQ(ask(wire::query("www.example. A"), kLocalClient, t0 + 60s), Outcome::missed);
}

TEST_F(AnswerPathTest, LeavesToTheEngineWhatIsNotCached) {
  const auto message = wire::query("mail.example. AAAA", {.id = 43, .edns = wire::Edns{}});

  EXPECT_EQ(ask(message), Outcome::missed);

  EXPECT_EQ(query_.id, 43);
  EXPECT_EQ(query_.question, wire::question("mail.example. AAAA"));
  EXPECT_TRUE(query_.edns.has_value());
  EXPECT_EQ(count(WorkerMetric::cache_misses), 1);
  EXPECT_EQ(count(WorkerMetric::cache_hits), 0);
}

TEST_F(AnswerPathTest, AMissOutlivesItsMessage) {
  const auto message =
      wire::query("mail.example. A", {.edns = wire::Edns{.options = wire::option(10, "12345678")}});

  ASSERT_EQ(ask(message), Outcome::missed);

  EXPECT_TRUE(query_.edns->options.empty());
}

TEST_F(AnswerPathTest, KeepsQueriesWithDoAndCdApart) {
  EXPECT_EQ(ask(wire::query("www.example. A", {.edns = wire::Edns{.dnssec_ok = true}})),
            Outcome::missed);
  EXPECT_EQ(ask(wire::query("www.example. A", {.checking_disabled = true})), Outcome::missed);

  dns::LookupKey key = wire::key("www.example. A");
  key.dnssec_ok = true;
  store_answer(cache_, key, wire::response("www.example. A", kAnswer), t0);
  EXPECT_EQ(ask(wire::query("www.example. A", {.edns = wire::Edns{.dnssec_ok = true}})),
            Outcome::replied);
  EXPECT_TRUE(reply_.edns->dnssec_ok);
}

TEST_F(AnswerPathTest, TruncatesWhatAPlainClientCannotTake) {
  EXPECT_EQ(ask(wire::query("many.example. A")), Outcome::replied);

  EXPECT_TRUE(reply_.truncated);
  EXPECT_TRUE(reply_.answer.empty());
  EXPECT_LE(reply_size_, 512);
  EXPECT_EQ(count(WorkerMetric::replies_truncated), 1);
}

TEST_F(AnswerPathTest, SendsAClientOnThisHostAllThatItOffersToTake) {
  const auto message = wire::query("many.example. A", {.edns = wire::Edns{.udp_size = 4'096}});

  EXPECT_EQ(ask(message, kLocalClient), Outcome::replied);
  EXPECT_FALSE(reply_.truncated);
  EXPECT_EQ(reply_.answer.size(), 100);

  EXPECT_EQ(ask(message, client_at("[::1]")), Outcome::replied);
  EXPECT_FALSE(reply_.truncated);
}

TEST_F(AnswerPathTest, SendsNoClientBeyondTheNetworkMoreThan1232Octets) {
  const auto message = wire::query("many.example. A", {.edns = wire::Edns{.udp_size = 4'096}});

  EXPECT_EQ(ask(message, kRemoteClient), Outcome::replied);

  EXPECT_TRUE(reply_.truncated);
  EXPECT_EQ(udp_limit_for(kRemoteClient), 1'232);
}

TEST_F(AnswerPathTest, NeverMakesADatagramThatIpCannotCarry) {
  EXPECT_EQ(udp_limit_for(kLocalClient), 65'535 - 20 - 8);
}

TEST_F(AnswerPathTest, TruncatesNothingOverTcp) {
  EXPECT_EQ(ask(wire::query("many.example. A"), kTcpClient), Outcome::replied);

  EXPECT_FALSE(reply_.truncated);
  EXPECT_EQ(reply_.answer.size(), 100);
  EXPECT_EQ(count(WorkerMetric::queries_tcp), 1);
  EXPECT_EQ(count(WorkerMetric::queries_udp), 0);
  EXPECT_EQ(count(WorkerMetric::replies_truncated), 0);
}

TEST_F(AnswerPathTest, SaysNothingToAResponse) {
  EXPECT_EQ(ask(wire::response("www.example. A", kAnswer)), Outcome::silent);
  EXPECT_EQ(count(WorkerMetric::dropped_responses), 1);
}

TEST_F(AnswerPathTest, SaysNothingToLessThanAHeader) {
  EXPECT_EQ(ask(wire::hex("1234 0100 0001 0000 0000 00")), Outcome::silent);
  EXPECT_EQ(ask({}), Outcome::silent);
  EXPECT_EQ(count(WorkerMetric::dropped_malformed), 2);
}

TEST_F(AnswerPathTest, AnswersFormerrToAMalformedQuery) {
  wire::Bytes message = wire::query("www.example. A", {.id = 44});
  message.push_back(std::byte{0});

  EXPECT_EQ(ask(message), Outcome::replied);

  EXPECT_EQ(reply_.id, 44);
  EXPECT_EQ(reply_.rcode, 1);
  EXPECT_EQ(count(WorkerMetric::errors_formerr), 1);
}

TEST_F(AnswerPathTest, AnswersNotimpToAnotherOpcode) {
  wire::Bytes message = wire::query("www.example. A");
  message[2] = std::byte{0x21};  // NOTIFY

  EXPECT_EQ(ask(message), Outcome::replied);

  EXPECT_EQ(reply_.rcode, 4);
  EXPECT_EQ(reply_.opcode, 4);
  EXPECT_EQ(count(WorkerMetric::errors_notimp), 1);
}

TEST_F(AnswerPathTest, AnswersBadversToALaterEdns) {
  EXPECT_EQ(ask(wire::query("www.example. A", {.edns = wire::Edns{.version = 1}})),
            Outcome::replied);

  EXPECT_EQ(reply_.rcode, 16);
  EXPECT_EQ(count(WorkerMetric::errors_badvers), 1);
}

TEST_F(AnswerPathTest, RefusesZoneTransfersWithAReason) {
  for (const char* question : {"example. AXFR", "example. IXFR"}) {
    EXPECT_EQ(ask(wire::query(question, {.edns = wire::Edns{}}), kTcpClient), Outcome::replied);
    EXPECT_EQ(reply_.rcode, 5) << question;
    ASSERT_TRUE(reply_.ede.has_value());
    EXPECT_EQ(reply_.ede->code, 21);
  }
}

TEST_F(AnswerPathTest, AnswersFormerrToATypeThatIsNoQuestion) {
  for (const char* question : {"www.example. TYPE41", "www.example. TYPE250"}) {
    EXPECT_EQ(ask(wire::query(question)), Outcome::replied);
    EXPECT_EQ(reply_.rcode, 1) << question;
  }
  EXPECT_EQ(count(WorkerMetric::errors_formerr), 2);
}

TEST_F(AnswerPathTest, LetsEveryOtherTypeAndClassThrough) {
  for (const char* question : {"www.example. ANY", "www.example. TYPE65280", "www.example. TKEY",
                               "version.bind. CH TXT", "www.example. CLASS255 A"}) {
    EXPECT_EQ(ask(wire::query(question)), Outcome::missed) << question;
  }
}

TEST_F(AnswerPathTest, AnswersFromTheCacheWithoutRecursionButNeverForwards) {
  EXPECT_EQ(ask(wire::query("www.example. A", {.recursion_desired = false})), Outcome::replied);
  EXPECT_EQ(reply_.answer, kAnswer);
  EXPECT_FALSE(reply_.recursion_desired);

  EXPECT_EQ(ask(wire::query("mail.example. A", {.recursion_desired = false, .edns = wire::Edns{}})),
            Outcome::replied);
  EXPECT_EQ(reply_.rcode, 5);
  ASSERT_TRUE(reply_.ede.has_value());
  EXPECT_EQ(reply_.ede->code, 20);
}

}  // namespace
}  // namespace sluice
