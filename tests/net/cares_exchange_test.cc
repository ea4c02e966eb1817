#include <sys/resource.h>

#include <algorithm>
#include <set>

#include <boost/asio/steady_timer.hpp>

#include "tests/net/cares_contract.h"

namespace sluice::net {
namespace {

TEST_F(CaresContract, SendsTheBytesOfAQueryUnchangedInOneDatagram) {
  for (const Bytes& query : {edns_query(0x1234), plain_query(0xfedc)}) {
    EXPECT_EQ(start(udp.endpoint(), query), 1U);

    EXPECT_EQ(next_query().bytes, query);
  }
}

TEST_F(CaresContract, DeliversTheAnswerUnchangedWithItsExchange) {
  start(udp.endpoint(), edns_query(0x1234));
  const auto query = next_query();
  const Bytes response = long_response_to(query.bytes, 300);
  udp.send(query, response);

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].id, (ExchangeId{0, 7}));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.outcomes[0].response, response);
  EXPECT_EQ(sink.outcomes[0].packets_sent, 1U);
  EXPECT_EQ(sink.outcomes[0].mismatched, 0U);
  EXPECT_EQ(exchange->open(), 0U);
}

TEST_F(CaresContract, DeliversEveryRcode) {
  for (std::uint16_t rcode = 0; rcode < 16; ++rcode) {
    const Bytes query = plain_query(rcode);  // with OPT, FORMERR means something else
    start(udp.endpoint(), query);
    udp.send(next_query(), response_to(query, rcode));

    ASSERT_TRUE(run_until_outcomes(rcode + 1U));
    EXPECT_EQ(sink.outcomes.back().status, ExchangeStatus::answered);
    EXPECT_EQ(sink.outcomes.back().response, response_to(query, rcode));
  }
}

TEST_F(CaresContract, DeliversServfailRefusedAndNotimpToAnEdnsQuery) {
  for (const auto code : {dns::Rcode::servfail, dns::Rcode::notimp, dns::Rcode::refused}) {
    const auto rcode = static_cast<std::uint16_t>(code);
    sink.outcomes.clear();
    start(udp.endpoint(), edns_query(rcode));
    const auto query = next_query();
    udp.send(query, response_to(query.bytes, rcode));

    ASSERT_TRUE(run_until_outcomes(1));
    EXPECT_EQ(sink.outcomes[0].response, response_to(query.bytes, rcode));
  }
}

TEST_F(CaresContract, DeliversATruncatedAnswerAndTriesNoTcp) {
  Socket stream = bind_loopback(SOCK_STREAM);
  ::listen(stream.descriptor(), 4);
  start(udp.endpoint(), edns_query(1));
  const auto query = next_query();
  Bytes response = response_to(query.bytes);
  response[2] |= std::byte{dns::Header::kTc >> 8};
  udp.send(query, response);

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].response, response);
  EXPECT_EQ(sink.opened, 0);
  EXPECT_TRUE(udp.receive().empty());
}

TEST_F(CaresContract, DeliversAnswersOfUpTo4096OctetsWhole) {
  for (const std::size_t size : {513U, 1232U, 1500U, 2500U, 4000U, 4096U}) {
    sink.outcomes.clear();
    start(udp.endpoint(), edns_query(1));
    const auto query = next_query();
    const Bytes response = long_response_to(query.bytes, size);
    ASSERT_EQ(response.size(), size);
    udp.send(query, response);

    ASSERT_TRUE(run_until_outcomes(1));
    EXPECT_EQ(sink.outcomes[0].response, response) << size;
  }
}

TEST_F(CaresContract, MarksAnAnswerThatWasClippedAsTruncated) {
  start(udp.endpoint(), plain_query(1));  // no OPT: at most 512 octets were allowed
  const auto query = next_query();
  udp.send(query, long_response_to(query.bytes, 700));

  ASSERT_TRUE(run_until_outcomes(1));
  const Bytes& response = sink.outcomes[0].response;
  ASSERT_EQ(response.size(), dns::kPlainUdpSize);
  EXPECT_TRUE(dns::Header::read(response)->has(dns::Header::kTc));
}

TEST_F(CaresContract, SkipsEmptyAndOversizedDatagrams) {
  start(udp.endpoint(), edns_query(1));
  const auto query = next_query();
  udp.send(query, {});
  udp.send(query, long_response_to(query.bytes, 5000));
  udp.send(query, response_to(query.bytes));

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.outcomes[0].response, response_to(query.bytes));
  EXPECT_EQ(sink.outcomes[0].mismatched, 2U);
}

