#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "tests/net/cares_contract.h"

namespace sluice::net {
namespace {

using CaresTcpContract = CaresContract;

TEST_F(CaresTcpContract, PipelinesOnOneConnectionAndTakesAnswersInAnyOrder) {
  for (std::uint16_t i = 0; i < 8; ++i)
    EXPECT_EQ(start(tcp.endpoint(), edns_query(i), Transport::tcp), 0U);
  TcpPeer peer = accept();
  auto queries = queries_at(peer, 8);
  ASSERT_EQ(queries.size(), 8U);
  EXPECT_EQ(queries[3], edns_query(3));
  std::reverse(queries.begin(), queries.end());
  for (const Bytes& query : queries) peer.send(long_response_to(query, 6000));

  ASSERT_TRUE(run_until_outcomes(8));
  for (std::uint32_t i = 0; i < 8; ++i) {
    EXPECT_EQ(sink.outcomes[i].id.slot, 7 - i);
    EXPECT_EQ(sink.outcomes[i].status, ExchangeStatus::answered);
    EXPECT_EQ(sink.outcomes[i].response, long_response_to(queries[i], 6000));
    EXPECT_EQ(sink.outcomes[i].packets_sent, 0U);
  }
  EXPECT_EQ(sink.opened, 1);
  EXPECT_FALSE(tcp.accept().is_open());
}

TEST_F(CaresTcpContract, KeepsTheConnectionForTheNextQuery) {
  std::optional<TcpPeer> peer;
  for (std::uint16_t i = 0; i < 3; ++i) {
    start(tcp.endpoint(), edns_query(i), Transport::tcp);
    if (!peer) peer.emplace(accept());
    for (const Bytes& query : queries_at(*peer, 1)) peer->send(response_to(query));
    ASSERT_TRUE(run_until_outcomes(i + 1U));
  }

  EXPECT_EQ(sink.opened, 1);
}

TEST_F(CaresTcpContract, DeliversFormerrOverTcpAsAnAnswer) {
  start(tcp.endpoint(), edns_query(1), Transport::tcp);
  TcpPeer peer = accept();
  for (const Bytes& query : queries_at(peer, 1)) peer.send(response_to(query, 1));

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::answered);
  EXPECT_TRUE(peer.receive().empty());
}

TEST_F(CaresTcpContract, ReplacesAnIdThatIsInUseOnTheConnectionAndRestoresIt) {
  for (const auto* name : {"a.example.", "b.example.", "a.example."})
    start(tcp.endpoint(), edns_query(0xffff, name), Transport::tcp);
  TcpPeer peer = accept();
  const auto queries = queries_at(peer, 3);
  ASSERT_EQ(queries.size(), 3U);
  std::set<std::uint16_t> ids;
  for (const Bytes& query : queries) ids.insert(dns::read_u16(query, 0));
  EXPECT_EQ(ids.size(), 3U);
  for (const Bytes& query : queries) peer.send(response_to(query));

  ASSERT_TRUE(run_until_outcomes(3));
  for (const Outcome& outcome : sink.outcomes)
    EXPECT_EQ(outcome.response,
              response_to(edns_query(0xffff, outcome.id.slot == 1 ? "b.example." : "a.example.")));
}

TEST_F(CaresTcpContract, ReportsTheSegmentsThatTheServerGot) {
  auto changed = limits();
  changed.tcp_idle = 150ms;
  use(changed);
  std::optional<TcpPeer> peer;
  for (std::uint16_t i = 0; i < 5; ++i) {
    start(tcp.endpoint(), edns_query(i), Transport::tcp);
    if (!peer) peer.emplace(accept());
    for (const Bytes& query : queries_at(*peer, 1)) peer->send(response_to(query));
    ASSERT_TRUE(run_until_outcomes(i + 1U));
    EXPECT_GT(sink.segments, i);
  }

  ASSERT_TRUE(run_until([&] { return sink.closed == 1; }));
  EXPECT_EQ(sink.opened, 1);
  EXPECT_EQ(sink.segments, peer->segments_received());
}

TEST_F(CaresTcpContract, ReportsTheEndOfAConnectionForEachQueryOnItAndOpensAnother) {
  for (std::uint16_t i = 0; i < 3; ++i) start(tcp.endpoint(), edns_query(i), Transport::tcp);
  TcpPeer peer = accept();
  ASSERT_EQ(queries_at(peer, 3).size(), 3U);
  peer.close();

  ASSERT_TRUE(run_until_outcomes(3));
  for (const Outcome& outcome : sink.outcomes) EXPECT_EQ(outcome.status, ExchangeStatus::closed);
  EXPECT_EQ(sink.closed, 1);

  start(tcp.endpoint(), edns_query(4), Transport::tcp);
  TcpPeer second = accept();
  for (const Bytes& query : queries_at(second, 1)) second.send(response_to(query));
  ASSERT_TRUE(run_until_outcomes(4));
  EXPECT_EQ(sink.outcomes[3].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.opened, 2);
}

TEST_F(CaresTcpContract, NoticesThatTheServerClosedAnIdleConnection) {
  start(tcp.endpoint(), edns_query(1), Transport::tcp);
  TcpPeer peer = accept();
  for (const Bytes& query : queries_at(peer, 1)) peer.send(response_to(query));
  ASSERT_TRUE(run_until_outcomes(1));
  peer.close();

  EXPECT_TRUE(run_until([&] { return sink.closed == 1; }));
}

TEST_F(CaresTcpContract, ReportsARefusedConnectionAsUnreachable) {
  const Endpoint nobody = closed_endpoint();
  start(nobody, edns_query(1), Transport::tcp);

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::unreachable);
  EXPECT_EQ(sink.opened, sink.closed);
  EXPECT_EQ(sink.segments, 1U);  // the SYN
}

