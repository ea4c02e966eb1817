// What is counted by the networks of the configuration.
#include "resolver/network_traffic.h"

#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::NetworkMetric;

constexpr std::size_t kQuery = 12 + 13 + 4 + 11;  // www.example. with a bare OPT record
constexpr std::size_t kUdpIpv4 = 20 + 8;          // octets of headers
constexpr std::size_t kTcpIpv4 = 20 + 20 + 12;

class NetworkScenario : public EngineScenario {
 protected:
  static constexpr std::string_view kUpstream = R"(
    [[upstream]]
    name = "vpc"
    servers = ["192.0.2.53"]
    [[zone]]
    name = "."
    upstream = "vpc"
  )";

  void configure_networks(std::string_view networks) {
    configure(std::string{kUpstream} + std::string{networks});
  }
  [[nodiscard]] std::uint64_t count(std::string_view network, NetworkMetric metric) {
    for (const auto& [traffic, cost] : engine().sources().networks)
      if (traffic.labels.front().second == network) return traffic.block->get(metric);
    ADD_FAILURE() << "no network " << network;
    return 0;
  }
};

constexpr std::string_view kNetworks = R"(
  [[network]]
  name = "here"
  cidr = "192.0.2.0/24"
  cost_per_gb = 0.01
  [[network]]
  name = "peer"
  cidr = ["198.51.100.0/24", "2001:db8::/32"]
  [[network]]
  name = "part-of-peer"
  cidr = "198.51.100.128/25"
)";

TEST_F(NetworkScenario, PacketsAndOctetsCountForTheServersNetwork) {
  configure_networks(kNetworks);
  ask("www.example. A");
  const auto exchange = expect_exchange();

  EXPECT_EQ(count("here", NetworkMetric::packets_sent), 1u);
  EXPECT_EQ(count("here", NetworkMetric::octets_sent), kQuery + kUdpIpv4);
  EXPECT_EQ(count("here", NetworkMetric::packets_received), 0u);

  exchange.answer({"www.example. 60 IN A 203.0.113.1"});
  EXPECT_EQ(count("here", NetworkMetric::packets_received), 1u);
  EXPECT_GT(count("here", NetworkMetric::octets_received), kQuery + kUdpIpv4);
  EXPECT_EQ(count("other", NetworkMetric::packets_sent), 0u);
}

TEST_F(NetworkScenario, AQueryThatDoesNotLeaveCountsForNothing) {
  configure_networks(kNetworks);
  sends_leave_ = false;
  ask("www.example. A");
  (void)expect_exchange();

  EXPECT_EQ(count("here", NetworkMetric::packets_sent), 0u);
  EXPECT_EQ(count("here", NetworkMetric::octets_sent), 0u);
}

TEST_F(NetworkScenario, SegmentsCountAndTheQueryInThem) {
  configure_networks(kNetworks);
  ask("www.example. A");
  expect_exchange().answer_truncated();
  const auto again = expect_exchange();
  ASSERT_EQ(again.action().transport, Transport::tcp);
  const std::uint64_t packets = count("here", NetworkMetric::packets_sent);
  const std::uint64_t octets = count("here", NetworkMetric::octets_sent);
  EXPECT_EQ(octets, kQuery + kUdpIpv4 + kQuery) << "it is in segments that are yet to leave";

  engine().on_segments_sent(again.action().server, 4, now_);

  EXPECT_EQ(count("here", NetworkMetric::packets_sent) - packets, 4u);
  EXPECT_EQ(count("here", NetworkMetric::octets_sent) - octets, 4 * kTcpIpv4);
}

TEST_F(NetworkScenario, EachAddressOfAnAnswerCountsForItsNetwork) {
  configure_networks(kNetworks);
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN CNAME pool.example.",
                            "pool.example. 60 IN A 192.0.2.1", "pool.example. 60 IN A 198.51.100.1",
                            "pool.example. 60 IN A 198.51.100.200",
                            "pool.example. 60 IN A 203.0.113.1"});
  ask("www.example. AAAA");
  expect_exchange().answer({"www.example. 60 IN AAAA 2001:db8::1"});

  EXPECT_EQ(count("here", NetworkMetric::answer_addresses), 1u);
  EXPECT_EQ(count("peer", NetworkMetric::answer_addresses), 2u);
  EXPECT_EQ(count("part-of-peer", NetworkMetric::answer_addresses), 1u);
  EXPECT_EQ(count("other", NetworkMetric::answer_addresses), 1u);
}

TEST_F(NetworkScenario, AFailureHasNoAddresses) {
  configure_networks(kNetworks);
  ask("www.example. A");
  expect_exchange().answer_rcode(dns::Rcode::servfail);

  EXPECT_EQ(count("here", NetworkMetric::packets_received), 1u);
  EXPECT_EQ(count("other", NetworkMetric::answer_addresses), 0u);
}

TEST_F(NetworkScenario, WithoutNetworksEverythingIsOther) {
  configure_networks("");
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});

  EXPECT_EQ(count("other", NetworkMetric::packets_sent), 1u);
  EXPECT_EQ(count("other", NetworkMetric::answer_addresses), 1u);
}

TEST_F(NetworkScenario, ANameKeepsItsCountersAcrossReloads) {
  configure_networks(kNetworks);
  ask("www.example. A");
  expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});

  configure_networks("[[network]]\nname = \"here\"\ncidr = \"203.0.113.0/24\"");
  ask("mail.example. A");
  expect_exchange().answer({"mail.example. 60 IN A 203.0.113.1"});

  EXPECT_EQ(count("here", NetworkMetric::answer_addresses), 2u);
  EXPECT_EQ(count("here", NetworkMetric::packets_sent), 1u) << "its server is elsewhere now";
  EXPECT_EQ(count("other", NetworkMetric::packets_sent), 1u);
}

/// As many networks as a configuration may have, of names that no other one has.
std::vector<conf::Network> networks_of(int configuration) {
  std::vector<conf::Network> networks;
  for (std::size_t i = 0; i < conf::kMaxNetworks; ++i)
    networks.push_back({.name = std::to_string(configuration) + "-" + std::to_string(i),
                        .prefixes = {*Prefix::parse("192.0.2." + std::to_string(i))}});
  return networks;
}

TEST(NetworkTraffic, HasRoomForAFewConfigurations) {
  NetworkTraffic traffic;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(traffic.has_room_for(networks_of(i)));
    traffic.configure(networks_of(i));
  }

  EXPECT_FALSE(traffic.has_room_for(networks_of(3)));
  EXPECT_TRUE(traffic.has_room_for(networks_of(1))) << "these are known";
}

}  // namespace
}  // namespace sluice