TEST_F(CaresContract, UsesANewSourcePortForEachQueryOneAfterTheOther) {
  std::set<std::uint16_t> ports;
  for (std::uint16_t i = 0; i < 64; ++i) {
    start(udp.endpoint(), edns_query(i));
    const auto query = next_query();
    ports.insert(query.port());
    udp.send(query, response_to(query.bytes));
    ASSERT_TRUE(run_until_outcomes(i + 1U));
  }

  EXPECT_GE(ports.size(), 60U);
}

TEST_F(CaresContract, UsesDifferentPortsForQueriesAtTheSameTime) {
  for (std::uint16_t i = 0; i < 64; ++i) start(udp.endpoint(), edns_query(i));

  std::set<std::uint16_t> ports;
  for (const auto& query : udp.receive()) ports.insert(query.port());
  EXPECT_EQ(ports.size(), 64U);
}

TEST_F(CaresContract, ClosesTheSocketWithTheExchange) {
  start(udp.endpoint(), edns_query(1));
  const auto query = next_query();
  udp.send(query, response_to(query.bytes));
  ASSERT_TRUE(run_until_outcomes(1));

  Socket again{::socket(AF_INET, SOCK_DGRAM, 0)};
  EXPECT_EQ(
      ::bind(again.descriptor(), reinterpret_cast<const sockaddr*>(&query.from), sizeof query.from),
      0);
}

TEST_F(CaresContract, ReportsThatEdnsWasRefusedWithoutAskingAgain) {
  for (std::uint16_t i = 0; i < 2; ++i) {  // the channel is as new for the second one
    start(udp.endpoint(), edns_query(i));
    const auto query = next_query();
    EXPECT_EQ(query.bytes, edns_query(i));
    udp.send(query, response_to(query.bytes, 1));

    ASSERT_TRUE(run_until_outcomes(i + 1U));
    EXPECT_EQ(sink.outcomes[i].status, ExchangeStatus::edns_refused);
    EXPECT_EQ(sink.outcomes[i].packets_sent, 1U);
    EXPECT_EQ(sink.outcomes[i].mismatched, 0U);
    EXPECT_TRUE(udp.receive().empty());
  }
}

TEST_F(CaresContract, DeliversAFormerrThatHasAnOpt) {
  start(udp.endpoint(), edns_query(1));
  const auto query = next_query();
  Bytes response = response_to(query.bytes, 1);
  append_opt(response);
  udp.send(query, response);

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.outcomes[0].response, response);
}

TEST_F(CaresContract, ReportsAClosedPortAsUnreachable) {
  const Endpoint server = udp.endpoint();
  udp.close();
  EXPECT_EQ(start(server, edns_query(1)), 1U);

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::unreachable);
  EXPECT_EQ(sink.outcomes[0].packets_sent, 1U);
}

TEST_F(CaresContract, ReportsAnUnknownInterfaceAsUnreachableAfterStartHasReturned) {
  auto changed = limits();
  changed.interfaces = {"", "no-such-if"};
  use(changed);

  EXPECT_EQ(start(udp.endpoint(), edns_query(1), Transport::udp, 1), 0U);
  EXPECT_TRUE(sink.outcomes.empty());
  EXPECT_EQ(exchange->open(), 1U);

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::unreachable);
  EXPECT_EQ(sink.outcomes[0].packets_sent, 0U);
  EXPECT_EQ(exchange->open(), 0U);
}

TEST_F(CaresContract, SendsByTheInterfaceThatIsNamed) {
  EXPECT_EQ(start(udp.endpoint(), edns_query(1), Transport::udp, 1), 1U);

  EXPECT_EQ(next_query().bytes, edns_query(1));
}

TEST_F(CaresContract, ReportsNoSocketWhenDescriptorsHaveRunOut) {
  start(udp.endpoint(), edns_query(1));  // what is made lazily is made now
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;

  ::setrlimit(RLIMIT_NOFILE, &none);
  const std::uint32_t udp_sent = start(udp.endpoint(), edns_query(2));
  start(tcp.endpoint(), edns_query(3), Transport::tcp);
  ::setrlimit(RLIMIT_NOFILE, &before);

  EXPECT_EQ(udp_sent, 0U);
  ASSERT_TRUE(run_until_outcomes(2));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::no_socket);
  EXPECT_EQ(sink.outcomes[0].packets_sent, 0U);
  EXPECT_EQ(sink.outcomes[1].status, ExchangeStatus::no_socket);
  EXPECT_EQ(sink.opened, 0);
}

