#include "policy/foreign_packets.h"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::policy {
namespace {

TEST(ForeignPackets, AreThoseSeenAndNotSentBySharers) {
  ForeignPackets foreign{{.seen = 100, .sent = 5'000}, 60};

  EXPECT_EQ(foreign.on_counts({.seen = 110, .sent = 5'000}), 10U);
  EXPECT_EQ(foreign.on_counts({.seen = 140, .sent = 5'020}), 10U);
  EXPECT_EQ(foreign.on_counts({.seen = 140, .sent = 5'020}), 0U);
}

TEST(ForeignPackets, SharersPacketsSeenInTheNextIntervalAreNotForeign) {
  ForeignPackets foreign{{}, 60};

  EXPECT_EQ(foreign.on_counts({.seen = 8, .sent = 10}), 0U);
  EXPECT_EQ(foreign.on_counts({.seen = 10, .sent = 10}), 0U);
  EXPECT_EQ(foreign.on_counts({.seen = 11, .sent = 10}), 1U);
}

TEST(ForeignPackets, TokensThatNobodyUsedAreNotSavedUp) {
  ForeignPackets foreign{{}, 60};
  std::uint64_t sent = 0;
  for (int interval = 0; interval < 100; ++interval)  // each reserves 6 and sends nothing
    EXPECT_EQ(foreign.on_counts({.seen = 0, .sent = sent += 6}), 0U);

  EXPECT_EQ(foreign.on_counts({.seen = 50, .sent = sent}), 44U);
}

TEST(ForeignPackets, WhatWasSentAndNotSeenCoversTheNextIntervalAlone) {
  ForeignPackets foreign{{}, 60};

  EXPECT_EQ(foreign.on_counts({.seen = 0, .sent = 10}), 0U);
  EXPECT_EQ(foreign.on_counts({.seen = 4, .sent = 10}), 0U);
  EXPECT_EQ(foreign.on_counts({.seen = 10, .sent = 10}), 6U);
}

TEST(ForeignPackets, APacketBookedAfterItWasSeenIsChargedAndThenMadeUpFor) {
  ForeignPackets foreign{{}, 60};

  EXPECT_EQ(foreign.on_counts({.seen = 3, .sent = 0}), 3U);
  EXPECT_EQ(foreign.on_counts({.seen = 3, .sent = 3}), 0U);
  EXPECT_EQ(foreign.on_counts({.seen = 6, .sent = 3}), 0U);
}

TEST(ForeignPackets, NoMoreIsCarriedThanSharersCanHavePaidInAdvance) {
  ForeignPackets foreign{{}, 60};

  EXPECT_EQ(foreign.on_counts({.seen = 0, .sent = 1'000'000}), 0U);
  EXPECT_EQ(foreign.on_counts({.seen = 100, .sent = 1'000'000}), 40U);
}

TEST(ForeignPackets, ACountThatRunsBackwardsHasNotMoved) {
  ForeignPackets foreign{{.seen = 1'000, .sent = 1'000}, 60};

  EXPECT_EQ(foreign.on_counts({.seen = 1'005, .sent = 3}), 5U);
  EXPECT_EQ(foreign.on_counts({.seen = 0, .sent = 4}), 0U);
  EXPECT_EQ(foreign.on_counts({.seen = 3, .sent = 4}), 2U);
}

TEST(ForeignPackets, AnAbsurdCountIsTheLargestCharge) {
  ForeignPackets foreign{{}, 60};

  EXPECT_EQ(foreign.on_counts({.seen = std::uint64_t{1} << 40, .sent = 0}),
            std::numeric_limits<std::uint32_t>::max());
}

}  // namespace
}  // namespace sluice::policy
