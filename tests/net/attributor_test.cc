#include "resolver/net/attributor.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "resolver/net/cgroup_tree.h"
#include "tests/net/local_client.h"
#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

using metrics::AttributionMetric;

constexpr HashKey kKey{.k0 = 1, .k1 = 2};
constexpr SpenderReader::Pace kAtOnce{.pause = Duration::zero(), .share = 1};
/// The reader looks once, and then not again within a test.
constexpr SpenderReader::Pace kOnce{.pause = std::chrono::hours{1}, .share = 1};

ClientRef client_at(const Endpoint& client, Transport transport = Transport::udp) {
  ClientRef ref;
  ref.client = client;
  ref.transport = transport;
  return ref;
}

/// The groups of this host, if a test may make some.
std::optional<std::filesystem::path> writable_groups() {
  std::ifstream in{"/proc/self/mountinfo"};
  const auto mount = find_cgroup_mount(std::string{std::istreambuf_iterator<char>{in}, {}});
  if (!mount || ::access((mount->folder / "cgroup.procs").c_str(), W_OK) != 0) return std::nullopt;
  return mount->folder;
}

/// Moves this process.
void join(const std::filesystem::path& group) {
  std::ofstream out{group / "cgroup.procs"};
  out << ::getpid() << std::flush;
  if (!out) throw std::runtime_error{"cannot join the group"};
}

/// An attributor and the queries that come to a server of this host.
class AttributorTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!attributor.is_available()) GTEST_SKIP() << "this kernel does not tell of sockets";
  }
  [[nodiscard]] Spender identify(const Endpoint& client) {
    return attributor.identify(client_at(client), server.at(), now);
  }
  [[nodiscard]] std::uint64_t count(AttributionMetric metric) const {
    return attributor.counters().get(metric);
  }
  /// Sockets of this process are in no group of their own.
  [[nodiscard]] bool is_in_root_group() {
    const Socket client = connected(SOCK_DGRAM, server.at());
    ClientSockets sockets;
    const auto found =
        sockets.find(local_endpoint(client.descriptor()), server.at(), Transport::udp, 0);
    return found.has_value() && found->cgroup_id <= 1;
  }

  boost::asio::io_context loop;
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  Attributor attributor{loop, kKey, SpenderSources{}, kAtOnce};
  TimePoint now = Clock::now();
};

TEST_F(AttributorTest, TellsClientsOfTheNetworkApartByAddress) {
  for (const char* text : {"192.0.2.1:5353", "[2001:db8::1]:5353"})
    EXPECT_EQ(identify(endpoint(text)), Spender::of_address(endpoint(text).address)) << text;

  EXPECT_EQ(count(AttributionMetric::by_address), 2U);
  EXPECT_EQ(count(AttributionMetric::lookups_found), 0U);
  EXPECT_EQ(count(AttributionMetric::lookups_failed), 0U) << "the kernel is not asked";
}

TEST_F(AttributorTest, KnowsAProgramOfThisHost) {
  const Socket client = connected(SOCK_DGRAM, server.at());

  const Spender spender = identify(local_endpoint(client.descriptor()));

  EXPECT_TRUE(spender.kind == SpenderKind::cgroup ||
              spender.without_socket() == Spender::of_user(::geteuid()));
  EXPECT_EQ(count(AttributionMetric::lookups_found), 1U);
}

TEST_F(AttributorTest, KnowsAProgramThatAsksOverTcp) {
  const LocalServer tcp{SOCK_STREAM, "127.0.0.1"};
  const Socket client = connected(SOCK_STREAM, tcp.at());
  const ClientRef ref = client_at(local_endpoint(client.descriptor()), Transport::tcp);

  const Spender spender = attributor.identify(ref, tcp.at(), now);

  EXPECT_TRUE(spender.kind == SpenderKind::cgroup ||
              spender.without_socket() == Spender::of_user(::geteuid()));
}

TEST_F(AttributorTest, GoesByTheAddressThatWasAskedOnAWildcard) {
  const LocalServer wildcard{SOCK_DGRAM, "0.0.0.0"};
  const Endpoint asked{*Address::parse("127.0.0.1"), wildcard.at().port};
  const Socket client = connected(SOCK_DGRAM, asked);
  ClientRef ref = client_at(local_endpoint(client.descriptor()));
  ref.local = asked.address;
  ref.interface_index = ::if_nametoindex("lo");

  EXPECT_NE(attributor.identify(ref, wildcard.at(), now), Spender{});
}

