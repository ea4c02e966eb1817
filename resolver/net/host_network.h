#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/base/prefix.h"
#include "resolver/net/interfaces.h"

namespace sluice::net {

/// Addresses that a name of the host stands for; a host may have thousands.
inline constexpr std::size_t kMaxNamedAddresses = 64;

/// What the host's place in the network means for us: whose neighbour it is, and which addresses
/// its own name and its gateway's stand for. A plain value: compare it with the one before.
struct HostNetwork {
  /// The networks of all addresses of interfaces that are up, the loopback interface's too, each
  /// once. An address without neighbours (/32, /128, or /0, which would hold everybody) and the
  /// ends of a point-to-point link count as themselves.
  std::vector<Prefix> attached;
  /// What the host's own name stands for, by interface: addresses that others may reach. Neither
  /// loopback nor link-local ones, nor passing ones (InterfaceAddress::is_passing). If there are
  /// none, 127.0.0.2 and ::1, as nss-myhostname(8) answers, so that the name always resolves. At
  /// most kMaxNamedAddresses.
  std::vector<Address> own;
  /// Gateways of the default routes of both families, each once; those of the least metric first.
  /// At most kMaxNamedAddresses.
  std::vector<Address> gateways;

  friend bool operator==(const HostNetwork&, const HostNetwork&) = default;
};

/// Asks the kernel, which may take seconds: not on the engine's thread but at the start. nullopt if
/// it gives no answer: what was known before still is the best guess.
[[nodiscard]] std::optional<HostNetwork> read_host_network();

/// The same of given addresses and routes.
[[nodiscard]] HostNetwork host_network_of(std::span<const InterfaceAddress> addresses,
                                          std::vector<DefaultRoute> routes);

}  // namespace sluice::net
