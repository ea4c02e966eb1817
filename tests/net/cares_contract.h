#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "resolver/net/cares_exchange.h"
#include "tests/net/fake_upstream.h"

// The contract with c-ares: each behaviour that the exchange relies on is pinned in the tests that
// use this, against servers of their own on the loopback interface.

namespace sluice::net {

struct Outcome {
  ExchangeId id;
  ExchangeStatus status;
  Bytes response;
  std::uint32_t packets_sent;
  std::uint32_t mismatched;
  std::uint32_t case_mismatched;
};

class RecordingSink final : public ExchangeSink {
 public:
  void on_exchange_done(ExchangeId id, const ExchangeOutcome& outcome) override {
    EXPECT_FALSE(is_starting);
    outcomes.push_back({id,
                        outcome.status,
                        {outcome.response.begin(), outcome.response.end()},
                        outcome.packets_sent,
                        outcome.mismatched,
                        outcome.case_mismatched});
    if (then) then(outcomes.back());
  }
  void on_connection(const Endpoint&, ConnectionEvent event, std::uint32_t count) override {
    EXPECT_FALSE(is_starting);
    opened += event == ConnectionEvent::opened;
    closed += event == ConnectionEvent::closed;
    segments += count;
  }

  std::vector<Outcome> outcomes;
  std::function<void(const Outcome&)> then;
  int opened = 0, closed = 0;
  std::uint32_t segments = 0;
  bool is_starting = false;
};

class CaresContract : public testing::Test {
 protected:
  static CaresExchange::Limits limits() {
    return {.max_open = 128, .linger = 5s, .tcp_idle = 5s, .interfaces = {"", "lo"}};
  }

  void use(CaresExchange::Limits changed) { exchange.emplace(loop, sink, std::move(changed)); }

  std::uint32_t start(const Endpoint& server, const Bytes& query,
                      Transport transport = Transport::udp, std::uint16_t interface = 0) {
    const StartExchange action{.id = {next_slot++, 7},
                               .server = server,
                               .transport = transport,
                               .interface = interface,
                               .query = query};
    sink.is_starting = true;
    const std::uint32_t sent = exchange->start(action);
    sink.is_starting = false;
    return sent;
  }

  /// Runs the loop until `done` holds; false after 5 s.
  bool run_until(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      loop.restart();
      loop.run_one_for(5ms);
    }
    return true;
  }
  bool run_until_outcomes(std::size_t count) {
    return run_until([&] { return sink.outcomes.size() >= count; });
  }

  UdpUpstream::Datagram next_query() {
    auto queries = udp.receive();
    EXPECT_EQ(queries.size(), 1U);
    return queries.empty() ? UdpUpstream::Datagram{} : queries.front();
  }

  /// The next connection, once the exchange has made it.
  TcpPeer accept() {
    TcpPeer peer{-1};
    EXPECT_TRUE(run_until([&] { return (peer = tcp.accept()).is_open(); }));
    return peer;
  }
  std::vector<Bytes> queries_at(TcpPeer& peer, std::size_t count) {
    std::vector<Bytes> all;
    EXPECT_TRUE(run_until([&] {
      for (Bytes& query : peer.receive()) all.push_back(std::move(query));
      return all.size() >= count;
    }));
    return all;
  }

  /// Nobody listens there.
  static Endpoint closed_endpoint() {
    return local_endpoint(bind_loopback(SOCK_STREAM).descriptor());
  }

  boost::asio::io_context loop;
  RecordingSink sink;
  UdpUpstream udp;
  TcpUpstream tcp;
  std::optional<CaresExchange> exchange{std::in_place, loop, sink, limits()};
  std::uint32_t next_slot = 0;
};

}  // namespace sluice::net