TEST_F(AttributorTest, AsksTheKernelOnceForABurst) {
  const Socket client = connected(SOCK_DGRAM, server.at());
  const Endpoint source = local_endpoint(client.descriptor());
  for (int i = 0; i < 100; ++i) EXPECT_NE(identify(source), Spender{});

  EXPECT_EQ(count(AttributionMetric::lookups_found), 1U);
}

TEST_F(AttributorTest, RemembersASocketForAMomentOnly) {
  Endpoint source;
  {
    const Socket client = connected(SOCK_DGRAM, server.at());
    source = local_endpoint(client.descriptor());
    EXPECT_NE(identify(source), Spender{});
  }

  now += Attributor::kClientMemory - 1ms;
  EXPECT_NE(identify(source), Spender{});
  now += 1ms;
  EXPECT_EQ(identify(source), Spender{});
  EXPECT_EQ(count(AttributionMetric::lookups_found), 1U);
  EXPECT_EQ(count(AttributionMetric::lookups_failed), 1U);
}

TEST_F(AttributorTest, DoesNotRememberThatNobodyWasThere) {
  Endpoint source;
  {
    const Socket client = connected(SOCK_DGRAM, server.at());
    source = local_endpoint(client.descriptor());
  }
  EXPECT_EQ(identify(source), Spender{});
  const Socket next = bound(SOCK_DGRAM, source);

  EXPECT_NE(identify(source), Spender{});
  EXPECT_EQ(count(AttributionMetric::by_unknown), 1U);
}

TEST_F(AttributorTest, ForgetsClientsToMakeRoom) {
  // A socket that is not bound to an address has them all.
  const Socket client = bound(SOCK_DGRAM, endpoint("0.0.0.0"));
  Endpoint source = local_endpoint(client.descriptor());
  source.address = *Address::parse("127.1.0.0");
  for (std::size_t i = 0; i <= Attributor::kMaxClients; ++i) {
    source.address.bytes[2] = static_cast<std::uint8_t>(i >> 8);
    source.address.bytes[3] = static_cast<std::uint8_t>(i);
    EXPECT_NE(identify(source), Spender{});
  }

  EXPECT_GE(count(AttributionMetric::clients_evicted), 1U);
}

TEST_F(AttributorTest, FindsTheProgramOfAUserLater) {
  if (!is_in_root_group()) GTEST_SKIP() << "this process is in a control group of its own";
  const Socket client = connected(SOCK_DGRAM, server.at());
  const Endpoint source = local_endpoint(client.descriptor());
  EXPECT_EQ(identify(source).without_socket(), Spender::of_user(::geteuid()));

  ASSERT_TRUE(run_until(loop, [&] { return identify(source).kind == SpenderKind::process; }));

  EXPECT_EQ(identify(source).uid(), ::geteuid());
  EXPECT_EQ(attributor.describe(identify(source)).client, "attribution_test");
  EXPECT_GE(count(AttributionMetric::process_scans), 1U);
  EXPECT_GE(count(AttributionMetric::by_process), 1U);
  EXPECT_GE(count(AttributionMetric::by_user), 1U);
}

TEST_F(AttributorTest, LooksForOnlySoManyProgramsAtOnce) {
  if (!is_in_root_group()) GTEST_SKIP() << "this process is in a control group of its own";
  Attributor slow{loop, kKey, SpenderSources{}, kOnce};
  const auto ask = [&](const Socket& client) {
    const auto ref = client_at(local_endpoint(client.descriptor()));
    (void)slow.identify(ref, server.at(), now);
  };
  const Socket first = connected(SOCK_DGRAM, server.at());
  ask(first);
  ASSERT_TRUE(
      run_until(loop, [&] { return slow.counters().get(AttributionMetric::process_scans) == 1; }));

  std::vector<Socket> clients;
  for (std::size_t i = 0; i <= SpenderReader::kMaxWanted; ++i)
    ask(clients.emplace_back(connected(SOCK_DGRAM, server.at())));
  EXPECT_EQ(slow.counters().get(AttributionMetric::requests_dropped), 1U);

  ask(clients.back());
  EXPECT_EQ(slow.counters().get(AttributionMetric::requests_dropped), 2U) << "wanted again";
  ask(clients.front());
  EXPECT_EQ(slow.counters().get(AttributionMetric::requests_dropped), 2U) << "wanted already";
}

