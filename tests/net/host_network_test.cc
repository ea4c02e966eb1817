#include "resolver/net/host_network.h"

#include <net/if.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

using Names = std::vector<std::string>;

template <typename Values>
Names texts(const Values& values) {
  Names all;
  for (const auto& value : values) all.push_back(value.to_string());
  return all;
}

InterfaceAddress address(const char* text, std::uint8_t length, std::uint32_t interface = 2) {
  return {.address = *Address::parse(text),
          .peer = {},
          .prefix_length = length,
          .interface = interface,
          .is_up = true};
}

Names attached(const std::vector<InterfaceAddress>& addresses) {
  return texts(host_network_of(addresses, {}).attached);
}
Names own(const std::vector<InterfaceAddress>& addresses) {
  return texts(host_network_of(addresses, {}).own);
}

TEST(HostNetwork, IsAttachedToTheNetworkOfEachAddressOnce) {
  EXPECT_EQ(
      attached({address("192.0.2.77", 26), address("192.0.2.78", 26), address("198.51.100.255", 25),
                address("2001:db8:1:2:3::4", 63), address("127.0.0.1", 8, 1),
                address("::1", 128, 1)}),
      (Names{"::1/128", "2001:db8:1:2::/63", "127.0.0.0/8", "192.0.2.64/26", "198.51.100.128/25"}));
}

TEST(HostNetwork, HasNoNeighboursAtAnAddressAlone) {
  EXPECT_EQ(attached({address("192.0.2.7", 32)}), Names{"192.0.2.7/32"});
  EXPECT_EQ(attached({address("192.0.2.7", 0)}), Names{"192.0.2.7/32"}) << "not the whole world";
}

TEST(HostNetwork, KnowsBothEndsOfAPointToPointLink) {
  InterfaceAddress link = address("192.0.2.1", 24);
  link.peer = *Address::parse("198.51.100.9");

  EXPECT_EQ(attached({link}), (Names{"192.0.2.1/32", "198.51.100.0/24"}));
}

TEST(HostNetwork, IsNotAttachedByAnInterfaceThatIsDown) {
  InterfaceAddress down = address("192.0.2.1", 24);
  down.is_up = false;

  EXPECT_EQ(attached({down}), Names{});
}

TEST(HostNetwork, SeesLinkLocalNeighboursOnEveryLink) {
  EXPECT_EQ(attached({address("fe80::1%2", 64, 2), address("fe80::9%3", 64, 3)}),
            Names{"fe80::/64"});
}

TEST(HostNetwork, NamesItselfByAddressesThatOthersReachInTheOrderOfInterfaces) {
  EXPECT_EQ(
      own({address("127.0.0.1", 8, 1), address("198.51.100.2", 24, 3), address("192.0.2.9", 24, 2),
           address("192.0.2.1", 24, 2), address("::1", 128, 1), address("2001:db8::2", 64, 2)}),
      (Names{"192.0.2.9", "192.0.2.1", "2001:db8::2", "198.51.100.2"}));
}

TEST(HostNetwork, NamesItselfByTheLoopbackAddressesIfOthersReachNone) {
  const Names loopback{"127.0.0.2", "::1"};
  InterfaceAddress passing = address("2001:db8::2", 64);
  passing.is_passing = true;
  InterfaceAddress down = address("192.0.2.1", 24);
  down.is_up = false;

  EXPECT_EQ(own({}), loopback);
  EXPECT_EQ(own({address("127.0.0.1", 8), address("::1", 128), address("169.254.7.7", 16),
                 address("fe80::1%2", 64), passing, down}),
            loopback);
}

TEST(HostNetwork, KnowsEachGatewayOnceAndTheBestFirst) {
  const auto one = *Address::parse("192.0.2.1");
  const auto two = *Address::parse("192.0.2.2");
  const auto six = *Address::parse("fe80::1%2");

  const HostNetwork host = host_network_of({}, {{.gateway = two, .interface = 2, .metric = 200},
                                                {.gateway = one, .interface = 2, .metric = 100},
                                                {.gateway = six, .interface = 2, .metric = 150},
                                                {.gateway = one, .interface = 3, .metric = 300}});

  EXPECT_EQ(texts(host.gateways), (Names{"192.0.2.1", "fe80::1%2", "192.0.2.2"}));
}

