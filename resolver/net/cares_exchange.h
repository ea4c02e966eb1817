#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "resolver/base/clock.h"
#include "resolver/net/cares_channel.h"
#include "resolver/net/exchange.h"
#include "resolver/net/open_exchanges.h"

namespace sluice::net {

/// Do53 exchanges by c-ares.
///
/// Over UDP each exchange has a channel, and so a socket and a random port, of its own (RFC 5452
/// section 9.2), and sends one datagram. Over TCP the exchanges with one server by one interface
/// share a connection that is kept (RFC 7766 section 6.2.1). An exchange stays open for `linger`,
/// so that an answer that the engine no longer waits for is still delivered. When `max_open` wait,
/// the oldest one expires early to make room: it is the one most surely given up.
///
/// Thread-confined to the engine's loop. The sink is called from handlers of the loop only, and
/// not at all once the destructor has begun. Must not be destroyed by the sink.
class CaresExchange final : public Exchange {
 public:
  struct Limits {
    std::size_t max_open = 1'024;  ///< 73 KiB each while so many are open, with c-ares 1.18
    Duration linger = std::chrono::seconds{10};
    Duration tcp_idle = std::chrono::seconds{10};  ///< RFC 7766 section 6.2.3
    /// What StartExchange::interface refers to; the first is "": as the routes say.
    std::vector<std::string> interfaces{""};
  };
  /// Channels kept warm while no exchange needs them; others give their memory back.
  static constexpr std::size_t kWarmChannels = 64;
  /// TCP connections at once, over all servers and interfaces.
  static constexpr std::size_t kMaxConnections = 64;

  CaresExchange(boost::asio::io_context& loop, ExchangeSink& sink, Limits limits);
  ~CaresExchange() override;
  CaresExchange(const CaresExchange&) = delete;
  CaresExchange& operator=(const CaresExchange&) = delete;

  std::uint32_t start(const StartExchange& action) override;
  [[nodiscard]] std::size_t open() const noexcept override { return exchanges_.unreported(); }

  /// After a reload: the list grows, what an index means does not change.
  void use_interfaces(std::vector<std::string> names) { limits_.interfaces = std::move(names); }

  /// Exchanges that expired early because max_open waited.
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }

 private:
  struct Connection {
    std::unique_ptr<CaresChannel> channel;
    bool reported_open = false;
    TimePoint idle_since = kNever;  // kNever: it carries queries
  };
  struct ConnectionReport {
    Endpoint server;
    ConnectionEvent event;
    std::uint32_t segments;
  };

  /// Both return the datagrams that left.
  std::uint32_t start_udp(const StartExchange& action, OpenExchange& exchange, TimePoint now);
  std::uint32_t start_tcp(const StartExchange& action, OpenExchange& exchange, TimePoint now);
  [[nodiscard]] const std::string& interface_of(const StartExchange& action) const;
  void fail(OpenExchange& exchange);
  void give_up(OpenExchange& exchange, TimePoint now);

  [[nodiscard]] CaresChannel& take_channel(CaresChannel::Kind kind);
  /// The kept connection or a new one; nullptr if there is no room or memory for one.
  [[nodiscard]] Connection* connection_to(const Endpoint& server, const std::string& interface);
  [[nodiscard]] bool make_room_for_connection();
  void close_connection(std::size_t index);
  void close_idle_connections(TimePoint now);
  void note_traffic(Connection& connection);
  /// What is due whenever c-ares has run for a channel.
  void tend(CaresChannel& channel, TimePoint now);

  void await_events();
  void on_events();
  void arm_timer();
  void on_timer();
  void report_later();
  void report();

  ExchangeSink& sink_;
  Limits limits_;
  CaresLibrary library_;
  boost::asio::io_context& loop_;
  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer timer_;
  TimePoint timer_due_ = kNever;
  bool report_posted_ = false;
  std::uint64_t evicted_ = 0;

  OpenExchanges exchanges_;
  std::vector<std::unique_ptr<CaresChannel>> udp_;
  std::array<std::vector<CaresChannel*>, 2> resting_;  // of udp_, by kind
  std::vector<Connection> connections_;
  std::vector<ConnectionReport> reports_, reporting_;

  // Handlers that the loop still holds look here whether we are gone.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sluice::net
