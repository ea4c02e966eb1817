#include "policy/client_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <thread>
#include <vector>

#include "resolver/base/prefix.h"

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};
constexpr HashKey kKey{.k0 = 1, .k1 = 2};

Address address(std::string_view text) { return Address::parse(text).value(); }

/// The client of this number: an address in 10.0.0.0/8.
Address client(std::uint32_t number) {
  Address result = address("10.0.0.0");
  for (std::size_t i = 3; i > 0; --i, number >>= 8)
    result.bytes[i] = static_cast<std::uint8_t>(number);
  return result;
}

class ClientLimitTest : public ::testing::Test {
 protected:
  int conforming(const Address& from, int queries, TimePoint now = t0) {
    int count = 0;
    for (int i = 0; i < queries; ++i) count += limit_.conforms(from, now);
    return count;
  }

  ClientLimit limit_{kKey};
  const Address somebody_ = address("192.0.2.1");
};

TEST_F(ClientLimitTest, IsOffUntilItIsSet) { EXPECT_EQ(conforming(somebody_, 10'000), 10'000); }

TEST_F(ClientLimitTest, GrantsABurstAndThenTheRateExactly) {
  limit_.set(10, 5);

  EXPECT_EQ(conforming(somebody_, 100), 5);
  EXPECT_EQ(conforming(somebody_, 100, t0 + 100ms - 1ns), 0);
  EXPECT_EQ(conforming(somebody_, 100, t0 + 100ms), 1);
  EXPECT_EQ(conforming(somebody_, 100, t0 + 400ms), 3);
  EXPECT_EQ(conforming(somebody_, 100, t0 + 60s), 5) << "never more than the burst at once";
}

TEST_F(ClientLimitTest, WhatDoesNotConformCostsNothing) {
  limit_.set(10, 1);
  int count = 0;
  for (auto now = t0; now < t0 + 10s; now += 10ms) count += limit_.conforms(somebody_, now);
  EXPECT_EQ(count, 100);
}

TEST_F(ClientLimitTest, LeavesOtherClientsAlone) {
  limit_.set(10, 5);
  EXPECT_EQ(conforming(somebody_, 1'000), 5);
  EXPECT_EQ(conforming(address("192.0.2.2"), 1'000), 5);
  EXPECT_EQ(conforming(address("2001:db8::1"), 1'000), 5);
}

TEST_F(ClientLimitTest, TakesAnIpv6NetworkForOneClient) {
  limit_.set(10, 5);
  EXPECT_EQ(conforming(address("2001:db8:0:1::1"), 3), 3);
  EXPECT_EQ(conforming(address("2001:db8:0:1:ffff:ffff:ffff:ffff"), 10), 2);
  EXPECT_EQ(conforming(address("2001:db8:0:2::1"), 10), 5);
}

TEST_F(ClientLimitTest, TakesNeighboursOnALinkForClientsOfTheirOwn) {
  limit_.set(10, 5);
  EXPECT_EQ(conforming(address("fe80::1%2"), 10), 5);
  EXPECT_EQ(conforming(address("fe80::2%2"), 10), 5);
}

TEST_F(ClientLimitTest, KeepsTheFamiliesApartAndCountsAMappedAddressAsIpv4) {
  limit_.set(10, 5);
  EXPECT_EQ(conforming(address("192.0.2.1"), 3), 3);
  EXPECT_EQ(conforming(address("::ffff:192.0.2.1"), 10), 2);
  EXPECT_EQ(conforming(address("::ffff:192.0.2.2"), 10), 5) << "all mapped ones are in one /64";
  EXPECT_EQ(conforming(address("c000:201::"), 10), 5) << "starts with the octets of 192.0.2.1";
}

TEST_F(ClientLimitTest, NeverGrantsMoreThanTheRateWhoeverSharesAWord) {
  constexpr std::uint32_t kClients = 4'000;  // every fifth shares a word of either row
  limit_.set(10, 5);

  std::vector<int> counts(kClients);
  for (auto now = t0; now <= t0 + 2s; now += 50ms)
    for (std::uint32_t i = 0; i < kClients; ++i) counts[i] += limit_.conforms(client(i), now);

  const int due = 5 + 20;
  EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), due);
  EXPECT_GT(std::count(counts.begin(), counts.end(), due), kClients * 9 / 10)
      << "few share both of their words";
}

TEST_F(ClientLimitTest, ServesTheOthersWhileSomeFlood) {
  limit_.set(10, 5);
  int served = 0;
  for (auto now = t0; now < t0 + 1s; now += 200ms) {
    for (std::uint32_t flooder = 0; flooder < 100; ++flooder) conforming(client(flooder), 50, now);
    for (std::uint32_t i = 1'000; i < 2'000; ++i) served += limit_.conforms(client(i), now);
  }
  EXPECT_EQ(served, 5'000);
}

TEST_F(ClientLimitTest, RefusesOthersOnlyWhereBothOfTheirWordsAreSpent) {
  limit_.set(1, 1);
  for (std::uint32_t i = 0; i < 4'096; ++i) (void)limit_.conforms(client(i), t0);

  int refused = 0;  // of each row, 22 to 27 % of the words are spent
  for (std::uint32_t i = 10'000; i < 11'000; ++i) refused += !limit_.conforms(client(i), t0);

  EXPECT_GT(refused, 20);
  EXPECT_LT(refused, 90) << "a single row would refuse 250";
}

TEST_F(ClientLimitTest, FollowsAChangeAtOnce) {
  limit_.set(1, 100);
  EXPECT_EQ(conforming(somebody_, 1'000), 100);

  limit_.set(1'000, 5);
  EXPECT_EQ(conforming(somebody_, 1'000), 5) << "not held up by 100 s of the old rule";
  EXPECT_EQ(conforming(somebody_, 1'000, t0 + 2ms), 2);

  limit_.set(0, 5);
  EXPECT_EQ(conforming(somebody_, 1'000, t0 + 2ms), 1'000);
}

TEST_F(ClientLimitTest, ForgetsNothingWhenItIsSetToWhatItIs) {
  limit_.set(10, 5);
  EXPECT_EQ(conforming(somebody_, 10), 5);
  limit_.set(10, 5);
  EXPECT_EQ(conforming(somebody_, 10), 0);
}

TEST_F(ClientLimitTest, TakesABurstOfNoneForOne) {
  limit_.set(10, 0);
  EXPECT_EQ(conforming(somebody_, 10), 1);
}

TEST_F(ClientLimitTest, HoldsForAClientThatAllThreadsHear) {
  constexpr int kThreads = 4, kRounds = 20, kBurst = 1'000;
  limit_.set(kBurst, kBurst);
  for (int round = 0; round < kRounds; ++round) {
    const TimePoint now = t0 + round * 2s;  // the bucket is full again
    std::vector<int> counts(kThreads);
    std::vector<std::thread> threads;
    for (int& count : counts)
      threads.emplace_back([&] { count = conforming(somebody_, kBurst, now); });
    for (std::thread& thread : threads) thread.join();

    int all = 0;
    for (const int count : counts) all += count;
    ASSERT_GE(all, kBurst);
    ASSERT_LE(all, kBurst + kThreads - 1) << "one more from each thread that lost the race";
  }
}

TEST_F(ClientLimitTest, MayBeSetWhileThreadsAsk) {
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 3; ++i)
    threads.emplace_back([&, i] { conforming(client(i), 20'000); });
  for (std::uint32_t rate = 0; rate < 50; ++rate) limit_.set(rate, 10);
  for (std::thread& thread : threads) thread.join();

  limit_.set(10, 5);
  EXPECT_EQ(conforming(somebody_, 10), 5);
}

}  // namespace
}  // namespace sluice::policy
