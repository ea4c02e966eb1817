#include "resolver/net/recent_table.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

using Table = RecentTable<int, int>;
constexpr TimePoint t0{1000s};
constexpr std::uint64_t kHash = 7;

TEST(RecentTable, RemembersForAsLongAsItWasToldTo) {
  Table table{16, 10s};
  table.put(1, kHash, 11, t0);

  ASSERT_NE(table.find(1, kHash, t0 + 9s), nullptr);
  EXPECT_EQ(*table.find(1, kHash, t0 + 9s), 11);
  EXPECT_EQ(table.find(1, kHash, t0 + 10s), nullptr);
}

TEST(RecentTable, KnowsNothingOfOtherKeys) {
  Table table{16, 10s};
  table.put(1, kHash, 11, t0);

  EXPECT_EQ(table.find(2, kHash, t0), nullptr);
  EXPECT_EQ(table.find(0, 0, t0), nullptr) << "nor of one that looks like an empty place";
}

TEST(RecentTable, RemembersLongerWhatIsAskedForToBeRenewed) {
  Table table{16, 10s};
  table.put(1, kHash, 11, t0);

  EXPECT_NE(table.find_and_renew(1, kHash, t0 + 9s), nullptr);
  EXPECT_NE(table.find(1, kHash, t0 + 18s), nullptr);
  EXPECT_EQ(table.find(1, kHash, t0 + 19s), nullptr) << "to be found renews nothing";
}

TEST(RecentTable, KeepsOneValueForAKey) {
  Table table{16, 10s};
  table.put(1, kHash, 11, t0);
  EXPECT_EQ(table.put(1, kHash, 12, t0 + 1s), Table::Room::found);

  EXPECT_EQ(*table.find(1, kHash, t0 + 10s), 12);
  EXPECT_EQ(table.find(1, kHash, t0 + 11s), nullptr) << "nor comes an earlier one back";
}

TEST(RecentTable, ForgetsTheOldestWhereThereIsNoRoom) {
  Table table{16, 10s};
  for (int key = 0; key < static_cast<int>(Table::kWays); ++key)
    EXPECT_EQ(table.put(key, kHash, key, t0 + key * 1ms), Table::Room::found);
  ASSERT_NE(table.find_and_renew(0, kHash, t0 + 1s), nullptr);

  EXPECT_EQ(table.put(9, kHash, 9, t0 + 2s), Table::Room::made);

  EXPECT_NE(table.find(9, kHash, t0 + 2s), nullptr);
  EXPECT_NE(table.find(0, kHash, t0 + 2s), nullptr);
  EXPECT_EQ(table.find(1, kHash, t0 + 2s), nullptr);
}

TEST(RecentTable, MakesNoRoomWhereSomethingIsForgottenAlready) {
  Table table{16, 10s};
  for (int key = 0; key < static_cast<int>(Table::kWays); ++key) table.put(key, kHash, key, t0);

  EXPECT_EQ(table.put(9, kHash, 9, t0 + 10s), Table::Room::found);
}

TEST(RecentTable, HasRoomForAsManyAsItWasMadeFor) {
  Table table{16, 10s};
  for (int key = 0; key < 16; ++key)
    EXPECT_EQ(table.put(key, static_cast<std::uint64_t>(key), key, t0), Table::Room::found) << key;
  for (int key = 0; key < 16; ++key)
    EXPECT_NE(table.find(key, static_cast<std::uint64_t>(key), t0), nullptr) << key;
}

}  // namespace
}  // namespace sluice::net
