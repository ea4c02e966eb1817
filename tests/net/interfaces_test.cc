#include "resolver/net/interfaces.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(Interfaces, LoopbackAddressesAreReachedByTheLoopbackInterface) {
  EXPECT_EQ(egress_interface(*Address::parse("127.0.0.53")), "lo");
}

TEST(Interfaces, EachIpv4AddressOfThisHostIsReachedByTheLoopbackInterface) {
  for (const Address& address : own_addresses())
    if (address.family == Address::Family::ipv4) {
      EXPECT_EQ(egress_interface(address), "lo") << address.to_string();
    }
}

TEST(Interfaces, NothingLeadsToWhatIsNoAddress) {
  EXPECT_EQ(egress_interface(Address{}), std::nullopt);
}

TEST(Interfaces, NoRouteIsNoInterface) {
  // Whatever routes the host has, none goes by an interface that does not exist.
  auto address = *Address::parse("fe80::1");
  address.scope = 0x7fff'fff0;

  EXPECT_EQ(egress_interface(address), std::nullopt);
}

TEST(Interfaces, OwnAddressesHaveTheLoopbackAddressOnce) {
  const auto addresses = own_addresses();

  EXPECT_EQ(std::count(addresses.begin(), addresses.end(), *Address::parse("127.0.0.1")), 1);
}

}  // namespace
}  // namespace sluice::net
