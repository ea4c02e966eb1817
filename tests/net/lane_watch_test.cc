#include "resolver/net/lane_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/budget_file.h"
#include "resolver/net/budget_watch.h"
#include "resolver/net/socket.h"
#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

using policy::BudgetFile;
using policy::PacketBudget;
using ::testing::HasSubstr;

constexpr TimePoint t0{1000s};
constexpr PacketBudget::Limits kLimits{.limit = 1'024, .burst = 60, .reserve = 64};

Endpoint endpoint(const std::string& text) { return Endpoint::parse(text, 0).value(); }

Socket bound(const std::string& text) {
  auto socket = open_udp(endpoint(text), PortSharing::alone);
  return socket ? std::move(socket).value() : Socket{};
}

/// A counter that a test sets. It outlives the lane that reads it.
class FakeAllowance final : public AllowanceSource {
 public:
  explicit FakeAllowance(const std::optional<std::uint64_t>& count) : count_{count} {}
  std::optional<std::uint64_t> read(const std::vector<std::string>&) override { return count_; }
  /// Connections tracked are dropped with the others, twice as many; nobody counts the rest.
  OtherAllowances others() const override {
    OtherAllowances others;
    if (count_) others[static_cast<std::size_t>(Allowance::conntrack)] = 2 * *count_;
    return others;
  }

 private:
  const std::optional<std::uint64_t>& count_;
};

class LaneWatchTest : public ::testing::Test {
 protected:
  LaneWatchTest() {
    std::string pattern = ::testing::TempDir() + "sluice-lane-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  ~LaneWatchTest() override { std::filesystem::remove_all(folder); }

  [[nodiscard]] PacketBudget shared_budget() const {
    return PacketBudget{kLimits, BudgetFile::open(folder / "eni").value()};
  }
  WatchedLane lane(PacketBudget& budget) {
    return {.name = "eni",
            .interfaces = {"lo"},
            .servers = {local_endpoint(server.descriptor())},
            .budget = &budget,
            .allowance = std::make_unique<FakeAllowance>(dropped)};
  }
  void send(int packets) const {
    const SocketAddress to = to_socket_address(local_endpoint(server.descriptor()));
    for (int i = 0; i < packets; ++i)
      ASSERT_EQ(::sendto(client.descriptor(), "x", 1, 0, to.get(), to.size), 1);
  }

  std::filesystem::path folder;
  const Socket client = bound("127.78.0.1");
  const Socket server = bound("127.78.0.2");
  std::optional<std::uint64_t> dropped;
};

/// Where packets may be counted.
class CountingLane : public LaneWatchTest {
 protected:
  void SetUp() override {
    const auto tap = PacketTap::open("lo", {});
    if (!tap) GTEST_SKIP() << tap.error();
  }
};

TEST_F(CountingLane, ChargesWhatOthersSendAndNotWhatSharersSend) {
  PacketBudget budget{kLimits};
  LaneWatch watch{lane(budget)};
  watch.on_second(t0);
  EXPECT_TRUE(watch.report().is_counting);
  EXPECT_EQ(watch.report().reason, "");

  ASSERT_TRUE(budget.take(10, t0));
  send(10 + 20);  // ours and strangers'

  EXPECT_TRUE(watch.poll(t0));
  EXPECT_EQ(watch.report().foreign_packets, 20U);
  EXPECT_EQ(budget.available(t0), 30U);
  EXPECT_EQ(budget.packets_sent_by_all(), 10U);
  EXPECT_FALSE(watch.poll(t0)) << "nothing has moved since";
}

TEST_F(CountingLane, PacketsFromBeforeTheWatchAreNotCharged) {
  PacketBudget budget{kLimits};
  ASSERT_TRUE(budget.take(10, t0));
  send(10);
  LaneWatch watch{lane(budget)};
  watch.on_second(t0);

  EXPECT_FALSE(watch.poll(t0));
  EXPECT_EQ(watch.report().foreign_packets, 0U);
}

TEST_F(CountingLane, OnLoopbackOnlyTheServersPortCounts) {
  PacketBudget budget{kLimits};
  LaneWatch watch{lane(budget)};
  watch.on_second(t0);
  const Socket beside = bound("127.78.0.2");
  const SocketAddress to = to_socket_address(local_endpoint(beside.descriptor()));

  ASSERT_EQ(::sendto(client.descriptor(), "x", 1, 0, to.get(), to.size), 1);

  EXPECT_FALSE(watch.poll(t0));
}

TEST_F(CountingLane, OneOfTheSharersCountsAndAnotherTakesOver) {
  PacketBudget here = shared_budget();
  PacketBudget there = shared_budget();
  auto first = std::make_unique<LaneWatch>(lane(here));
  LaneWatch second{lane(there)};
  first->on_second(t0);
  second.on_second(t0);
  EXPECT_TRUE(first->report().is_counting);
  EXPECT_FALSE(second.report().is_counting);
  EXPECT_THAT(second.report().reason, HasSubstr("another process"));

  first.reset();
  send(50);  // while nobody counts
  second.on_second(t0 + 1s);
  send(7);
  second.on_second(t0 + 2s);

  EXPECT_TRUE(second.report().is_counting);
  EXPECT_EQ(second.report().foreign_packets, 7U);
}

TEST_F(CountingLane, GoesOnUndisturbedWhenNothingHasChanged) {
  PacketBudget budget{kLimits};
  LaneWatch watch{lane(budget)};
  watch.on_second(t0);
  send(5);

  watch.change(lane(budget));
  send(6);
  watch.on_second(t0 + 1s);

  EXPECT_EQ(watch.report().foreign_packets, 11U);
}

TEST_F(CountingLane, CountsForOtherServersAfterAChange) {
  PacketBudget budget{kLimits};
  LaneWatch watch{lane(budget)};
  watch.on_second(t0);
  WatchedLane other = lane(budget);
  other.servers = {endpoint("127.78.0.3:53")};

  watch.change(std::move(other));
  watch.on_second(t0 + 1s);
  send(6);

  EXPECT_FALSE(watch.poll(t0 + 1s));
  EXPECT_TRUE(watch.report().is_counting);
}

TEST_F(CountingLane, CanBeToldNotToCountOthers) {
  PacketBudget budget{kLimits};
  LaneWatch watch{lane(budget)};
  watch.on_second(t0);
  WatchedLane off = lane(budget);
  off.counts_others = false;

  watch.change(std::move(off));
  watch.on_second(t0 + 1s);
  send(6);

  EXPECT_FALSE(watch.poll(t0 + 1s));
  EXPECT_THAT(watch.report().reason, HasSubstr("count_others"));
}

TEST_F(CountingLane, CountsAllLinkLocalPacketsWhenAServerIsLinkLocal) {
  const bool has_run = in_private_network([&] {
    ASSERT_TRUE(set_up("lo", true));
    if (std::system("ip address add 169.254.169.253/32 dev lo 2>/dev/null &&"
                    "ip address add 169.254.169.123/32 dev lo &&"
                    "ip -6 address add fd00:ec2::123/128 dev lo nodad") != 0)
      GTEST_SKIP();
    // A busy kernel takes a moment to find its way to a new address; until then packets are lost.
    ASSERT_EQ(std::system("timeout 10 sh -c 'until ip -6 route get fd00:ec2::123 from ::1 2>&1 |"
                          " grep -q ^local; do :; done'"),
              0);
    PacketBudget budget{kLimits};
    WatchedLane link_local = lane(budget);
    link_local.servers = {endpoint("169.254.169.253:53")};
    LaneWatch watch{std::move(link_local)};
    watch.on_second(t0);
    const auto send_to = [](const std::string& to, int packets) {
      const Socket from = bound(to.front() == '[' ? "[::1]" : "127.0.0.1");
      const SocketAddress address = to_socket_address(endpoint(to));
      for (int i = 0; i < packets; ++i)
        EXPECT_EQ(::sendto(from.descriptor(), "x", 1, 0, address.get(), address.size), 1) << to;
    };

    send_to("169.254.169.123:123", 1);
    send_to("169.254.169.253:53", 2);
    send_to("[fd00:ec2::123]:123", 4);
    send_to("127.78.0.9:53", 8);
    EXPECT_TRUE(watch.poll(t0));

    EXPECT_EQ(watch.report().foreign_packets, 7U);
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

TEST_F(LaneWatchTest, SaysWhyItDoesNotCount) {
  PacketBudget budget{kLimits};
  WatchedLane nowhere = lane(budget);
  nowhere.interfaces = {};
  LaneWatch watch{std::move(nowhere)};

  watch.on_second(t0);
  EXPECT_FALSE(watch.report().is_counting);
  EXPECT_THAT(watch.report().reason, HasSubstr("no interface"));
  WatchedLane gone = lane(budget);
  gone.interfaces = {"lo", "no-such-if0"};
  watch.change(std::move(gone));
  watch.on_second(t0 + 1s);

  EXPECT_THAT(watch.report().reason, HasSubstr("no interface no-such-if0"));
}

TEST_F(LaneWatchTest, LowersTheRateOfAllSharersWhenTheNetworkDrops) {
  PacketBudget here = shared_budget();
  PacketBudget there = shared_budget();
  LaneWatch watch{lane(here)};
  dropped = 1'000;
  watch.on_second(t0);
  EXPECT_EQ(there.permille(), 1'000U);

  dropped = 1'025;
  watch.on_second(t0 + 1s);

  EXPECT_EQ(there.permille(), 700U);
  EXPECT_EQ(watch.report().permille, 700U);
  EXPECT_EQ(watch.report().allowance_dropped, 25U);
  EXPECT_EQ(watch.report().others_dropped[static_cast<std::size_t>(Allowance::conntrack)], 50U);
  EXPECT_EQ(watch.report().others_dropped[static_cast<std::size_t>(Allowance::pps)], 0U);
  EXPECT_EQ(watch.report().cuts, 1U);
  for (int second = 2; second < 30; ++second) watch.on_second(t0 + std::chrono::seconds{second});
  EXPECT_EQ(there.permille(), 1'000U) << "and gives it back";
}

TEST_F(LaneWatchTest, WhoeverTakesOverGoesOnFromTheLoweredRate) {
  PacketBudget here = shared_budget();
  PacketBudget there = shared_budget();
  auto first = std::make_unique<LaneWatch>(lane(here));
  LaneWatch second{lane(there)};
  const auto both_at = [&](TimePoint now) {
    first->on_second(now);
    second.on_second(now);
  };
  dropped = 0;
  both_at(t0);
  dropped = 9;
  both_at(t0 + 1s);
  EXPECT_EQ(there.permille(), 700U);

  first.reset();
  second.on_second(t0 + 2s);

  EXPECT_EQ(there.permille(), 700U);
  EXPECT_EQ(second.report().allowance_dropped, 9U);
}

TEST_F(LaneWatchTest, WhoCanDoNothingLeavesTheWatchToOthers) {
  PacketBudget here = shared_budget();
  PacketBudget there = shared_budget();
  WatchedLane blind = lane(here);
  blind.interfaces = {"no-such-if0"};
  LaneWatch first{std::move(blind)};
  LaneWatch second{lane(there)};
  first.on_second(t0);
  dropped = 1;

  second.on_second(t0);
  dropped = 2;
  second.on_second(t0 + 1s);

  EXPECT_EQ(here.permille(), 700U) << "the second one has the watch";
}

TEST_F(LaneWatchTest, AWatchThatEndsBeforeItBeganHoldsNothing) {
  PacketBudget here = shared_budget();
  PacketBudget there = shared_budget();
  { LaneWatch never{lane(here)}; }

  EXPECT_TRUE(there.try_to_watch());
}

TEST_F(CountingLane, BudgetWatchDoesAllThisFromTheLoop) {
  boost::asio::io_context loop;
  PacketBudget budget{kLimits};
  BudgetWatch watch{loop};
  EXPECT_TRUE(watch.report().empty());
  std::vector<WatchedLane> lanes;
  lanes.push_back(lane(budget));
  watch.watch(std::move(lanes));
  ASSERT_EQ(watch.report().size(), 1U);
  EXPECT_TRUE(watch.report()[0].is_counting) << "from the first moment";
  const auto run_until = [&](auto done) {
    const TimePoint give_up = Clock::now() + 10s;
    while (!done() && Clock::now() < give_up) loop.run_one_for(std::chrono::milliseconds{10});
    return done();
  };

  send(5);
  EXPECT_TRUE(run_until([&] { return watch.report()[0].foreign_packets == 5; }));
  dropped = 10;
  watch.watch({});
  EXPECT_TRUE(watch.report().empty());
  lanes.clear();
  lanes.push_back(lane(budget));
  watch.watch(std::move(lanes));
  dropped = 11;

  EXPECT_TRUE(run_until([&] { return watch.report()[0].cuts == 1; }));
  EXPECT_EQ(watch.report()[0].permille, 700U);
}

}  // namespace
}  // namespace sluice::net
