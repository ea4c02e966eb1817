#include "resolver/network_traffic.h"

#include <algorithm>
#include <utility>

#include "resolver/base/assert.h"
#include "resolver/dns/answer_records.h"

namespace sluice {

namespace {

using metrics::NetworkMetric;
using policy::NetworkLabels;

constexpr NetworkLabels::Label kOther = 0;

static_assert(NetworkLabels::kMaxPrefixes >= conf::kMaxNetworks * conf::kMaxPrefixes);
static_assert(NetworkTraffic::kMaxNames > conf::kMaxNetworks);

// Octets in front of a packet's data. A TCP segment has its timestamps (RFC 7323), as all but the
// first have on Linux unless they are turned off.
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kTcpHeader = 20 + 12;

std::size_t octets_of(const NetworkTraffic::Load& load, const Address& server,
                      Transport transport) noexcept {
  const bool is_ipv4 = unmapped(server).family == Address::Family::ipv4;
  const std::size_t headers = (is_ipv4 ? kIpv4Header : kIpv6Header) +
                              (transport == Transport::udp ? kUdpHeader : kTcpHeader);
  return load.octets + load.packets * headers;
}

}  // namespace

NetworkTraffic::NetworkTraffic() : labels_{kOther} {
  networks_.reserve(kMaxNames);
  networks_.push_back(std::make_unique<Network>(std::string{conf::kOtherNetwork}));
}

bool NetworkTraffic::has_room_for(std::span<const conf::Network> networks) const noexcept {
  const auto is_new = [this](const conf::Network& network) {
    return std::none_of(networks_.begin(), networks_.end(),
                        [&](const auto& known) { return known->name == network.name; });
  };
  const auto added = std::count_if(networks.begin(), networks.end(), is_new);
  return networks_.size() + static_cast<std::size_t>(added) <= kMaxNames;
}

void NetworkTraffic::configure(std::span<const conf::Network> networks) {
  std::vector<NetworkLabels::Entry> entries;
  for (const conf::Network& network : networks) {
    const NetworkLabels::Label label = label_named(network.name);
    networks_[label]->cost_per_gb = network.cost_per_gb;
    for (const Prefix& prefix : network.prefixes) entries.push_back({prefix, label});
  }
  labels_ = NetworkLabels{std::move(entries), kOther};
}

void NetworkTraffic::on_sent(const Address& server, Transport transport, Load load) noexcept {
  Block& block = block_of(server);
  block.add(NetworkMetric::packets_sent, load.packets);
  block.add(NetworkMetric::octets_sent, octets_of(load, server, transport));
}

void NetworkTraffic::on_received(const Address& server, Transport transport, Load load) noexcept {
  Block& block = block_of(server);
  block.add(NetworkMetric::packets_received, load.packets);
  block.add(NetworkMetric::octets_received, octets_of(load, server, transport));
}

void NetworkTraffic::on_answer(std::span<const std::byte> message,
                               const dns::Response& response) noexcept {
  dns::for_each_answer(message, response, [&](const dns::Record& record) {
    if (const auto address = dns::address_in(message, record))
      block_of(*address).add(NetworkMetric::answer_addresses);
  });
}

void NetworkTraffic::add_sources(metrics::Sources& sources) const {
  for (const auto& network : networks_)
    sources.networks.push_back(
        {{{{"network", network->name}}, &network->counters}, network->cost_per_gb});
}

NetworkLabels::Label NetworkTraffic::label_named(const std::string& name) {
  const auto known = std::find_if(networks_.begin(), networks_.end(),
                                  [&](const auto& network) { return network->name == name; });
  const auto label = static_cast<NetworkLabels::Label>(known - networks_.begin());
  if (known == networks_.end()) {
    SLUICE_ASSERT(networks_.size() < kMaxNames);
    networks_.push_back(std::make_unique<Network>(name));
  }
  return label;
}

NetworkTraffic::Block& NetworkTraffic::block_of(const Address& address) noexcept {
  return networks_[labels_.find(address)]->counters;
}

}  // namespace sluice
