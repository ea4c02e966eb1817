#include "resolver/net/socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <fstream>
#include <utility>
#include <vector>

namespace sluice::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Endpoint endpoint(std::string_view text) { return Endpoint::parse(text, 0).value(); }

std::string port_of(const Endpoint& endpoint) { return std::to_string(endpoint.port); }

int option(const Socket& socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(socket.descriptor(), level, name, &value, &size), 0);
  return value;
}

TEST(Socket, SaysThatTheUdpPortIsTakenAndHowToFindOutByWhom) {
  const auto first = open_udp(endpoint("127.0.0.1"), PortSharing::alone);
  ASSERT_TRUE(first);
  const Endpoint taken = local_endpoint(first.value().descriptor());

  const auto second = open_udp(taken, PortSharing::alone);

  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), AllOf(StartsWith("cannot listen on " + taken.to_string() + "/udp: "),
                                    HasSubstr("another resolver running?"),
                                    HasSubstr("ss -lunp 'sport = :" + port_of(taken) + "'")));
}

TEST(Socket, SaysThatTheTcpPortIsTakenAndHowToFindOutByWhom) {
  const auto first = open_tcp(endpoint("127.0.0.1"));
  ASSERT_TRUE(first);
  const Endpoint taken = local_endpoint(first.value().descriptor());

  const auto second = open_tcp(taken);

  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), AllOf(StartsWith("cannot listen on " + taken.to_string() + "/tcp: "),
                                    HasSubstr("ss -ltnp 'sport = :" + port_of(taken) + "'")));
}

TEST(Socket, FindsAPortThatIsFreeForUdpAndTcpWhereManyUdpPortsAreTaken) {
  std::vector<Socket> taken;
  for (int i = 0; i < 500; ++i) {
    auto udp = open_udp(endpoint("127.0.0.1"), PortSharing::alone);
    ASSERT_TRUE(udp) << udp.error();
    taken.push_back(std::move(udp).value());
  }

  for (int i = 0; i < 500; ++i) {
    const auto chosen = with_free_port(endpoint("127.0.0.1"));
    ASSERT_TRUE(chosen) << chosen.error();
    ASSERT_NE(chosen.value().port, 0);
    for (const Socket& socket : taken)
      ASSERT_NE(chosen.value().port, local_endpoint(socket.descriptor()).port);
  }
}

TEST(Socket, KeepsAPortThatIsAskedFor) {
  const auto taken = open_udp(endpoint("127.0.0.1"), PortSharing::alone);
  ASSERT_TRUE(taken);
  const Endpoint wanted = local_endpoint(taken.value().descriptor());

  EXPECT_EQ(with_free_port(wanted).value(), wanted);
}

TEST(Socket, SaysWhyNoPortIsFree) {
  EXPECT_THAT(with_free_port(endpoint("192.0.2.1")).error(),
              HasSubstr("no interface of this host"));
}

TEST(Socket, SaysThatNoInterfaceHasTheAddress) {
  const auto result = open_udp(endpoint("192.0.2.1"), PortSharing::alone);

  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("no interface of this host has the address"));
}

TEST(Socket, SaysWhichPrivilegeALowPortNeeds) {
  int first_free_port = 0;
  std::ifstream{"/proc/sys/net/ipv4/ip_unprivileged_port_start"} >> first_free_port;
  if (first_free_port <= 1) GTEST_SKIP() << "this host lets everybody bind every port";
  const uid_t user = ::geteuid();
  constexpr uid_t kNobody = 65'534;
  if (user == 0) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  const auto result = open_udp(endpoint("127.0.0.1:1"), PortSharing::alone);
  if (user == 0) {
    ASSERT_EQ(::seteuid(user), 0);
  }

  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("needs CAP_NET_BIND_SERVICE or a port above 1023"));
}

TEST(Socket, SharesItsPortOnlyIfBothWantTo) {
  const auto first = open_udp(endpoint("127.0.0.1"), PortSharing::shared);
  ASSERT_TRUE(first);
  const Endpoint taken = local_endpoint(first.value().descriptor());

  EXPECT_TRUE(open_udp(taken, PortSharing::shared));
  EXPECT_FALSE(open_udp(taken, PortSharing::alone));
}

TEST(Socket, KeepsTheFamiliesApart) {
  const auto ipv4 = open_udp(endpoint("0.0.0.0"), PortSharing::alone);
  ASSERT_TRUE(ipv4);
  Endpoint same_port = endpoint("[::]");
  same_port.port = local_endpoint(ipv4.value().descriptor()).port;

  EXPECT_TRUE(open_udp(same_port, PortSharing::alone));
}

TEST(Socket, NeverSetsDontFragment) {
  const auto ipv4 = open_udp(endpoint("127.0.0.1"), PortSharing::alone);
  const auto ipv6 = open_udp(endpoint("[::1]"), PortSharing::alone);
  ASSERT_TRUE(ipv4 && ipv6);

  EXPECT_EQ(option(ipv4.value(), IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_OMIT);
  EXPECT_EQ(option(ipv6.value(), IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_OMIT);
}

TEST(Socket, KeepsAnEndpointAcrossTheKernelsForm) {
  for (const char* text : {"192.0.2.1:53", "[2001:db8::1]:5353", "[fe80::1%7]:53"}) {
    const Endpoint original = endpoint(text);
    EXPECT_EQ(to_endpoint(to_socket_address(original).storage), original) << text;
  }
}

TEST(Socket, HasNoEndpointWhereItIsNotBoundOrConnected) {
  EXPECT_EQ(local_endpoint(-1).address.family, Address::Family::none);
  const auto unconnected = open_udp(endpoint("127.0.0.1"), PortSharing::alone);
  EXPECT_EQ(remote_endpoint(unconnected.value().descriptor()).address.family,
            Address::Family::none);
}

}  // namespace
}  // namespace sluice::net
