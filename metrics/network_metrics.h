#pragma once

#include <array>

#include "metrics/counter_block.h"

namespace sluice::metrics {

/// Counted by the engine for each network of the configuration, and for all addresses in none of
/// them; label network="...".
enum class NetworkMetric : std::uint8_t {
  packets_sent,
  packets_received,
  octets_sent,
  octets_received,
  answer_addresses,
  count_,
};

inline constexpr std::array<Spec<NetworkMetric>, static_cast<std::size_t>(NetworkMetric::count_)>
    kNetworkMetrics{{
        {NetworkMetric::packets_sent, Kind::counter, "sluice_network_packets_total",
         R"(direction="sent")",
         "Packets exchanged with servers in a network. Of what comes over TCP one a response."},
        {NetworkMetric::packets_received, Kind::counter, "sluice_network_packets_total",
         R"(direction="received")",
         "Packets exchanged with servers in a network. Of what comes over TCP one a response."},
        {NetworkMetric::octets_sent, Kind::counter, "sluice_network_octets_total",
         R"(direction="sent")", "Octets of these packets, with their IP, UDP and TCP headers."},
        {NetworkMetric::octets_received, Kind::counter, "sluice_network_octets_total",
         R"(direction="received")", "Octets of these packets, with their IP, UDP and TCP headers."},
        {NetworkMetric::answer_addresses, Kind::counter, "sluice_network_answer_addresses_total",
         "", "A and AAAA records in upstreams' answers whose address is in a network."},
    }};
static_assert(in_enum_order(kNetworkMetrics), "kNetworkMetrics lists every NetworkMetric in order");

}  // namespace sluice::metrics
