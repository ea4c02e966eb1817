#include "resolver/net/spender_book.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

constexpr HashKey kKey{.k0 = 1, .k1 = 2};

SpenderWords words(std::string client, std::optional<std::uint32_t> uid = std::nullopt) {
  return {.client = std::move(client), .kind = ClientKind::unit, .uid = uid};
}

TEST(SpenderBook, TellsWhatWasRecorded) {
  SpenderBook book{2, kKey};
  book.record(Spender::of_cgroup(7), words("a.service"));

  ASSERT_NE(book.find(Spender::of_cgroup(7)), nullptr);
  EXPECT_EQ(book.find(Spender::of_cgroup(7))->client, "a.service");
  EXPECT_EQ(book.find(Spender::of_cgroup(8)), nullptr);
  EXPECT_EQ(book.find(Spender::of_user(7)), nullptr);
}

TEST(SpenderBook, KeepsTheLastWordsForASpender) {
  SpenderBook book{2, kKey};
  book.record(Spender::of_cgroup(7), words("a.service"));
  EXPECT_EQ(book.record(Spender::of_cgroup(7), words("b.service")), SpenderBook::Room::found);

  EXPECT_EQ(book.find(Spender::of_cgroup(7))->client, "b.service");
  EXPECT_EQ(book.size(), 1U);
}

TEST(SpenderBook, ForgetsWhoWasNotMentionedForLongest) {
  SpenderBook book{2, kKey};
  book.record(Spender::of_cgroup(1), words("a.service"));
  book.record(Spender::of_cgroup(2), words("b.service"));
  EXPECT_TRUE(book.see_owner(Spender::of_cgroup(1), 0));

  EXPECT_EQ(book.record(Spender::of_cgroup(3), words("c.service")), SpenderBook::Room::made);

  EXPECT_EQ(book.size(), 2U);
  EXPECT_NE(book.find(Spender::of_cgroup(1)), nullptr);
  EXPECT_EQ(book.find(Spender::of_cgroup(2)), nullptr);
}

TEST(SpenderBook, TellsAnOwnerOnlyIfThereIsOne) {
  SpenderBook book{2, kKey};
  book.record(Spender::of_cgroup(7), words("a.service", 1'000));

  book.see_owner(Spender::of_cgroup(7), 1'000);
  EXPECT_EQ(book.find(Spender::of_cgroup(7))->uid, 1'000U);
  book.see_owner(Spender::of_cgroup(7), 0);
  EXPECT_EQ(book.find(Spender::of_cgroup(7))->uid, std::nullopt);
  book.see_owner(Spender::of_cgroup(7), 1'000);
  EXPECT_EQ(book.find(Spender::of_cgroup(7))->uid, std::nullopt) << "they are still two";
}

TEST(SpenderBook, HasNoOwnersOfThoseItDoesNotKnow) {
  SpenderBook book{2, kKey};

  EXPECT_FALSE(book.see_owner(Spender::of_cgroup(7), 0));
  EXPECT_EQ(book.size(), 0U);
}

}  // namespace
}  // namespace sluice::net
