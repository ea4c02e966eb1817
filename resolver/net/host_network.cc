#include "resolver/net/host_network.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sluice::net {

namespace {

Prefix network_of(Address address, std::uint8_t length) noexcept {
  const std::uint8_t full = address.family == Address::Family::ipv4 ? 32 : 128;
  address.scope = 0;
  if (length == 0 || length > full) return {address, full};
  for (std::size_t bit = length; bit < full; ++bit) {
    std::uint8_t& octet = address.bytes[bit / 8];
    octet = static_cast<std::uint8_t>(octet & ~(0x80U >> bit % 8));
  }
  return {address, length};
}

std::vector<Prefix> attached_networks(std::span<const InterfaceAddress> addresses) {
  std::vector<Prefix> networks;
  for (const InterfaceAddress& each : addresses) {
    if (!each.is_up) continue;
    const bool has_peer = each.peer.family != Address::Family::none;
    networks.push_back(network_of(each.address, has_peer ? 0 : each.prefix_length));
    if (has_peer) networks.push_back(network_of(each.peer, each.prefix_length));
  }
  std::sort(networks.begin(), networks.end());
  networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
  return networks;
}

std::vector<Address> addresses_of_own_name(std::span<const InterfaceAddress> addresses) {
  std::vector<InterfaceAddress> reachable;
  for (const InterfaceAddress& each : addresses)
    if (each.is_up && !each.is_passing && !each.address.is_loopback() &&
        !each.address.is_link_local())
      reachable.push_back(each);
  std::stable_sort(reachable.begin(), reachable.end(),
                   [](const auto& a, const auto& b) { return a.interface < b.interface; });
  std::vector<Address> own;
  for (const InterfaceAddress& each : reachable)
    if (own.size() < kMaxNamedAddresses) own.push_back(each.address);
  if (own.empty()) own = {*Address::parse("127.0.0.2"), *Address::parse("::1")};
  return own;
}

std::vector<Address> gateways_of(std::vector<DefaultRoute> routes) {
  std::stable_sort(routes.begin(), routes.end(),
                   [](const auto& a, const auto& b) { return a.metric < b.metric; });
  std::vector<Address> gateways;
  for (const DefaultRoute& route : routes)
    if (gateways.size() < kMaxNamedAddresses &&
        std::find(gateways.begin(), gateways.end(), route.gateway) == gateways.end())
      gateways.push_back(route.gateway);
  return gateways;
}

}  // namespace

HostNetwork host_network_of(std::span<const InterfaceAddress> addresses,
                            std::vector<DefaultRoute> routes) {
  return {.attached = attached_networks(addresses),
          .own = addresses_of_own_name(addresses),
          .gateways = gateways_of(std::move(routes))};
}

std::optional<HostNetwork> read_host_network() {
  const auto addresses = interface_addresses();
  auto routes = default_routes();
  if (!addresses || !routes) return std::nullopt;
  return host_network_of(*addresses, std::move(*routes));
}

}  // namespace sluice::net
