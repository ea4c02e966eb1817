#include "resolver/net/socket.h"

#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace sluice::net {
namespace {

// What the kernel may keep for us while a listener's thread is busy: some 10,000 queries.
constexpr int kReceiveBufferSize = 4 << 20;
// Connections that may come in while the engine's thread is busy. Of one more the kernel drops the
// handshake's last packet, and its client waits for a second.
constexpr int kBacklog = 1'024;
constexpr int kPortTries = 64;

template <typename T>
void copy_into(sockaddr_storage& storage, const T& address) noexcept {
  static_assert(sizeof(T) <= sizeof(sockaddr_storage));
  std::memcpy(&storage, &address, sizeof(T));
}

bool set(int descriptor, int level, int option, int value) noexcept {
  return ::setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

const char* advice(int error, int type) noexcept {
  switch (error) {
    case EACCES:
    case EPERM:
      return ": needs CAP_NET_BIND_SERVICE or a port above 1023";
    case EADDRINUSE:
      return type == SOCK_DGRAM
                 ? ": is systemd-resolved or another resolver running? (ss -lunp 'sport = :"
                 : ": is systemd-resolved or another resolver running? (ss -ltnp 'sport = :";
    case EADDRNOTAVAIL:
      return ": no interface of this host has the address (ip address)";
    case EAFNOSUPPORT:
      return ": the kernel has this address family switched off";
    case EMFILE:
      return ": raise the limit of open files (LimitNOFILE=)";
    default:
      return "";
  }
}

std::string describe(const Endpoint& endpoint, int type, int error) {
  std::string text = "cannot listen on " + endpoint.to_string();
  text += type == SOCK_DGRAM ? "/udp: " : "/tcp: ";
  text += std::generic_category().message(error);
  text += advice(error, type);
  if (error == EADDRINUSE) text += std::to_string(endpoint.port) + "')";
  return text;
}

// What a datagram socket needs before it is bound. The sizes are wishes, the rest is necessary: on
// a wildcard a reply could leave from another address than was asked, and the client would ignore
// it. With one address there is nothing to ask for, and it would be 2 % of the cost of an answer.
bool prepare_udp(int descriptor, const Endpoint& endpoint, PortSharing sharing) noexcept {
  if (!set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBufferSize))
    set(descriptor, SOL_SOCKET, SO_RCVBUF, kReceiveBufferSize);
  if (sharing == PortSharing::shared && !set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) return false;
  const int is_wildcard = endpoint.address.is_unspecified() ? 1 : 0;
  // OMIT: a forged ICMP "fragmentation needed" changes nothing (RFC 9715 section 3.1).
  if (endpoint.address.family == Address::Family::ipv6)
    return set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, is_wildcard) &&
           set(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
  return set(descriptor, IPPROTO_IP, IP_PKTINFO, is_wildcard) &&
         set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
}

// SO_REUSEADDR lets a restarted daemon bind while its old connections are in TIME-WAIT.
bool prepare_tcp(int descriptor) noexcept { return set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1); }

Result<Socket, std::string> open_bound(const Endpoint& endpoint, int type, PortSharing sharing) {
  const bool is_ipv6 = endpoint.address.family == Address::Family::ipv6;
  Socket socket{::socket(is_ipv6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int descriptor = socket.descriptor();
  if (descriptor < 0) return describe(endpoint, type, errno);
  if (is_ipv6 && !set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1))
    return describe(endpoint, type, errno);
  const bool is_prepared =
      type == SOCK_DGRAM ? prepare_udp(descriptor, endpoint, sharing) : prepare_tcp(descriptor);
  if (!is_prepared) return describe(endpoint, type, errno);
  const SocketAddress address = to_socket_address(endpoint);
  if (::bind(descriptor, address.get(), address.size) != 0) return describe(endpoint, type, errno);
  return socket;
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);
Endpoint endpoint_by(NameCall call, int descriptor) noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (call(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return to_endpoint(storage);
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Socket, std::string> open_udp(const Endpoint& endpoint, PortSharing sharing) {
  return open_bound(endpoint, SOCK_DGRAM, sharing);
}

Result<Socket, std::string> open_tcp(const Endpoint& endpoint) {
  auto socket = open_bound(endpoint, SOCK_STREAM, PortSharing::alone);
  if (socket && ::listen(socket.value().descriptor(), kBacklog) != 0)
    return describe(endpoint, SOCK_STREAM, errno);
  return socket;
}

Result<Endpoint, std::string> with_free_port(const Endpoint& wanted) {
  if (wanted.port != 0) return wanted;
  for (int tries_left = kPortTries;; --tries_left) {
    const auto tcp = open_tcp(wanted);
    if (!tcp) return tcp.error();
    const Endpoint chosen = local_endpoint(tcp.value().descriptor());
    const auto udp = open_udp(chosen, PortSharing::alone);
    if (udp) return chosen;
    if (tries_left == 1) return udp.error();
  }
}

SocketAddress to_socket_address(const Endpoint& endpoint) noexcept {
  SocketAddress result;
  const Address& address = endpoint.address;
  if (address.family == Address::Family::ipv4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, address.bytes.data(), sizeof in.sin_addr);
    copy_into(result.storage, in);
    result.size = sizeof in;
  } else if (address.family == Address::Family::ipv6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(endpoint.port);
    in.sin6_scope_id = address.scope;
    std::memcpy(&in.sin6_addr, address.bytes.data(), sizeof in.sin6_addr);
    copy_into(result.storage, in);
    result.size = sizeof in;
  }
  return result;
}

Endpoint to_endpoint(const sockaddr_storage& address) noexcept {
  Endpoint endpoint;
  if (address.ss_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &address, sizeof in);
    endpoint.address.family = Address::Family::ipv4;
    endpoint.port = ntohs(in.sin_port);
    std::memcpy(endpoint.address.bytes.data(), &in.sin_addr, sizeof in.sin_addr);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, &address, sizeof in);
    endpoint.address.family = Address::Family::ipv6;
    endpoint.address.scope = in.sin6_scope_id;
    endpoint.port = ntohs(in.sin6_port);
    std::memcpy(endpoint.address.bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
  }
  return endpoint;
}

Endpoint local_endpoint(int descriptor) noexcept { return endpoint_by(::getsockname, descriptor); }
Endpoint remote_endpoint(int descriptor) noexcept { return endpoint_by(::getpeername, descriptor); }

}  // namespace sluice::net
