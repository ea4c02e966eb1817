#include "resolver/net/packet_tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "resolver/net/socket.h"
#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

using ::testing::HasSubstr;

Address address(const std::string& text) { return Address::parse(text).value(); }
/// An address of the loopback interface's that no other process uses at this time, so that tests
/// may run beside each other.
std::string own(int host) {
  const int process = ::getpid();
  return "127." + std::to_string(64 + process / 256 % 128) + "." + std::to_string(process % 256) +
         "." + std::to_string(host);
}

Endpoint endpoint(const std::string& text) { return Endpoint::parse(text, 0).value(); }

/// A socket that is bound to `text`, with any port.
Socket bound(const std::string& text) {
  auto socket = open_udp(endpoint(text), PortSharing::alone);
  return socket ? std::move(socket).value() : Socket{};
}

void send(const Socket& from, const Endpoint& to, int packets) {
  const SocketAddress address = to_socket_address(to);
  for (int i = 0; i < packets; ++i)
    ASSERT_EQ(::sendto(from.descriptor(), "x", 1, 0, address.get(), address.size), 1);
}

Endpoint of(const Socket& socket) { return local_endpoint(socket.descriptor()); }

class PacketTapTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto tap = PacketTap::open("lo", {});
    if (!tap) GTEST_SKIP() << tap.error();
  }
  static PacketTap open(const std::vector<Destination>& destinations) {
    return PacketTap::open("lo", destinations).value();
  }

  const Socket client = bound(own(1));
  const Socket server = bound(own(2));
  const Socket other = bound(own(3));
};

TEST_F(PacketTapTest, CountsWhatGoesToAnAddressAndNothingElse) {
  PacketTap tap = open({{.address = address(own(2)), .bits = 32}});
  EXPECT_EQ(tap.total(), 0U);

  send(client, of(server), 1'000);
  send(client, of(other), 500);

  EXPECT_EQ(tap.total(), 1'000U) << "far more than there is room to keep";
  send(client, of(server), 7);
  EXPECT_EQ(tap.total(), 1'007U);
  EXPECT_EQ(tap.total(), 1'007U);
}

TEST_F(PacketTapTest, RepliesAreNotCounted) {
  PacketTap tap = open({{.address = address(own(2)), .bits = 32}});

  send(client, of(server), 3);
  send(server, of(client), 50);

  EXPECT_EQ(tap.total(), 3U);
}

TEST_F(PacketTapTest, CountsAllAddressesOfAPrefix) {
  PacketTap tap = open({{.address = address(own(2)), .bits = 31},  // .2 and .3
                        {.address = address("198.51.100.1"), .bits = 32}});

  send(client, of(server), 10);
  send(client, of(other), 20);
  send(server, of(client), 40);

  EXPECT_EQ(tap.total(), 30U);
}

TEST_F(PacketTapTest, CountsOnePortOnly) {
  const Socket beside = bound(own(2));
  PacketTap tap = open({{.address = address(own(2)), .bits = 32, .port = of(server).port},
                        {.address = address(own(3)), .bits = 32, .port = of(other).port}});

  send(client, of(server), 10);
  send(client, of(beside), 20);
  send(client, of(other), 40);

  EXPECT_EQ(tap.total(), 50U);
}

TEST_F(PacketTapTest, CountsAPacketOnceWhateverDestinationsItMatches) {
  PacketTap tap =
      open({{.address = address(own(0)), .bits = 24}, {.address = address(own(2)), .bits = 32}});

  send(client, of(server), 5);

  EXPECT_EQ(tap.total(), 5U);
}

TEST_F(PacketTapTest, TellsIpv6DestinationsApart) {
  const Socket from = bound("[::1]");
  const Socket to = bound("[::1]");
  const Socket beside = bound("[::1]");
  if (to.descriptor() < 0) GTEST_SKIP() << "this host has no IPv6";
  PacketTap one = open({{.address = address("::1"), .bits = 128, .port = of(to).port}});
  PacketTap none = open({{.address = address("::2"), .bits = 128},
                         {.address = address("fd00:ec2::"), .bits = 32},
                         {.address = address("::1:0:0"), .bits = 96}});
  PacketTap all = open({{.address = address("fd00:ec2::"), .bits = 32},
                        {.address = address("::"), .bits = 96, .port = of(to).port}});

  send(from, of(to), 10);
  send(from, of(beside), 20);

  EXPECT_EQ(one.total(), 10U);
  EXPECT_EQ(none.total(), 0U);
  EXPECT_EQ(all.total(), 10U);
}

TEST_F(PacketTapTest, TakesAsManyDestinationsAsItPromises) {
  std::vector<Destination> destinations(PacketTap::kMostDestinations,
                                        {.address = address("2001:db8::1"), .bits = 128});
  destinations.back() = {.address = address(own(2)), .bits = 32};
  PacketTap tap = open(destinations);

  send(client, of(server), 4);

  EXPECT_EQ(tap.total(), 4U);
  destinations.push_back(destinations.front());
  EXPECT_THAT(PacketTap::open("lo", destinations).error(), HasSubstr("more than 64 addresses"));
}

TEST_F(PacketTapTest, NoDestinationsAreNoPackets) {
  PacketTap tap = open({});

  send(client, of(server), 4);

  EXPECT_EQ(tap.total(), 0U);
}

TEST(PacketTap, SaysThatThereIsNoSuchInterface) {
  const auto tap = PacketTap::open("no-such-if0", {});

  ASSERT_TRUE(tap.has_error());
  EXPECT_EQ(tap.error(), "cannot count packets on no-such-if0: there is no such interface");
}

TEST(PacketTap, SaysWhichRightIsMissing) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65'534) != 0) ::_exit(2);
    const auto tap = PacketTap::open("lo", {});
    ::_exit(tap.has_error() && tap.error().find("CAP_NET_RAW") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(PacketTap, CountsOnWhenItsInterfaceHasBeenDown) {
  const bool has_run = in_private_network([] {
    auto tap = PacketTap::open("lo", {{.address = address("127.77.0.2"), .bits = 32}});
    ASSERT_TRUE(tap.has_value()) << tap.error();
    ASSERT_TRUE(set_up("lo", true));
    const Socket client = bound("127.77.0.1");
    const Socket server = bound("127.77.0.2");
    send(client, of(server), 5);
    EXPECT_EQ(tap.value().total(), 5U) << "it was down when the tap was opened";

    ASSERT_TRUE(set_up("lo", false));
    EXPECT_EQ(tap.value().total(), 5U);
    ASSERT_TRUE(set_up("lo", true));
    send(client, of(server), 6);

    EXPECT_EQ(tap.value().total(), 11U);
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

}  // namespace
}  // namespace sluice::net