TEST_F(CaresContract, DeliversALateAnswer) {
  auto changed = limits();
  changed.linger = 300ms;
  use(changed);
  start(udp.endpoint(), edns_query(1));
  const auto query = next_query();
  boost::asio::steady_timer late{loop, 150ms};
  late.async_wait([&](auto) { udp.send(query, response_to(query.bytes)); });

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
}

TEST_F(CaresContract, ExpiresInTheOrderOfStartingWhatIsNotAnswered) {
  auto changed = limits();
  changed.linger = 50ms;
  use(changed);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint16_t i = 0; i < 3; ++i) start(udp.endpoint(), edns_query(i));
  start(tcp.endpoint(), edns_query(3), Transport::tcp);

  ASSERT_TRUE(run_until_outcomes(4));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(sink.outcomes[i].id.slot, i);
    EXPECT_EQ(sink.outcomes[i].status, ExchangeStatus::expired);
  }
  EXPECT_EQ(sink.outcomes[0].packets_sent, 1U);
  EXPECT_EQ(exchange->open(), 0U);
}

TEST_F(CaresContract, ExpiresTheOldestToMakeRoom) {
  auto changed = limits();
  changed.max_open = 4;
  use(changed);
  for (std::uint16_t i = 0; i < 6; ++i) EXPECT_EQ(start(udp.endpoint(), edns_query(i)), 1U);

  EXPECT_EQ(exchange->evicted(), 2U);
  ASSERT_TRUE(run_until_outcomes(2));
  EXPECT_EQ(sink.outcomes[0].id.slot, 0U);
  EXPECT_EQ(sink.outcomes[1].id.slot, 1U);
  EXPECT_EQ(sink.outcomes[1].status, ExchangeStatus::expired);
  EXPECT_EQ(exchange->open(), 4U);
  const auto queries = udp.receive();
  ASSERT_EQ(queries.size(), 6U);
  for (const auto& query : queries) udp.send(query, response_to(query.bytes));
  ASSERT_TRUE(run_until_outcomes(6));
  EXPECT_EQ(sink.outcomes[5].status, ExchangeStatus::answered);
}

TEST_F(CaresContract, GivesAnswersOfManyAtOnceToTheirExchanges) {
  for (std::uint16_t i = 0; i < 128; ++i) start(udp.endpoint(), edns_query(i));
  auto queries = udp.receive();
  ASSERT_EQ(queries.size(), 128U);
  std::reverse(queries.begin(), queries.end());
  for (const auto& query : queries) udp.send(query, response_to(query.bytes));

  ASSERT_TRUE(run_until_outcomes(128));
  for (const Outcome& outcome : sink.outcomes)
    EXPECT_EQ(dns::read_u16(outcome.response, 0), outcome.id.slot);
}

TEST_F(CaresContract, LetsTheSinkStartExchangesFromItsCalls) {
  sink.then = [&](const Outcome& outcome) {
    if (outcome.id.slot < 40) start(udp.endpoint(), edns_query(2));
    EXPECT_EQ(outcome.response, response_to(edns_query(outcome.id.slot == 0 ? 1 : 2)));
  };
  start(udp.endpoint(), edns_query(1));

  ASSERT_TRUE(run_until([&] {
    for (const auto& query : udp.receive()) udp.send(query, response_to(query.bytes));
    return sink.outcomes.size() == 41;
  }));
}

TEST_F(CaresContract, IsDestroyedWithOpenExchangesWithoutCallingTheSink) {
  start(udp.endpoint(), edns_query(1));
  start(tcp.endpoint(), edns_query(2), Transport::tcp);
  start(closed_endpoint(), edns_query(3), Transport::tcp);
  TcpPeer peer = accept();
  sink = {};

  exchange.reset();
  loop.restart();
  loop.run();  // handlers that the loop still holds find nobody

  EXPECT_TRUE(sink.outcomes.empty());
  EXPECT_EQ(sink.closed, 0);
}

TEST_F(CaresContract, GivesUpTheMemoryOfChannelsBeyondThoseKeptWarm) {
  const std::uint16_t count = CaresExchange::kWarmChannels + 30;
  for (int round = 0; round < 2; ++round) {  // the second round warms them up again
    sink.outcomes.clear();
    for (std::uint16_t i = 0; i < count; ++i) EXPECT_EQ(start(udp.endpoint(), edns_query(i)), 1U);
    for (const auto& query : udp.receive()) udp.send(query, response_to(query.bytes));

    ASSERT_TRUE(run_until_outcomes(count));
    for (const Outcome& outcome : sink.outcomes)
      EXPECT_EQ(outcome.status, ExchangeStatus::answered);
  }
}

}  // namespace
}  // namespace sluice::net
