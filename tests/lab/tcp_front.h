#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>

#include "tests/lab/answer.h"

namespace sluice::lab {

/// The TCP side of the emulated resolver: connections, the two-octet framing of RFC 1035 section
/// 4.2.2, and how many segments each one brought.
///
/// Decides nothing. Thread-confined to the io_context's thread; must outlive its run().
/// Bound: kMaxConnections; more are closed at once.
class TcpFront {
 public:
  static constexpr std::size_t kMaxConnections = 1'024;

  using ConnectionId = std::uint64_t;
  /// Something came in: `segments` of TCP (TCP_INFO tcpi_segs_in) since the last call for this
  /// connection and perhaps a message; a handshake or a close comes without one.
  using OnArrival = std::function<void(ConnectionId id, std::span<const std::byte> message,
                                       std::uint32_t segments)>;

  /// Listens at `endpoint`; throws boost::system::system_error if it cannot.
  TcpFront(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& endpoint,
           OnArrival on_arrival);
  ~TcpFront();
  TcpFront(const TcpFront&) = delete;
  TcpFront& operator=(const TcpFront&) = delete;

  /// Sends a message, in order; nothing happens if the connection is gone.
  void send(ConnectionId id, Message message);
  void close();

 private:
  struct Connection;

  void accept();
  void read_length(ConnectionId id);
  void read_message(ConnectionId id);
  void write_next(ConnectionId id);
  [[nodiscard]] Connection* find(ConnectionId id);
  void drop(ConnectionId id);

  boost::asio::ip::tcp::acceptor acceptor_;
  OnArrival on_arrival_;
  std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
  ConnectionId next_id_ = 1;
};

}  // namespace sluice::lab
