#include "resolver/base/slab.h"

#include <gtest/gtest.h>

#include <memory>

namespace sluice {
namespace {

struct Thing {
  int number = 7;
  std::shared_ptr<int> owned;
};

TEST(Slab, GivesOutAsManyAsItHasRoomFor) {
  Slab<Thing> slab{3};
  for (Slab<Thing>::Index i = 0; i < 3; ++i) EXPECT_EQ(slab.take(), i);
  EXPECT_EQ(slab.take(), std::nullopt);
  EXPECT_EQ(slab.size(), 3U);
  EXPECT_EQ(Slab<Thing>{0}.take(), std::nullopt);
}

TEST(Slab, GivesAReleasedSlotAgainAsNewAndWithAnotherGeneration) {
  Slab<Thing> slab{1};
  const auto index = *slab.take();
  const std::uint32_t before = slab.generation(index);
  slab[index].number = 1;
  slab.release(index);
  EXPECT_FALSE(slab.is_taken(index));

  ASSERT_EQ(slab.take(), index);
  EXPECT_EQ(slab[index].number, 7);
  EXPECT_NE(slab.generation(index), before);
}

TEST(Slab, KnowsNothingOfSlotsThatWereNeverTaken) {
  const Slab<Thing> slab{2};
  EXPECT_FALSE(slab.is_taken(1));
  EXPECT_FALSE(slab.is_taken(2)) << "beyond its capacity";
  EXPECT_EQ(slab.generation(1), 0U);
}

TEST(Slab, DestroysWhatItHoldsAndMovesWithIt) {
  const auto owned = std::make_shared<int>(1);
  {
    Slab<Thing> slab{2};
    slab[*slab.take()].owned = owned;
    Slab<Thing> other{0};
    other = std::move(slab);
    EXPECT_EQ(other.size(), 1U);
    EXPECT_EQ(other.capacity(), 2U);
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Slab, StopsTheProcessOnADoubleRelease) {
  Slab<Thing> slab{1};
  const auto index = *slab.take();
  slab.release(index);
  EXPECT_DEATH(slab.release(index), "");
}

}  // namespace
}  // namespace sluice
