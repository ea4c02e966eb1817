#include <algorithm>
#include <cctype>
#include <functional>
#include <string>
#include <vector>

#include "tests/net/cares_contract.h"

// What is let through of what comes to the socket of a query (RFC 5452 section 9.1).

namespace sluice::net {
namespace {

constexpr std::uint16_t kId = 0x1234;

/// `message` with the letters of its question in lower case.
Bytes in_lower_case(Bytes message) {
  for (std::size_t at = dns::kHeaderSize; at + 4 < question_end(message); ++at)
    message[at] = static_cast<std::byte>(std::tolower(std::to_integer<int>(message[at])));
  return message;
}

Bytes with_id(Bytes message, std::uint16_t id) {
  dns::write_u16(message, 0, id);
  return message;
}

/// The header of an answer that repeats no question.
Bytes bare_response_to(const Bytes& query, std::uint16_t rcode) {
  Bytes bytes = response_to(query, rcode);
  bytes.resize(dns::kHeaderSize);
  dns::write_u16(bytes, 4, 0);
  return bytes;
}

/// Datagrams that answer no query for WwW.example. with kId.
std::vector<Bytes> forgeries() {
  const Bytes query = edns_query(kId);
  Bytes other_type = response_to(query);
  dns::write_u16(other_type, other_type.size() - 4, 28);
  Bytes other_class = response_to(query);
  dns::write_u16(other_class, other_class.size() - 2, 3);
  Bytes clear_qr = response_to(query);
  clear_qr[2] &= std::byte{0x7f};
  Bytes two_questions = response_to(query);
  dns::write_u16(two_questions, 4, 2);
  Bytes cut = response_to(query);
  cut.pop_back();
  return {with_id(response_to(query, 3), kId + 1),
          response_to(edns_query(kId, "mail.example.")),
          response_to(edns_query(kId, "WwW.example.org.")),
          response_to(edns_query(kId, "WwW.exampl.")),
          other_type,
          other_class,
          clear_qr,
          query,
          two_questions,
          cut,
          bare_response_to(query, 0),
          with_id(bare_response_to(query, 2), kId + 1),
          {std::byte{0x12}, std::byte{0x34}},
          {},
          long_response_to(query, 5'000)};
}

TEST_F(CaresContract, WaitsPastADatagramThatDoesNotAnswerTheQuery) {
  const Bytes query = edns_query(kId);
  std::size_t number = 0;
  for (const Bytes& forgery : forgeries()) {
    sink.outcomes.clear();
    start(udp.endpoint(), query);
    const auto asked = next_query();
    udp.send(asked, forgery);
    udp.send(asked, response_to(query));

    ASSERT_TRUE(run_until_outcomes(1)) << number;
    EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered) << number;
    EXPECT_EQ(sink.outcomes[0].response, response_to(query)) << number;
    EXPECT_EQ(sink.outcomes[0].mismatched, 1U) << number;
    EXPECT_EQ(sink.outcomes[0].case_mismatched, 0U) << number;
    ++number;
  }
}

TEST_F(CaresContract, TakesTheAnswerAfterThreeThatDoNotMatch) {
  start(udp.endpoint(), edns_query(kId));
  const auto query = next_query();
  for (std::uint16_t i = 1; i <= 3; ++i)
    udp.send(query, with_id(response_to(query.bytes), kId + i));
  udp.send(query, response_to(query.bytes));

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.outcomes[0].response, response_to(query.bytes));
  EXPECT_EQ(sink.outcomes[0].mismatched, 3U);
}

TEST_F(CaresContract, ListensToNothingAfterFourThatDoNotMatch) {
  start(udp.endpoint(), edns_query(kId));
  const auto query = next_query();
  for (std::uint16_t i = 1; i <= 4; ++i)
    udp.send(query, with_id(response_to(query.bytes), kId + i));
  udp.send(query, response_to(query.bytes));

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::suspicious);
  EXPECT_EQ(sink.outcomes[0].response, Bytes{});
  EXPECT_EQ(sink.outcomes[0].packets_sent, 1U);
  EXPECT_EQ(sink.outcomes[0].mismatched, UpstreamSocket::kMaxMismatched);
  EXPECT_EQ(exchange->open(), 0U);

  Socket again{::socket(AF_INET, SOCK_DGRAM, 0)};
  EXPECT_EQ(
      ::bind(again.descriptor(), reinterpret_cast<const sockaddr*>(&query.from), sizeof query.from),
      0)
      << "the port is free";
}

TEST_F(CaresContract, CountsWhatDoesNotMatchOverSeveralTurns) {
  start(udp.endpoint(), edns_query(kId));
  const auto query = next_query();
  for (std::uint16_t i = 1; i <= 4; ++i) {
    EXPECT_TRUE(sink.outcomes.empty()) << i;
    udp.send(query, with_id(response_to(query.bytes), kId + i));
    loop.restart();
    loop.run_one_for(5s);
  }

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::suspicious);
}

