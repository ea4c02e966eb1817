#include "resolver/app/rates.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sluice::app {
namespace {

using nlohmann::json;

json overview(double at, double timeouts, double sheds) {
  return {{"at_seconds", at},
          {"stats",
           {{"x_total{zone=\".\",cause=\"timeout\"}", timeouts},
            {"x_total{zone=\"example.\",cause=\"timeout\"}", timeouts},
            {"x_total{zone=\".\",cause=\"shed\"}", sheds},
            {"x_total_of_another{cause=\"timeout\"}", 1e6}}},
          {"upstreams", {{{"server", "192.0.2.1:53"}, {"zone", "."}, {"sent", timeouts}}}}};
}

TEST(Rates, AddUpTheSeriesOfALabel) {
  const json before = overview(100, 10, 5);
  const json now = overview(102, 20, 5);
  const Rates rates{now, before};
  EXPECT_EQ(rates.by("x_total", "cause"), (Sums{{"shed", 0}, {"timeout", 10}}));
  EXPECT_EQ(rates.total("x_total"), 10);
}

TEST(Rates, AreUnknownAtFirst) {
  const json now = overview(102, 20, 5);
  const json none;
  EXPECT_EQ(Rates(now, none).total("x_total"), std::nullopt);
  EXPECT_EQ(Rates(now, none).by("x_total", "cause"), std::nullopt);
}

TEST(Rates, AreUnknownWhenADaemonHasBeenStartedAnew) {
  const json before = overview(100, 10, 5);
  const json now = overview(102, 1, 0);
  EXPECT_EQ(Rates(now, before).total("x_total"), std::nullopt);
}

TEST(Rates, AreUnknownWhenNoTimeHasPassed) {
  const json before = overview(100, 10, 5);
  const json now = overview(100, 20, 5);
  EXPECT_EQ(Rates(now, before).total("x_total"), std::nullopt);
}

TEST(Rates, FindTheSameRowOfBefore) {
  const json before = overview(100, 10, 5);
  const json now = overview(102, 20, 5);
  const Rates rates{now, before};
  EXPECT_EQ(rates.earlier("upstreams", now["upstreams"][0], {"server", "zone"})["sent"], 10);
  EXPECT_TRUE(rates.earlier("upstreams", {{"server", "192.0.2.2:53"}, {"zone", "."}}, {"server"})
                  .is_null());
}

}  // namespace
}  // namespace sluice::app
