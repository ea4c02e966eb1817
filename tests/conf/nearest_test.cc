#include "conf/nearest.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace sluice::conf {
namespace {

constexpr std::array<std::string_view, 4> kWords{"listen", "threads", "control", "max_in_flight"};

TEST(Nearest, ForgivesOneSlipOfThePen) {
  EXPECT_EQ(nearest("lisen", kWords), "listen") << "a letter missing";
  EXPECT_EQ(nearest("listten", kWords), "listen") << "a letter too many";
  EXPECT_EQ(nearest("listan", kWords), "listen") << "a wrong letter";
  EXPECT_EQ(nearest("litsen", kWords), "listen") << "two letters swapped";
}

TEST(Nearest, ForgivesMoreInALongWord) {
  EXPECT_EQ(nearest("max-in-flight", kWords), "max_in_flight");
  EXPECT_EQ(nearest("thread_count", kWords), std::nullopt);
}

TEST(Nearest, TakesTheNearestOfSeveral) {
  constexpr std::array<std::string_view, 3> kAlike{"min_ttl", "max_ttl", "max_tts"};
  EXPECT_EQ(nearest("max_tti", kAlike), "max_ttl");
  EXPECT_EQ(nearest("max_tts", kAlike), "max_tts");
}

TEST(Nearest, DoesNotGuessWhatIsFarAway) {
  EXPECT_EQ(nearest("port", kWords), std::nullopt);
  EXPECT_EQ(nearest("", kWords), std::nullopt);
  EXPECT_EQ(nearest("listen", {}), std::nullopt);
}

TEST(Nearest, DoesNotCompareWordsThatNobodyMeant) {
  const std::string endless(100'000, 'x');
  EXPECT_EQ(nearest(endless, kWords), std::nullopt);
  const std::array<std::string_view, 1> known{endless};
  EXPECT_EQ(nearest("listen", known), std::nullopt);
}

}  // namespace
}  // namespace sluice::conf
