#include "policy/top_spenders.h"

#include <gtest/gtest.h>

#include <map>

#include "resolver/base/random.h"
#include "resolver/dns/presentation.h"

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};
using Window = TopSpenders::Window;

TopSpenders::Key key(std::uint32_t uid, const char* suffix = "25.104.in-addr.arpa.") {
  return {Spender::of_user(uid), dns::parse_name(suffix).value(), dns::Type::ptr};
}

class TopSpendersTest : public ::testing::Test {
 protected:
  TopSpenders spenders{HashKey{1, 2}};

  std::vector<std::uint64_t> packets(Window window, TimePoint now) const {
    std::vector<std::uint64_t> out;
    for (const auto& row : spenders.top(window, 100, now).rows) out.push_back(row.spent.packets);
    return out;
  }
};

using Packets = std::vector<std::uint64_t>;

TEST_F(TopSpendersTest, NobodyHasSpentAnythingAtFirst) {
  const auto top = spenders.top(Window::minute, 10, t0);
  EXPECT_TRUE(top.rows.empty());
  EXPECT_EQ(top.packets, 0U);
  EXPECT_EQ(top.covered, Duration{});
}

TEST_F(TopSpendersTest, AddsUpWhatEachHasSpentAndPutsTheLargestFirst) {
  spenders.add(key(1), {.packets = 2, .failures = 1}, t0);
  spenders.add(key(2), {.packets = 5, .waits = 1, .waited = 30ms}, t0 + 1s);
  spenders.add(key(1), {.packets = 4, .failures = 2}, t0 + 2s);

  const auto top = spenders.top(Window::minute, 10, t0 + 3s);
  ASSERT_EQ(top.rows.size(), 2U);
  EXPECT_EQ(top.rows[0].key.spender, Spender::of_user(1));
  EXPECT_EQ(top.rows[0].spent.packets, 6U);
  EXPECT_EQ(top.rows[0].spent.failures, 3U);
  EXPECT_EQ(top.rows[1].spent.waited, 30ms);
  EXPECT_EQ(top.packets, 11U);
  EXPECT_EQ(top.covered, 3s);
}

TEST_F(TopSpendersTest, TellsSpendersSuffixesAndTypesApart) {
  auto other_type = key(1);
  other_type.type = dns::Type::a;
  spenders.add(key(1), {.packets = 1}, t0);
  spenders.add(key(2), {.packets = 1}, t0);
  spenders.add(key(1, "example."), {.packets = 1}, t0);
  spenders.add(other_type, {.packets = 1}, t0);
  EXPECT_EQ(packets(Window::minute, t0), (Packets{1, 1, 1, 1}));
}

TEST_F(TopSpendersTest, AWindowForgetsWhatLiesBeforeItButTheHourRemembers) {
  spenders.add(key(1), {.packets = 7}, t0);
  spenders.add(key(2), {.packets = 3}, t0 + 50s);

  EXPECT_EQ(packets(Window::minute, t0 + 55s), (Packets{7, 3}));
  spenders.add(key(2), {.packets = 1}, t0 + 75s);
  EXPECT_EQ(packets(Window::minute, t0 + 75s), (Packets{4}));
  EXPECT_EQ(packets(Window::hour, t0 + 75s), (Packets{7, 4}));
  EXPECT_EQ(packets(Window::hour, t0 + 2h), Packets{});
}

TEST_F(TopSpendersTest, ShowsNoMoreRowsThanAskedForButKnowsTheTotal) {
  for (std::uint32_t uid = 0; uid < 20; ++uid) spenders.add(key(uid), {.packets = uid}, t0);
  const auto top = spenders.top(Window::minute, 3, t0);
  EXPECT_EQ(top.rows.size(), 3U);
  EXPECT_EQ(top.rows[2].spent.packets, 17U);
  EXPECT_EQ(top.packets, 190U);
}

TEST_F(TopSpendersTest, NoCountIsTooLowAndNoneTooHighByMoreThanItSays) {
  // Most spend a packet now and then; a few spend many.
  Random random{HashKey{3, 4}};
  std::map<std::uint32_t, std::uint64_t> truth;
  for (int i = 0; i < 20'000; ++i) {
    const auto uid =
        static_cast<std::uint32_t>(random.below(4) != 0 ? random.below(3) : random.below(5'000));
    ++truth[uid];
    spenders.add(key(uid), {.packets = 1}, t0);
  }

  const auto top = spenders.top(Window::minute, 3, t0);
  ASSERT_EQ(top.rows.size(), 3U);
  for (const auto& row : top.rows) {
    const std::uint64_t really = truth.at(row.key.spender.uid());
    EXPECT_LT(row.key.spender.uid(), 3U);
    EXPECT_GE(row.spent.packets, really);
    EXPECT_LE(row.spent.packets - row.overcount, really);
  }
}

TEST_F(TopSpendersTest, WhoSpendsNothingDisplacesNobody) {
  for (std::uint32_t uid = 0; uid < TopSpenders::kTracked; ++uid)
    spenders.add(key(uid), {.packets = 1}, t0);
  spenders.add(key(9'999), {.waits = 1}, t0);
  spenders.add(key(3), {.waits = 1}, t0);

  const auto top = spenders.top(Window::minute, 1'000, t0);
  EXPECT_EQ(top.rows.size(), TopSpenders::kTracked);
  std::uint64_t waits = 0;
  for (const auto& row : top.rows) waits += row.spent.waits;
  EXPECT_EQ(waits, 1U) << "uid 3 has a place already";
}

TEST_F(TopSpendersTest, HoldsNoMoreThanItsBoundWhateverComes) {
  for (std::uint32_t i = 0; i < 100'000; ++i) spenders.add(key(i), {.packets = 1}, t0 + i * 1ms);
  EXPECT_LE(packets(Window::hour, t0 + 100s).size(), TopSpenders::kTracked * TopSpenders::kSlices);
  EXPECT_EQ(spenders.top(Window::hour, 1, t0 + 100s).packets, 100'000U);
}

}  // namespace
}  // namespace sluice::policy
