#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "resolver/base/endpoint.h"
#include "resolver/client.h"

struct mnl_socket;
struct nlmsghdr;

namespace sluice::net {

/// What the kernel knows of a socket.
struct ClientSocket {
  std::uint32_t uid = 0;        ///< of the user that opened it
  std::uint32_t inode = 0;      ///< what /proc/<pid>/fd calls it; never 0
  std::uint64_t cgroup_id = 0;  ///< where it was opened; 1 is the root group, 0 unknown

  bool operator==(const ClientSocket&) const = default;
};

/// Finds the sockets of clients on this host (NETLINK_SOCK_DIAG), one by one, never by a list of
/// all: some 3 us each, however many sockets there are. Needs no privilege.
///
/// Better nobody than somebody else: what is not surely the client's is not reported. Ask as soon
/// as a query arrives, since a socket that has been closed is nobody's any more. What cannot be
/// told is which of several sockets with the same address and port has sent a query; they are of
/// one user if they share it by SO_REUSEPORT, of any where all of them set SO_REUSEADDR.
///
/// Sees one network namespace: that of the thread that makes it. Thread-confined after that; find()
/// does not block, allocate or throw.
class ClientSockets {
 public:
  /// Asks the kernel for sockets of its own, to see whether it answers.
  ClientSockets();
  ~ClientSockets();
  ClientSockets(const ClientSockets&) = delete;
  ClientSockets& operator=(const ClientSockets&) = delete;

  /// False if the kernel does not tell of such sockets (no CONFIG_INET_UDP_DIAG, a seccomp filter,
  /// no netlink): find() then answers nullopt and costs nothing.
  [[nodiscard]] bool can_find(Transport transport) const noexcept;

  /// The socket at `client` that sends to `server`, one of ours. `interface_index` is where the
  /// query came in: without it the kernel leaves out sockets that are bound to an interface; 0
  /// stands for the loopback interface. nullopt if there is none, or nobody has it open, or the
  /// two ports are the same: it could be our own socket that is found.
  [[nodiscard]] std::optional<ClientSocket> find(const Endpoint& client, const Endpoint& server,
                                                 Transport transport,
                                                 std::uint32_t interface_index) noexcept;

 private:
  /// A socket as reported.
  struct Report {
    ClientSocket socket;
    std::uint16_t port = 0;       // its own
    std::uint16_t peer_port = 0;  // 0 if it is not connected
  };
  struct Conversation {
    Endpoint client;
    Endpoint server;
    Transport transport;
    std::uint32_t interface_index;
  };
  static int read_report(const nlmsghdr* message, void* report);
  [[nodiscard]] std::optional<Report> ask(const Conversation& about) noexcept;
  [[nodiscard]] std::optional<Report> receive(std::uint32_t sequence) noexcept;
  [[nodiscard]] bool is_told_of(Transport transport) noexcept;

  static constexpr std::size_t kBufferSize = 8'192;  // an answer is some 150 octets

  std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> netlink_;
  std::uint32_t sequence_ = 0;
  std::array<bool, 2> can_find_{};  // by Transport
  alignas(8) std::array<char, kBufferSize> buffer_{};
};

}  // namespace sluice::net