TEST_F(AttributorTest, KnowsTheGroupOfAService) {
  const auto groups = writable_groups();
  if (!groups) GTEST_SKIP() << "no control groups of version 2 that we may write to";
  const std::string name = "sluice-test-" + std::to_string(::getpid()) + ".service";
  const auto folder = *groups / name;
  std::error_code ec;
  std::filesystem::create_directory(folder, ec);
  if (ec) GTEST_SKIP() << "cannot make a control group: " << ec.message();
  Spender spender;
  {
    OtherProcess service{[&] {
      join(folder);
      const Socket client = connected(SOCK_DGRAM, server.at());
      send_to(client, server.at());
      wait_for_parent();
    }};

    spender = identify(server.receive());
    EXPECT_TRUE(run_until(loop, [&] { return count(AttributionMetric::group_scans) == 1; }));
  }
  std::filesystem::remove(folder, ec);
  EXPECT_FALSE(ec) << "left behind: " << folder;

  EXPECT_EQ(spender.kind, SpenderKind::cgroup);
  const SpenderWords words = attributor.describe(spender);
  EXPECT_EQ(words.client, name) << "though it is gone";
  EXPECT_EQ(words.kind, ClientKind::unit);
  EXPECT_EQ(words.uid, ::geteuid());
}

// 192.0.2.1 becomes an address of this host, as where resolv.conf names it rather than 127.0.0.53.
void give_address(const char* interface) {
  const Socket socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strcpy(request.ifr_name, interface);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
  std::memcpy(&request.ifr_addr, &address, sizeof address);
  if (::ioctl(socket.descriptor(), SIOCSIFADDR, &request) != 0) throw std::runtime_error{"address"};
}

TEST(AttributorInANetworkOfItsOwn, KnowsAProgramThatAsksAnotherAddressOfThisHost) {
  std::optional<Spender> known;
  std::optional<Spender> gone;

  if (!in_private_network([&] {
        set_up("lo", true);
        give_address("lo:1");
        boost::asio::io_context loop;
        Attributor attributor{loop, kKey};
        const LocalServer server{SOCK_DGRAM, "192.0.2.1"};
        std::optional client = connected(SOCK_DGRAM, server.at());
        const ClientRef ref = client_at(local_endpoint(client->descriptor()));
        EXPECT_EQ(ref.client.address, *Address::parse("192.0.2.1"));
        const TimePoint now = Clock::now();
        known = attributor.identify(ref, server.at(), now);
        client.reset();
        gone = attributor.identify(ref, server.at(), now + Attributor::kClientMemory);
      }))
    GTEST_SKIP() << "no network of one's own here";

  EXPECT_TRUE(known->kind == SpenderKind::cgroup || known->kind == SpenderKind::user);
  EXPECT_EQ(gone, Spender::of_address(*Address::parse("192.0.2.1")))
      << "who asks at least has this address";
}

TEST(AttributorWithoutNetlink, TellsAllApartByAddress) {
  const LocalServer server{SOCK_DGRAM, "127.0.0.1"};
  const Socket client = connected(SOCK_DGRAM, server.at());
  boost::asio::io_context loop;
  std::optional<Attributor> attributor;
  without_more_files([&] { attributor.emplace(loop, kKey); });

  EXPECT_EQ(attributor->identify(client_at(local_endpoint(client.descriptor())), server.at(),
                                 Clock::now()),
            Spender::of_address(*Address::parse("127.0.0.1")));

  EXPECT_FALSE(attributor->is_available());
  EXPECT_EQ(attributor->counters().get(AttributionMetric::unavailable), 1U);
  EXPECT_EQ(attributor->counters().get(AttributionMetric::lookups_failed), 0U);
}

}  // namespace
}  // namespace sluice::net
