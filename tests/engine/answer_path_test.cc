#include "resolver/answer_path.h"

#include "tests/engine/answer_path_fixture.h"

namespace sluice {
namespace {

using metrics::WorkerMetric;

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
  EXPECT_EQ(reply_.answer.size(), (512 - 12 - 14 - 4) / 16) << "as many as fit";
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
  for (const char* question : {"www.example. TYPE65280", "www.example. TKEY",
                               "version.bind. CH TXT", "www.example. CLASS255 A"}) {
    EXPECT_EQ(ask(wire::query(question)), Outcome::missed) << question;
  }
}

TEST_F(AnswerPathTest, AnswersFromTheCacheWithoutRecursionAndLeavesTheRestToTheEngine) {
  EXPECT_EQ(ask(wire::query("www.example. A", {.recursion_desired = false})), Outcome::replied);
  EXPECT_EQ(reply_.answer, kAnswer);
  EXPECT_FALSE(reply_.recursion_desired);

  EXPECT_EQ(ask(wire::query("mail.example. A", {.recursion_desired = false})), Outcome::missed);
  EXPECT_FALSE(query_.has(dns::Header::kRd));
}

TEST_F(AnswerPathTest, AnswersAnyOverUdpWithARecordOfItsOwn) {
  EXPECT_EQ(ask(wire::query("www.example. ANY")), Outcome::replied);
  EXPECT_EQ(reply_.answer, wire::Records{"www.example. 3600 IN HINFO \"RFC8482\" \"\""});
  EXPECT_EQ(reply_.rcode, 0);
  EXPECT_EQ(count(WorkerMetric::any_answers), 1);

  EXPECT_EQ(ask(wire::query("www.example. ANY"), kTcpClient), Outcome::missed)
      << "whoever comes by TCP has not forged its source";
}

}  // namespace
}  // namespace sluice
