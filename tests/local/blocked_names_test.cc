#include "resolver/local/blocked_names.h"

#include <gtest/gtest.h>

#include "resolver/base/random.h"

namespace sluice::local {
namespace {

constexpr NameActions kBoth{.itself = ListAction::nxdomain, .below = ListAction::nodata};

TEST(BlockedNames, FindWhatWasAddedAndNothingElse) {
  Random random{{.k0 = 1, .k1 = 2}};
  std::vector<std::uint64_t> hashes;
  BlockedNames::Builder builder;
  for (int i = 0; i < 100'000; ++i) {
    hashes.push_back(random.next());
    ASSERT_TRUE(builder.add(hashes.back(), kBoth));
  }
  const BlockedNames names{builder};

  EXPECT_EQ(names.size(), hashes.size());
  for (const std::uint64_t hash : hashes) {
    ASSERT_EQ(names.find(hash).itself, ListAction::nxdomain);
    ASSERT_EQ(names.find(hash).below, ListAction::nodata);
    ASSERT_EQ(names.find(hash ^ 1ULL << 32).itself, ListAction::none);
    ASSERT_EQ(names.find(hash ^ 1ULL << 6).itself, ListAction::none);
  }
}

TEST(BlockedNames, FindWhatIsPutAroundTheEndOfTheTable) {
  BlockedNames::Builder builder;
  const std::uint64_t last = ~std::uint64_t{0};
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(builder.add(last - (i << 6), kBoth));
  const BlockedNames names{builder};

  for (std::uint64_t i = 0; i < 8; ++i)
    EXPECT_EQ(names.find(last - (i << 6)).itself, ListAction::nxdomain);
  EXPECT_EQ(names.find(last - (8ULL << 6)).itself, ListAction::none);
  EXPECT_EQ(names.find(0).itself, ListAction::none);
}

TEST(BlockedNames, KeepTheFirstActionForANameAndForWhatIsBelow) {
  BlockedNames::Builder builder;
  EXPECT_TRUE(builder.add(64, {.itself = ListAction::passthru}));
  EXPECT_TRUE(builder.add(64, {.itself = ListAction::nxdomain, .below = ListAction::nodata}));
  EXPECT_TRUE(builder.add(64, {.below = ListAction::local_data}));
  const BlockedNames names{builder};

  EXPECT_EQ(names.size(), 1U);
  EXPECT_EQ(names.find(64).itself, ListAction::passthru);
  EXPECT_EQ(names.find(64).below, ListAction::nodata);
}

TEST(BlockedNames, MayBeNone) {
  EXPECT_EQ(BlockedNames{}.find(64).itself, ListAction::none);
  EXPECT_EQ(BlockedNames{BlockedNames::Builder{}}.find(0).below, ListAction::none);
}

TEST(BlockedNames, AreBounded) {
  BlockedNames::Builder builder;
  builder.reserve(kMaxBlockedNames + 1);
  for (std::size_t i = 0; i < kMaxBlockedNames; ++i) ASSERT_TRUE(builder.add(i << 6, kBoth));

  EXPECT_FALSE(builder.add(kMaxBlockedNames << 6, kBoth));
}

}  // namespace
}  // namespace sluice::local
