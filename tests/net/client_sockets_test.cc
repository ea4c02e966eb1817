#include "resolver/net/client_sockets.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/net/local_client.h"
#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

constexpr int kOn = 1;

/// Clients of this process, at a server of its own.
class ClientSocketsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!sockets.can_find(Transport::udp)) GTEST_SKIP() << "this kernel does not tell of sockets";
  }

  [[nodiscard]] std::optional<ClientSocket> find(const Endpoint& client, const Endpoint& server,
                                                 Transport transport = Transport::udp) {
    return sockets.find(client, server, transport, 0);
  }
  /// `socket` itself, as the kernel should report it.
  void expect_found(const Socket& socket, const std::optional<ClientSocket>& found) {
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->inode, inode_of(socket));
    EXPECT_EQ(found->uid, ::geteuid());
  }

  ClientSockets sockets;
};

TEST_F(ClientSocketsTest, FindsAConnectedClient) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = connected(SOCK_DGRAM, server.at());

  expect_found(client, find(local_endpoint(client.descriptor()), server.at()));
}

TEST_F(ClientSocketsTest, FindsAClientThatIsNotConnected) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  send_to(client, server.at());

  expect_found(client, find(server.receive(), server.at()));
}

TEST_F(ClientSocketsTest, FindsAnIpv6Client) {
  const LocalServer server{SOCK_DGRAM, "::1"};
  if (!server.is_open()) GTEST_SKIP() << "no ::1 here";
  const Socket client = connected(SOCK_DGRAM, server.at());
  const Socket other{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  send_to(other, server.at());

  expect_found(client, find(local_endpoint(client.descriptor()), server.at()));
  expect_found(other, find(server.receive(), server.at()));
}

TEST_F(ClientSocketsTest, FindsAnIpv6SocketThatAsksAnIpv4Address) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (client.descriptor() < 0) GTEST_SKIP() << "no IPv6 here";
  send_to(client, {*Address::parse("::ffff:127.0.0.1"), server.at().port});

  expect_found(client, find(server.receive(), server.at()));
}

TEST_F(ClientSocketsTest, FindsAClientAtAnotherLoopbackAddress) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = bound(SOCK_DGRAM, endpoint("127.0.0.9"));
  send_to(client, server.at());
  const Endpoint source = server.receive();
  ASSERT_EQ(source.address, *Address::parse("127.0.0.9"));

  expect_found(client, find(source, server.at()));
}

TEST_F(ClientSocketsTest, FindsAClientThatIsBoundToAnInterface) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  constexpr std::string_view kInterface = "lo";
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const LocalServer own{type, "127.0.0.1"};
    const Socket client{::socket(AF_INET, type | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::setsockopt(client.descriptor(), SOL_SOCKET, SO_BINDTODEVICE, kInterface.data(),
                           kInterface.size()),
              0);
    connect_to(client, own.at());
    const Endpoint source = local_endpoint(client.descriptor());
    const Transport transport = type == SOCK_DGRAM ? Transport::udp : Transport::tcp;

    expect_found(client, find(source, own.at(), transport));
    expect_found(client,
                 sockets.find(source, own.at(), transport, ::if_nametoindex(kInterface.data())));
  }
}

TEST_F(ClientSocketsTest, FindsAClientOverTcp) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    const LocalServer server{SOCK_STREAM, address};
    if (!server.is_open()) continue;
    const Socket client = connected(SOCK_STREAM, server.at());
    const Endpoint source = local_endpoint(client.descriptor());

    expect_found(client, find(source, server.at(), Transport::tcp));
    ::shutdown(client.descriptor(), SHUT_WR);
    expect_found(client, find(source, server.at(), Transport::tcp));
  }
}

TEST_F(ClientSocketsTest, FindsNobodyOnceTheClientHasClosedItsSocket) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  Endpoint source;
  {
    const Socket client = connected(SOCK_DGRAM, server.at());
    send_to(client, server.at());
    source = server.receive();
    ASSERT_TRUE(find(source, server.at()).has_value());
  }

  EXPECT_EQ(find(source, server.at()), std::nullopt);
}

// The kernel goes on reporting such connections, as root's.
TEST_F(ClientSocketsTest, FindsNobodyOnceTheClientHasClosedItsConnection) {
  const LocalServer server{SOCK_STREAM, "127.0.0.1"};
  Socket accepted;
  Endpoint source;
  {
    const Socket client = connected(SOCK_STREAM, server.at());
    source = local_endpoint(client.descriptor());
    accepted = server.accept();
    ASSERT_TRUE(find(source, server.at(), Transport::tcp).has_value());
  }
  EXPECT_EQ(find(source, server.at(), Transport::tcp), std::nullopt) << "in FIN-WAIT-2";

  accepted = Socket{};
  EXPECT_EQ(find(source, server.at(), Transport::tcp), std::nullopt) << "in TIME-WAIT";
}

