#include "resolver/base/prefix.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }

TEST(Prefix, HoldsTheAddressesThatStartAsItDoes) {
  const Prefix ipv4 = prefix("192.0.2.0/24");
  EXPECT_TRUE(ipv4.contains(address("192.0.2.0")));
  EXPECT_TRUE(ipv4.contains(address("192.0.2.255")));
  EXPECT_FALSE(ipv4.contains(address("192.0.1.255")));
  EXPECT_FALSE(ipv4.contains(address("192.0.3.0")));

  const Prefix ipv6 = prefix("2001:db8::/32");
  EXPECT_TRUE(ipv6.contains(address("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")));
  EXPECT_FALSE(ipv6.contains(address("2001:db9::")));
}

TEST(Prefix, MayEndInsideAnOctet) {
  const Prefix ipv4 = prefix("192.0.2.64/27");
  EXPECT_TRUE(ipv4.contains(address("192.0.2.64")));
  EXPECT_TRUE(ipv4.contains(address("192.0.2.95")));
  EXPECT_FALSE(ipv4.contains(address("192.0.2.96")));
  EXPECT_FALSE(ipv4.contains(address("192.0.2.63")));

  const Prefix ipv6 = prefix("2001:db8::8000/113");
  EXPECT_TRUE(ipv6.contains(address("2001:db8::ffff")));
  EXPECT_FALSE(ipv6.contains(address("2001:db8::7fff")));
}

TEST(Prefix, OfFullLengthIsOneAddress) {
  EXPECT_EQ(prefix("192.0.2.1"), prefix("192.0.2.1/32"));
  EXPECT_EQ(prefix("2001:db8::1"), prefix("2001:db8::1/128"));
  EXPECT_TRUE(prefix("192.0.2.1").contains(address("192.0.2.1")));
  EXPECT_FALSE(prefix("192.0.2.1").contains(address("192.0.2.0")));
  EXPECT_FALSE(prefix("2001:db8::1").contains(address("2001:db8::")));
}

TEST(Prefix, OfLengthZeroIsItsWholeFamilyAndNothingElse) {
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(address("255.255.255.255")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(address("::1")));
  EXPECT_TRUE(prefix("::/0").contains(address("2001:db8::1")));
  EXPECT_FALSE(prefix("::/0").contains(address("192.0.2.1")));
  EXPECT_FALSE(prefix("::/0").contains(Address{})) << "an address of no family is in no network";
}

TEST(Prefix, CountsAMappedAddressAsIpv4) {
  EXPECT_TRUE(prefix("192.0.2.0/24").contains(address("::ffff:192.0.2.7")));
  EXPECT_FALSE(prefix("192.0.2.0/24").contains(address("::ffff:192.0.3.7")));
  EXPECT_FALSE(prefix("::/0").contains(address("::ffff:192.0.2.7")));
  EXPECT_EQ(prefix("::ffff:192.0.2.0/120"), prefix("192.0.2.0/24"));
  EXPECT_EQ(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1/32"));
  EXPECT_FALSE(Prefix::parse("::ffff:0:0/95")) << "neither family alone";
}

TEST(Prefix, HoldsLinkLocalAddressesOfEveryInterface) {
  EXPECT_TRUE(prefix("fe80::/10").contains(address("fe80::1%2")));
  EXPECT_TRUE(prefix("fe80::1").contains(address("fe80::1%3")));
}

TEST(Prefix, IsNotOneWithBitsBehindItsLength) {
  for (const char* text : {"192.0.2.1/24", "192.0.2.128/24", "192.0.2.64/25", "0.0.0.1/0",
                           "2001:db8::1/32", "2001:db8:0:1::/63", "128.0.0.0/0"})
    EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(Prefix, IsNotOneThatIsMalformed) {
  for (const char* text :
       {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "2001:db8::/129", "192.0.2/24",
        "192.0.2.0/24/24", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/ 24", "192.0.2.0 /24",
        "192.0.2.0/0x18", "192.0.2.0/99999999999999999999", "fe80::1%2", "fe80::/10%2",
        "www.example", "[2001:db8::]/32"})
    EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(Prefix, IsWrittenAsItIsRead) {
  for (const char* text : {"192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::1/128", "::/0"})
    EXPECT_EQ(prefix(text).to_string(), text);
}

TEST(Unmapped, LeavesWhatIsNotMappedAsItIs) {
  EXPECT_EQ(unmapped(address("::ffff:192.0.2.1")), address("192.0.2.1"));
  for (const char* text : {"192.0.2.1", "2001:db8::1", "::192.0.2.1", "::fffe:192.0.2.1"})
    EXPECT_EQ(unmapped(address(text)), address(text)) << text;
  EXPECT_EQ(unmapped(Address{}), Address{});
}

TEST(ClientNetwork, IsAnIpv4Address) {
  EXPECT_EQ(client_network(address("192.0.2.1")), address("192.0.2.1"));
  EXPECT_EQ(client_network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
  EXPECT_EQ(client_network(address("254.128.0.1")), address("254.128.0.1")) << "starts with fe80";
}

TEST(ClientNetwork, IsTheSlash64OfAnIpv6Address) {
  EXPECT_EQ(client_network(address("2001:db8:1:2:3:4:5:6")), address("2001:db8:1:2::"));
  EXPECT_EQ(client_network(address("fec0::1")), address("fec0::"));
}

TEST(ClientNetwork, IsALinkLocalAddressOnItsInterface) {
  EXPECT_EQ(client_network(address("fe80::1%2")), address("fe80::1%2"));
  EXPECT_EQ(client_network(address("febf::1")), address("febf::1"));
}

TEST(Address, KnowsWhichAreLinkLocal) {
  for (const char* text : {"169.254.0.0", "169.254.169.253", "fe80::1", "febf:ffff::1"})
    EXPECT_TRUE(Address::parse(text)->is_link_local()) << text;
  for (const char* text : {"169.253.255.255", "169.255.0.0", "fec0::1", "fe7f::1", "::1",
                           "254.128.0.1", "::ffff:169.254.1.1"})
    EXPECT_FALSE(Address::parse(text)->is_link_local()) << text;
  EXPECT_FALSE(Address{}.is_link_local());
}

}  // namespace
}  // namespace sluice
