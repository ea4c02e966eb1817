#include "resolver/net/open_exchanges.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

constexpr TimePoint t0{1000s};

struct CollectingSink final : ExchangeSink {
  void on_exchange_done(ExchangeId id, const ExchangeOutcome& outcome) override {
    slots.push_back(id.slot);
    responses.emplace_back(outcome.response.begin(), outcome.response.end());
    if (settle_next != nullptr) open->settle(*std::exchange(settle_next, nullptr), {});
  }
  void on_connection(const Endpoint&, ConnectionEvent, std::uint32_t) override {}

  std::vector<std::uint32_t> slots;
  std::vector<std::vector<std::byte>> responses;
  OpenExchanges* open = nullptr;
  OpenExchange* settle_next = nullptr;
};

ExchangeOutcome answered(const std::vector<std::byte>& response) {
  ExchangeOutcome outcome;
  outcome.status = ExchangeStatus::answered;
  outcome.response = response;
  return outcome;
}

TEST(OpenExchanges, AreKeptInTheOrderOfStarting) {
  OpenExchanges open{3};
  OpenExchange& first = open.add({1, 0}, t0);
  OpenExchange& second = open.add({2, 0}, t0 + 1s);
  OpenExchange& third = open.add({3, 0}, t0 + 2s);

  open.settle(second, {});
  EXPECT_EQ(open.oldest(), &first);
  open.settle(first, {});
  EXPECT_EQ(open.oldest(), &third);
  open.settle(third, {});
  EXPECT_EQ(open.oldest(), nullptr);
  EXPECT_EQ(open.waiting(), 0U);
  EXPECT_EQ(open.unreported(), 3U);
}

TEST(OpenExchanges, OutcomesKeepTheirOwnCopyOfTheResponse) {
  OpenExchanges open{2};
  std::vector<std::byte> one(12, std::byte{1});
  const std::vector<std::byte> two(4'000, std::byte{2});
  open.settle(open.add({1, 0}, t0), answered(one));
  open.settle(open.add({2, 0}, t0), answered(two));
  one.assign(12, std::byte{9});

  CollectingSink sink;
  open.report(sink);

  EXPECT_EQ(sink.slots, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(sink.responses[0], std::vector<std::byte>(12, std::byte{1}));
  EXPECT_EQ(sink.responses[1], two);
  EXPECT_EQ(open.unreported(), 0U);
}

TEST(OpenExchanges, WhatIsSettledDuringAReportWaitsForTheNext) {
  OpenExchanges open{2};
  CollectingSink sink;
  sink.open = &open;
  open.settle(open.add({1, 0}, t0), {});
  sink.settle_next = &open.add({2, 0}, t0);

  open.report(sink);
  EXPECT_EQ(sink.slots, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(open.has_outcomes());

  open.report(sink);
  EXPECT_EQ(sink.slots, (std::vector<std::uint32_t>{1, 2}));
}

TEST(OpenExchanges, EntriesAreReusedAndHaveABound) {
  OpenExchanges open{1};
  OpenExchange& entry = open.add({1, 0}, t0);
  EXPECT_DEATH((void)open.add({2, 0}, t0), "capacity_");

  open.settle(entry, {});
  open.release(entry);
  OpenExchange& again = open.add({2, 0}, t0);
  EXPECT_EQ(&again, &entry);
  EXPECT_FALSE(again.settled);
}

}  // namespace
}  // namespace sluice::net