TEST_F(CaresContract, StartsEachExchangeWithoutSuspicion) {
  for (std::uint16_t id = 1; id <= 20; ++id) {  // on the same channel
    start(udp.endpoint(), edns_query(id));
    const auto query = next_query();
    udp.send(query, id % 2 == 0 ? in_lower_case(response_to(query.bytes)) : Bytes{});
    udp.send(query, response_to(query.bytes));

    ASSERT_TRUE(run_until_outcomes(id));
    EXPECT_EQ(sink.outcomes.back().status,
              id % 2 == 0 ? ExchangeStatus::suspicious : ExchangeStatus::answered);
    EXPECT_EQ(sink.outcomes.back().mismatched, 1U);
  }
}

TEST_F(CaresContract, EndsAtAnAnswerInAnotherLetterCaseAndSaysSo) {
  start(udp.endpoint(), edns_query(kId, "WwW.example."));
  const auto query = next_query();
  udp.send(query, in_lower_case(response_to(query.bytes)));
  udp.send(query, response_to(query.bytes));

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::suspicious);
  EXPECT_EQ(sink.outcomes[0].response, Bytes{});
  EXPECT_EQ(sink.outcomes[0].mismatched, 1U);
  EXPECT_EQ(sink.outcomes[0].case_mismatched, 1U);
}

TEST_F(CaresContract, TakesAnyLetterCaseInAnswerToAQueryInLowerCase) {
  start(udp.endpoint(), edns_query(kId, "www.example."));
  const auto query = next_query();
  udp.send(query, response_to(edns_query(kId, "WWW.Example.")));

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.outcomes[0].response, response_to(edns_query(kId, "WWW.Example.")));
  EXPECT_EQ(sink.outcomes[0].case_mismatched, 0U);
}

TEST_F(CaresContract, DeliversTheHeaderOfAnErrorWithoutQuestion) {
  for (const auto code : {dns::Rcode::servfail, dns::Rcode::notimp, dns::Rcode::refused}) {
    const auto rcode = static_cast<std::uint16_t>(code);
    sink.outcomes.clear();
    start(udp.endpoint(), edns_query(kId));
    const auto query = next_query();
    Bytes response = bare_response_to(query.bytes, rcode);
    append_opt(response);  // what else it has is not looked at
    udp.send(query, response);

    ASSERT_TRUE(run_until_outcomes(1));
    EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
    EXPECT_EQ(sink.outcomes[0].response, bare_response_to(query.bytes, rcode));
    EXPECT_EQ(sink.outcomes[0].mismatched, 0U);
  }
}

TEST_F(CaresContract, KnowsByAFormerrWithoutQuestionThatEdnsWasRefused) {
  for (const Bytes& query : {edns_query(kId), plain_query(kId)}) {
    sink.outcomes.clear();
    start(udp.endpoint(), query);
    udp.send(next_query(), bare_response_to(query, 1));

    ASSERT_TRUE(run_until_outcomes(1));
    const bool has_opt = query == edns_query(kId);
    EXPECT_EQ(sink.outcomes[0].status,
              has_opt ? ExchangeStatus::edns_refused : ExchangeStatus::answered);
    EXPECT_EQ(sink.outcomes[0].response, has_opt ? Bytes{} : bare_response_to(query, 1));
    EXPECT_EQ(sink.outcomes[0].packets_sent, 1U);
    EXPECT_EQ(sink.outcomes[0].mismatched, 0U);
    EXPECT_TRUE(udp.receive().empty());
  }
}

TEST_F(CaresContract, IgnoresDatagramsFromOtherAddressesAndPorts) {
  start(udp.endpoint(), edns_query(kId));
  const auto query = next_query();
  UdpUpstream stranger;  // the same address, another port
  for (int i = 0; i < 10; ++i) stranger.send(query, response_to(query.bytes, 3));
  Socket elsewhere{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const SocketAddress other = to_socket_address(
      Endpoint{.address = *Address::parse("127.0.0.2"), .port = udp.endpoint().port});
  ASSERT_EQ(::bind(elsewhere.descriptor(), other.get(), other.size), 0);
  const Bytes forged = response_to(query.bytes, 3);
  ::sendto(elsewhere.descriptor(), forged.data(), forged.size(), 0,
           reinterpret_cast<const sockaddr*>(&query.from), sizeof query.from);
  udp.send(query, response_to(query.bytes));

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].response, response_to(query.bytes));
  EXPECT_EQ(sink.outcomes[0].mismatched, 0U);
}

}  // namespace
}  // namespace sluice::net
