#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/endpoint.h"

// What the kernel says of this host's interfaces and routes (rtnetlink). Everything here blocks for
// an exchange with the kernel, under its lock of all interfaces, which creating and removing
// containers can hold for seconds. Needs no privilege.

namespace sluice::net {

/// The interface by which the routes of this moment lead to `address` (RTM_GETROUTE); nullopt if
/// none does or the kernel cannot be asked.
[[nodiscard]] std::optional<std::string> egress_interface(const Address& address);

/// An address of an interface. A link-local IPv6 one has the interface as its scope.
struct InterfaceAddress {
  Address address;
  Address peer;                    ///< the other end of a point-to-point link; else none
  std::uint8_t prefix_length = 0;  ///< of the peer if there is one
  std::uint32_t interface = 0;     ///< index
  bool is_up = false;              ///< the interface is
  /// Not for long, or not to be used: IPv6 addresses made for privacy (RFC 8981), deprecated ones,
  /// and those not yet known to be ours alone (RFC 4862 section 5.4).
  bool is_passing = false;
};
/// All of them, the loopback interface's too, in the kernel's order; nullopt if it cannot be asked.
[[nodiscard]] std::optional<std::vector<InterfaceAddress>> interface_addresses();

/// A way out of the main routing table that leads anywhere.
struct DefaultRoute {
  Address gateway;
  std::uint32_t interface = 0;  ///< index
  std::uint32_t metric = 0;     ///< the least is taken
};
/// Those that have a gateway, one for each next hop; nullopt if the kernel cannot be asked. Reads
/// all routes: on a router with a full table that takes about a second.
[[nodiscard]] std::optional<std::vector<DefaultRoute>> default_routes();

/// The addresses of this host's interfaces, those of the loopback interface among them, each once.
/// Empty if the kernel cannot be asked.
[[nodiscard]] std::vector<Address> own_addresses();

}  // namespace sluice::net
