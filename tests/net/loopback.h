#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "cache/response_cache.h"
#include "resolver/answer_path.h"
#include "resolver/net/query_sink.h"
#include "resolver/net/socket.h"
#include "tests/net/event_loop.h"
#include "tests/support/cached_answers.h"
#include "tests/support/wire.h"

/// Clients on the loopback interface and what a listener needs around it, in one thread.
namespace sluice::net {

/// A socket of a client, connected, so that it hears nothing from any other address.
class LoopbackClient {
 public:
  /// `from` chooses the client's own address where a test needs a certain one.
  LoopbackClient(int type, const Endpoint& server, std::optional<Endpoint> from = std::nullopt,
                 int receive_buffer = 0) {
    const auto to = to_socket_address(server);
    socket_ = Socket{::socket(to.storage.ss_family, type | SOCK_CLOEXEC, 0)};
    if (receive_buffer != 0)
      ::setsockopt(socket_.descriptor(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                   sizeof receive_buffer);
    if (from) {
      const auto own = to_socket_address(*from);
      if (::bind(socket_.descriptor(), own.get(), own.size) != 0) throw std::runtime_error{"bind"};
    }
    if (::connect(socket_.descriptor(), to.get(), to.size) != 0)
      throw std::runtime_error{"connect"};
  }

  void send(std::span<const std::byte> bytes) {
    if (::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error{"send"};
  }
  /// What has arrived by now; nullopt if nothing has, empty at the end of a stream.
  std::optional<wire::Bytes> receive() {
    wire::Bytes bytes(65'536);
    const ssize_t size = ::recv(socket_.descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN ? std::nullopt : std::optional{wire::Bytes{}};
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }
  void close_writing() { ::shutdown(socket_.descriptor(), SHUT_WR); }
  [[nodiscard]] Endpoint local() const { return local_endpoint(socket_.descriptor()); }
  [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

 private:
  Socket socket_;
};

/// Stands in for the engine: keeps what it is given.
class RecordingSink final : public QuerySink {
 public:
  struct Taken {
    ClientRef client;
    dns::Query query;
  };

  void on_query(const ClientRef& client, const dns::Query& query) override {
    taken.push_back({client, query});
  }
  void on_refresh(const dns::Query& query) override { refreshes.push_back(query); }

  std::vector<Taken> taken;
  std::vector<dns::Query> refreshes;
};

/// The response that the sink's owner sends to a query.
inline wire::Bytes response_to(const RecordingSink::Taken& taken, std::string_view question,
                               const wire::Records& answer) {
  return wire::response(question, answer, {.id = taken.query.id});
}

}  // namespace sluice::net
