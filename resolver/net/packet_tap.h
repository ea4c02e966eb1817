#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/base/result.h"
#include "resolver/net/socket.h"

namespace sluice::net {

/// Where packets go: to all addresses that begin like `address`, and to all ports or one.
struct Destination {
  Address address;
  std::uint8_t bits = 0;   ///< that count; at most 32 for IPv4, 128 for IPv6
  std::uint16_t port = 0;  ///< of UDP or TCP; 0 = whatever the packet is

  bool operator==(const Destination&) const = default;
};

/// Counts the packets that leave by one interface to certain destinations, whoever sends them:
/// processes of this host, and containers whose packets it forwards.
///
/// A packet socket with a filter in the kernel; never reads a packet, and has no room to keep one.
/// Counts what is handed to the interface, so a segment that the interface will split counts once.
/// Needs CAP_NET_RAW. Thread-confined.
class PacketTap {
 public:
  static constexpr std::size_t kMostDestinations = 64;

  /// Counts packets to `destinations` from now on. The error is one line: why not, and what to do.
  [[nodiscard]] static Result<PacketTap, std::string> open(
      const std::string& interface, const std::vector<Destination>& destinations);

  /// Packets since it was opened. While the interface is gone, as many as before.
  [[nodiscard]] std::uint64_t total() noexcept;

 private:
  explicit PacketTap(Socket socket) noexcept : socket_{std::move(socket)} {}

  Socket socket_;
  std::uint64_t total_ = 0;
};

}  // namespace sluice::net
