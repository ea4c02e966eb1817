#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/base/endpoint.h"

namespace sluice::net {

/// The interface by which the routes of this moment lead to `address` (RTM_GETROUTE); nullopt if
/// none does or the kernel cannot be asked. Blocks for one exchange with the kernel: for start-up
/// and reload. Needs no privilege.
[[nodiscard]] std::optional<std::string> egress_interface(const Address& address);

/// The addresses of this host's interfaces, those of the loopback interface among them, each once.
/// Empty if the kernel cannot be asked.
[[nodiscard]] std::vector<Address> own_addresses();

}  // namespace sluice::net
