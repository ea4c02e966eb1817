#include "resolver/net/connection_roster.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sluice::net {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }

const Address kA = address("192.0.2.1");
const Address kB = address("192.0.2.2");
const Address kC = address("192.0.2.3");

class ConnectionRosterTest : public ::testing::Test {
 protected:
  using Id = ConnectionRoster::Id;

  std::optional<Id> one_to_close_for(const Address& client) const {
    return roster_->one_to_close_for(client, [&](Id id) { return busy_.contains(id); });
  }

  std::optional<ConnectionRoster> roster_{std::in_place,
                                          ConnectionRoster::Limits{.all = 4, .per_client = 3}};
  std::set<Id> busy_;
};

TEST_F(ConnectionRosterTest, HasRoomUpToItsLimitOfAll) {
  roster_.emplace(ConnectionRoster::Limits{.all = 2, .per_client = 2});
  EXPECT_TRUE(roster_->has_room_for(kA));
  roster_->open(1, kA);
  roster_->open(2, kB);
  EXPECT_FALSE(roster_->has_room_for(kC));

  roster_->close(1);
  EXPECT_TRUE(roster_->has_room_for(kC));
  EXPECT_EQ(roster_->size(), 1);
}

TEST_F(ConnectionRosterTest, HasRoomForEachClientUpToItsOwnLimit) {
  roster_.emplace(ConnectionRoster::Limits{.all = 10, .per_client = 2});
  roster_->open(1, kA);
  roster_->open(2, kA);
  EXPECT_FALSE(roster_->has_room_for(kA));
  EXPECT_TRUE(roster_->has_room_for(kB));

  roster_->close(2);
  EXPECT_TRUE(roster_->has_room_for(kA));
}

TEST_F(ConnectionRosterTest, TakesAnIpv6NetworkForOneClient) {
  roster_.emplace(ConnectionRoster::Limits{.all = 10, .per_client = 1});
  roster_->open(1, address("2001:db8:0:1::1"));
  EXPECT_FALSE(roster_->has_room_for(address("2001:db8:0:1::2")));
  EXPECT_TRUE(roster_->has_room_for(address("2001:db8:0:2::1")));
}

TEST_F(ConnectionRosterTest, ClosesTheOneOfNoUseForLongestOfWhoHasMost) {
  roster_->open(1, kB);
  roster_->open(2, kA);
  roster_->open(3, kA);
  roster_->open(4, kA);
  EXPECT_EQ(one_to_close_for(kC), 2);

  roster_->touch(2);
  EXPECT_EQ(one_to_close_for(kC), 3);
}

TEST_F(ConnectionRosterTest, ClosesTheOneOfNoUseForLongestAmongEquals) {
  roster_->open(1, kA);
  roster_->open(2, kB);
  roster_->open(3, kA);
  roster_->open(4, kB);
  roster_->touch(1);
  EXPECT_EQ(one_to_close_for(kC), 2);
}

TEST_F(ConnectionRosterTest, ClosesOneOfTheClientItselfWhereThatHasTooMany) {
  roster_.emplace(ConnectionRoster::Limits{.all = 10, .per_client = 2});
  for (Id id = 1; id <= 2; ++id) roster_->open(id, kB);
  for (Id id = 3; id <= 4; ++id) roster_->open(id, kA);
  roster_->touch(3);
  EXPECT_EQ(one_to_close_for(kA), 4);

  busy_ = {4};
  EXPECT_EQ(one_to_close_for(kA), 3);
  busy_ = {3, 4};
  EXPECT_EQ(one_to_close_for(kA), std::nullopt);
}

TEST_F(ConnectionRosterTest, ClosesAnIdleOneBeforeABusyOne) {
  roster_->open(1, kA);
  roster_->open(2, kA);
  roster_->open(3, kA);
  roster_->open(4, kB);
  busy_ = {1, 2, 3};
  EXPECT_EQ(one_to_close_for(kC), 4);
}

TEST_F(ConnectionRosterTest, ClosesABusyOneOnlyForAClientWithAtLeastTwoFewer) {
  roster_->open(1, kB);
  roster_->open(2, kA);
  roster_->open(3, kA);
  roster_->open(4, kA);
  busy_ = {1, 2, 3, 4};
  EXPECT_EQ(one_to_close_for(kC), 2);
  EXPECT_EQ(one_to_close_for(kB), 2);

  roster_->close(4);
  roster_->open(5, kC);
  busy_.insert(5);
  EXPECT_EQ(one_to_close_for(kB), std::nullopt) << "then both would have two";
  EXPECT_EQ(one_to_close_for(kA), std::nullopt);
}

TEST_F(ConnectionRosterTest, LooksAtNoMoreThanItsBound) {
  constexpr Id kLook = ConnectionRoster::kLook;
  roster_.emplace(ConnectionRoster::Limits{.all = 2 * kLook, .per_client = 2 * kLook});
  for (Id id = 0; id < kLook; ++id) {
    roster_->open(id, address("2001:db8:0:" + std::to_string(id) + "::"));
    busy_.insert(id);
  }
  for (Id id = kLook; id < 2 * kLook; ++id) roster_->open(id, kA);
  EXPECT_EQ(one_to_close_for(kB), std::nullopt) << "kA's idle ones were of use later";

  busy_.erase(kLook - 1);
  EXPECT_EQ(one_to_close_for(kB), kLook - 1);
}

TEST_F(ConnectionRosterTest, IsCrowdedBeyondThreeQuarters) {
  for (Id id = 1; id <= 3; ++id) roster_->open(id, kA);
  EXPECT_FALSE(roster_->is_crowded());
  roster_->open(4, kB);
  EXPECT_TRUE(roster_->is_crowded());
  roster_->close(1);
  EXPECT_FALSE(roster_->is_crowded());
}

}  // namespace
}  // namespace sluice::net
