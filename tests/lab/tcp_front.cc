#include <utility>

#include "tests/lab/tcp_front.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "resolver/dns/message.h"
#include "tests/lab/tcp_segments.h"

namespace sluice::lab {

namespace asio = boost::asio;
using boost::system::error_code;

struct TcpFront::Connection {
  explicit Connection(asio::ip::tcp::socket accepted) : socket{std::move(accepted)} {}

  /// Segments that came since the last call.
  std::uint32_t take_segments() {
    const std::uint32_t seen = segments_received(socket.native_handle());
    return seen - std::exchange(segments_seen, seen);
  }

  asio::ip::tcp::socket socket;
  std::array<std::byte, 2> length{};
  Message message;
  std::deque<Message> outgoing;  // the first one is being written
  std::uint32_t segments_seen = 0;
};

TcpFront::TcpFront(asio::io_context& io, const asio::ip::tcp::endpoint& endpoint,
                   OnArrival on_arrival)
    : acceptor_{io, endpoint}, on_arrival_{std::move(on_arrival)} {
  accept();
}

TcpFront::~TcpFront() = default;

void TcpFront::close() {
  error_code ignored;
  acceptor_.close(ignored);
  connections_.clear();
}

void TcpFront::accept() {
  acceptor_.async_accept([this](error_code ec, asio::ip::tcp::socket socket) {
    if (ec == asio::error::operation_aborted) return;
    if (!ec && connections_.size() < kMaxConnections) {
      const ConnectionId id = next_id_++;
      Connection& connection =
          *connections_.emplace(id, std::make_unique<Connection>(std::move(socket))).first->second;
      on_arrival_(id, {}, connection.take_segments());
      read_length(id);
    }
    accept();
  });
}

void TcpFront::read_length(ConnectionId id) {
  Connection& connection = *connections_.at(id);
  asio::async_read(connection.socket,
                   asio::buffer(connection.length.data(), connection.length.size()),
                   [this, id](error_code ec, std::size_t) {
                     if (find(id) == nullptr) return;
                     if (ec) return drop(id);
                     read_message(id);
                   });
}

void TcpFront::read_message(ConnectionId id) {
  Connection& connection = *connections_.at(id);
  connection.message.resize(dns::read_u16(connection.length, 0));
  asio::async_read(connection.socket,
                   asio::buffer(connection.message.data(), connection.message.size()),
                   [this, id](error_code ec, std::size_t) {
                     Connection* const reader = find(id);
                     if (reader == nullptr) return;
                     if (ec) return drop(id);
                     on_arrival_(id, reader->message, reader->take_segments());
                     if (find(id) != nullptr) read_length(id);
                   });
}

void TcpFront::send(ConnectionId id, Message message) {
  Connection* const connection = find(id);
  if (connection == nullptr) return;
  std::array<std::byte, 2> length{};
  dns::write_u16(length, 0, static_cast<std::uint16_t>(message.size()));
  message.insert(message.begin(), length.begin(), length.end());
  connection->outgoing.push_back(std::move(message));
  if (connection->outgoing.size() == 1) write_next(id);
}

void TcpFront::write_next(ConnectionId id) {
  Connection& connection = *connections_.at(id);
  const Message& message = connection.outgoing.front();
  asio::async_write(connection.socket, asio::buffer(message.data(), message.size()),
                    [this, id](error_code ec, std::size_t) {
                      Connection* const writer = find(id);
                      if (writer == nullptr) return;
                      if (ec) return drop(id);
                      writer->outgoing.pop_front();
                      if (!writer->outgoing.empty()) write_next(id);
                    });
}

TcpFront::Connection* TcpFront::find(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

void TcpFront::drop(ConnectionId id) {
  const std::uint32_t segments = connections_.at(id)->take_segments();
  if (segments != 0) on_arrival_(id, {}, segments);
  connections_.erase(id);
}

}  // namespace sluice::lab
