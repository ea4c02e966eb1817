#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/net/open_exchanges.h"
#include "resolver/net/upstream_socket.h"

struct ares_channeldata;

namespace sluice::net {

/// c-ares' global state, for as long as channels are in use. Make it before threads start.
class CaresLibrary {
 public:
  CaresLibrary();
  ~CaresLibrary();
  CaresLibrary(const CaresLibrary&) = delete;
  CaresLibrary& operator=(const CaresLibrary&) = delete;
};

/// A c-ares channel with one server and one socket: one query at a time over UDP, each from a fresh
/// socket; many over TCP, on one connection.
///
/// Reads no file of the system's but /dev/urandom. c-ares' own retries, time-outs, search and
/// switching to TCP are off; see README.md for what c-ares still does and how it is kept in check.
///
/// Thread-confined. c-ares 1.18 takes 73 KiB and 50 us for a channel, so that channels are reused;
/// cool() gives the memory back. Does not call the sink: outcomes go to OpenExchanges, perhaps
/// inside send().
class CaresChannel {
 public:
  /// c-ares takes the last 11 octets of a query for an OPT record on a channel that speaks EDNS,
  /// and clips answers to 512 octets on one that does not.
  enum class Kind : std::uint8_t { udp_edns, udp_plain, tcp };

  CaresChannel(Kind kind, int epoll, OpenExchanges& exchanges);
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  /// Where the next query goes. Requires: nothing is carried. False: no memory for the channel.
  [[nodiscard]] bool aim(const Endpoint& server, const std::string& interface);

  /// Sends the query, once. The exchange is settled by the answer, a failure, what looks like
  /// forgery, or give_up(), and released when c-ares has done with it. Over TCP its ID is replaced
  /// if it is in use here.
  void send(OpenExchange& exchange, std::span<const std::byte> query);

  /// Settles the exchange as expired. A TCP connection with an unanswered query takes no more and
  /// is_finished() once the others on it are settled: c-ares cannot forget a single query.
  void give_up(OpenExchange& exchange);

  /// Lets c-ares read and write as the events of epoll allow.
  void process(std::uint32_t events);

  /// Frees c-ares' part, until the next aim(). Requires: nothing is carried.
  void cool() noexcept;

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] UpstreamSocket& socket() noexcept { return socket_; }
  /// Queries whose outcome is not settled.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
  /// c-ares changed its ways on this channel (it gave up EDNS): cool() it before the next use.
  [[nodiscard]] bool is_spoilt() const noexcept { return socket_.refused_resend(); }
  /// TCP: may carry one more query.
  [[nodiscard]] bool takes_more() const noexcept { return socket_.fd() >= 0 && !retiring_; }
  /// TCP: the connection has ended or has no further use.
  [[nodiscard]] bool is_finished() const noexcept {
    return waiting_ == 0 && (socket_.fd() < 0 || retiring_);
  }

 private:
  struct Callbacks;  // the C functions that c-ares calls

  [[nodiscard]] bool warm_up();
  void end_early();
  void settle(OpenExchange& exchange, int status, std::span<const std::byte> response);
  void release(OpenExchange& exchange) noexcept;
  [[nodiscard]] ExchangeStatus failure(int status) const noexcept;
  [[nodiscard]] std::span<const std::byte> with_free_id(OpenExchange& exchange,
                                                        std::span<const std::byte> query);

  Kind kind_;
  UpstreamSocket socket_;
  OpenExchanges& exchanges_;
  ares_channeldata* cares_ = nullptr;
  std::size_t waiting_ = 0;
  OpenExchange* carried_ = nullptr;  // UDP: the one that waits
  bool retiring_ = false;
  std::unique_ptr<std::bitset<65'536>> ids_in_use_;  // TCP
  std::vector<std::byte> renamed_;                   // a query with another ID
};

}  // namespace sluice::net