TEST(HostNetwork, HasABoundOnTheAddressesOfAName) {
  std::vector<InterfaceAddress> addresses;
  std::vector<DefaultRoute> routes;
  for (int i = 1; i <= 100; ++i) {
    addresses.push_back(address(("192.0.2." + std::to_string(i)).c_str(), 24));
    routes.push_back({.gateway = addresses.back().address});
  }
  const HostNetwork host = host_network_of(addresses, routes);

  EXPECT_EQ(host.own.size(), kMaxNamedAddresses);
  EXPECT_EQ(host.gateways.size(), kMaxNamedAddresses);
}

/// What we know of a network of our own, with a pair of interfaces that are down and what `script`
/// makes of it; nullopt if this host does not permit one.
std::optional<HostNetwork> after(const std::string& script) {
  std::optional<HostNetwork> host;
  const bool is_permitted = in_private_network([&] {
    if (std::system("ip link add one index 7 type veth peer name two index 8 2>/dev/null") != 0)
      return;
    EXPECT_EQ(std::system(("set -e; " + script).c_str()), 0);
    host = read_host_network();
    EXPECT_TRUE(host.has_value());
  });
  return is_permitted ? host : std::nullopt;
}

TEST(HostNetworkOfTheKernel, HasOnlyLoopbackNamesInAnEmptyNetwork) {
  const auto host = after("true");
  if (!host) GTEST_SKIP() << "no network namespace of our own";

  EXPECT_EQ(*host, (HostNetwork{.attached = {},
                                .own = {*Address::parse("127.0.0.2"), *Address::parse("::1")},
                                .gateways = {}}));
}

TEST(HostNetworkOfTheKernel, HasTheAddressesOfInterfacesThatAreUp) {
  const auto host = after(
      "ip link set lo up; ip link set one up;"
      "ip address add 192.0.2.7/25 dev one;"
      "ip address add 192.0.2.8/25 dev one;"
      "ip address add 198.51.100.1 peer 198.51.100.2 dev one;"
      "ip address add 203.0.113.1/24 dev two;"
      "ip -6 address add 2001:db8::7/64 dev one nodad;"
      "ip -6 address add 2001:db8::8/64 dev one nodad preferred_lft 0");
  if (!host) GTEST_SKIP() << "no network namespace of our own";

  EXPECT_EQ(texts(host->attached), (Names{"::1/128", "2001:db8::/64", "127.0.0.0/8", "192.0.2.0/25",
                                          "198.51.100.1/32", "198.51.100.2/32"}));
  EXPECT_EQ(texts(host->own), (Names{"192.0.2.7", "198.51.100.1", "192.0.2.8", "2001:db8::7"}))
      << "a secondary address is none that passes, a deprecated one is";
}

TEST(HostNetworkOfTheKernel, HasTheGatewaysOfBothFamilies) {
  const auto host = after(
      "ip link set one up; ip link set two up;"
      "ip address add 192.0.2.7/24 dev one;"
      "ip -6 address add 2001:db8::7/64 dev one nodad;"
      "ip route add default via 192.0.2.1 metric 50;"
      "ip route add default via inet6 fe80::5 dev one metric 60;"
      "ip route add default metric 70 nexthop via 192.0.2.2 dev one"
      "  nexthop via 192.0.2.3 dev one;"
      "ip route add 203.0.113.0/24 via 192.0.2.4;"
      "ip route add default via 192.0.2.5 table 100;"
      "ip route add default dev two metric 90;"
      "ip -6 route add default via fe80::9 dev one metric 80");
  if (!host) GTEST_SKIP() << "no network namespace of our own";

  EXPECT_EQ(texts(host->gateways),
            (Names{"192.0.2.1", "fe80::5%7", "192.0.2.2", "192.0.2.3", "fe80::9%7"}));
}

TEST(HostNetworkOfTheKernel, IsWholeThoughItComesInSeveralPieces) {
  std::string addresses;
  for (int i = 0; i < 1'000; ++i)
    addresses += "address add 192.0.2." + std::to_string(i / 100) + " peer 198.51.100." +
                 std::to_string(i % 100) + " dev lo\n";
  const auto host = after("ip link set lo up\nip -batch - <<END\n" + addresses + "END\n");
  if (!host) GTEST_SKIP() << "no network namespace of our own";

  EXPECT_EQ(host->attached.size(), 10U + 100U + 2U) << "ours, their peers, and loopback";
  EXPECT_EQ(host->own.size(), kMaxNamedAddresses);
}

}  // namespace
}  // namespace sluice::net