TEST_F(CaresTcpContract, TakesNoMoreQueriesOnAConnectionThatLeftOneUnanswered) {
  auto changed = limits();
  changed.max_open = 2;
  use(changed);
  for (std::uint16_t i = 0; i < 3; ++i) start(tcp.endpoint(), edns_query(i), Transport::tcp);
  TcpPeer silent = accept();
  TcpPeer fresh = accept();
  const auto old_queries = queries_at(silent, 2);
  ASSERT_EQ(old_queries.size(), 2U);
  silent.send(response_to(old_queries[0]));  // too late: slot 0 has expired
  silent.send(response_to(old_queries[1]));
  for (const Bytes& query : queries_at(fresh, 1)) fresh.send(response_to(query));

  ASSERT_TRUE(run_until_outcomes(3));
  std::sort(sink.outcomes.begin(), sink.outcomes.end(),
            [](const Outcome& a, const Outcome& b) { return a.id.slot < b.id.slot; });
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::expired);
  EXPECT_EQ(sink.outcomes[1].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.outcomes[2].status, ExchangeStatus::answered);
  EXPECT_EQ(sink.closed, 1);
  EXPECT_EQ(exchange->open(), 0U);
}

TEST_F(CaresTcpContract, KeepsAConnectionForEachInterface) {
  start(tcp.endpoint(), edns_query(1), Transport::tcp, 0);
  start(tcp.endpoint(), edns_query(2), Transport::tcp, 1);

  TcpPeer first = accept();
  TcpPeer second = accept();
  EXPECT_EQ(queries_at(first, 1).size() + queries_at(second, 1).size(), 2U);
}

TEST_F(CaresTcpContract, HasABoundOnConnections) {
  std::vector<TcpUpstream> servers(CaresExchange::kMaxConnections + 1);
  for (const TcpUpstream& server : servers) start(server.endpoint(), edns_query(1), Transport::tcp);

  ASSERT_TRUE(run_until_outcomes(1));
  EXPECT_EQ(sink.outcomes[0].id.slot, CaresExchange::kMaxConnections);
  EXPECT_EQ(sink.outcomes[0].status, ExchangeStatus::no_socket);
}

}  // namespace
}  // namespace sluice::net