TEST_F(ClientSocketsTest, FindsNobodyWhoNeverWas) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Endpoint nobody{*Address::parse("127.0.0.1"), 1};

  EXPECT_EQ(find(nobody, server.at()), std::nullopt);
  EXPECT_EQ(find(nobody, server.at(), Transport::tcp), std::nullopt);
}

TEST_F(ClientSocketsTest, GoesOnAfterALookUpThatFailed) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = connected(SOCK_DGRAM, server.at());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(find({*Address::parse("127.0.0.1"), 1}, server.at()), std::nullopt);
    expect_found(client, find(local_endpoint(client.descriptor()), server.at()));
  }
}

TEST_F(ClientSocketsTest, NeverTakesOurOwnSocketForAClient) {
  for (const char* address : {"127.0.0.1", "0.0.0.0"}) {
    const LocalServer udp{SOCK_DGRAM, address};
    const LocalServer tcp{SOCK_STREAM, address};
    const Address asked = *Address::parse("127.0.0.1");
    // A client of our own port at another address: on a wildcard it is our socket that has it.
    for (const char* client : {"127.0.0.1", "127.0.0.7"}) {
      const Address from = *Address::parse(client);
      EXPECT_EQ(find({from, udp.at().port}, {asked, udp.at().port}), std::nullopt);
      EXPECT_EQ(find({from, tcp.at().port}, {asked, tcp.at().port}, Transport::tcp), std::nullopt);
    }
  }
}

TEST_F(ClientSocketsTest, DoesNotTakeWhoListensAtThePortForAConnection) {
  const LocalServer server{SOCK_STREAM, "127.0.0.1"};
  const LocalServer other{SOCK_STREAM, "127.0.0.1"};

  EXPECT_EQ(find(other.at(), server.at(), Transport::tcp), std::nullopt);
}

TEST_F(ClientSocketsTest, DoesNotTakeASocketThatIsConnectedElsewhereForTheClient) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const LocalServer other{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = connected(SOCK_DGRAM, other.at());

  EXPECT_EQ(find(local_endpoint(client.descriptor()), server.at()), std::nullopt);
}

TEST_F(ClientSocketsTest, TellsTheUserOfTheSocket) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const OtherProcess child{[&] {
    if (::setuid(kNobody) != 0) return;
    const Socket client = connected(SOCK_DGRAM, server.at());
    send_to(client, server.at());
    wait_for_parent();
  }};

  const auto found = find(server.receive(), server.at());

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->uid, kNobody);
}

// What cannot be told: which of them has sent the datagram. Whoever it is, it is the same user.
TEST_F(ClientSocketsTest, OfSocketsThatShareAPortFindsOneOfTheSameUser) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket first{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const Socket second{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  Endpoint shared = endpoint("127.0.0.1");
  for (const Socket* each : {&first, &second}) {
    ::setsockopt(each->descriptor(), SOL_SOCKET, SO_REUSEPORT, &kOn, sizeof kOn);
    ASSERT_TRUE(bind_to(*each, shared));
    shared = local_endpoint(each->descriptor());
  }

  const auto found = find(shared, server.at());

  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->inode == inode_of(first) || found->inode == inode_of(second));
  if (::geteuid() != 0) return;
  OtherProcess stranger{[&] {
    if (::setuid(kNobody) != 0) ::_exit(1);
    const Socket third{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ::setsockopt(third.descriptor(), SOL_SOCKET, SO_REUSEPORT, &kOn, sizeof kOn);
    if (bind_to(third, shared)) ::_exit(1);
  }};
  EXPECT_EQ(stranger.exit_status(), 0) << "another user may join";
}

TEST_F(ClientSocketsTest, DoesNotSeeIntoOtherNetworks) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = connected(SOCK_DGRAM, server.at());
  std::optional<ClientSocket> found;

  if (!in_private_network([&] {
        ClientSockets others;
        found = others.find(local_endpoint(client.descriptor()), server.at(), Transport::udp, 0);
      }))
    GTEST_SKIP() << "no network of one's own here";

  EXPECT_EQ(found, std::nullopt);
}

// As where a seccomp filter or RestrictAddressFamilies= keeps us from asking.
TEST(ClientSocketsWithoutNetlink, FindNobody) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = connected(SOCK_DGRAM, server.at());
  std::optional<ClientSockets> sockets;

  without_more_files([&] { sockets.emplace(); });

  EXPECT_FALSE(sockets->can_find(Transport::udp));
  EXPECT_FALSE(sockets->can_find(Transport::tcp));
  EXPECT_EQ(sockets->find(local_endpoint(client.descriptor()), server.at(), Transport::udp, 0),
            std::nullopt);
}

}  // namespace
}  // namespace sluice::net
