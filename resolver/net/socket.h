#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "resolver/base/endpoint.h"
#include "resolver/base/result.h"

namespace sluice::net {

/// A socket's descriptor, closed with its owner.
class Socket {
 public:
  Socket() noexcept = default;
  explicit Socket(int descriptor) noexcept : descriptor_{descriptor} {}
  Socket(Socket&& other) noexcept : descriptor_{other.release()} {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

/// Whether other sockets of ours may bind the same address and port, so that the kernel spreads
/// the clients over them (SO_REUSEPORT).
enum class PortSharing : std::uint8_t { alone, shared };

/// A bound, non-blocking UDP socket for answering clients: on a wildcard it reports for each
/// datagram which address was asked, and it never sets DF (RFC 9715). The error is one line that
/// names the address, the reason, and what to do.
[[nodiscard]] Result<Socket, std::string> open_udp(const Endpoint& endpoint, PortSharing sharing);

/// A non-blocking TCP socket that listens. Bound alone: a second daemon on the same address fails
/// here, even where their UDP sockets would share the port.
[[nodiscard]] Result<Socket, std::string> open_tcp(const Endpoint& endpoint);

/// `wanted`, its port, if 0, replaced by one that was free for both UDP and TCP a moment ago. The
/// kernel chooses for one of them only, and the other may well be taken by somebody's query.
[[nodiscard]] Result<Endpoint, std::string> with_free_port(const Endpoint& wanted);

/// An endpoint as the kernel takes it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};
[[nodiscard]] SocketAddress to_socket_address(const Endpoint& endpoint) noexcept;
/// Family none for anything but IPv4 and IPv6.
[[nodiscard]] Endpoint to_endpoint(const sockaddr_storage& address) noexcept;

/// Where a socket is bound; family none if it is not.
[[nodiscard]] Endpoint local_endpoint(int descriptor) noexcept;
/// What a socket is connected to; family none if it is not.
[[nodiscard]] Endpoint remote_endpoint(int descriptor) noexcept;

}  // namespace sluice::net
