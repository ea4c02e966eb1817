#include "conf/reload.h"

#include <gmock/gmock.h>

namespace sluice::conf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Reload, OfTheSameConfigurationNeedsNoRestart) {
  EXPECT_THAT(restart_only_changes(Config{}, Config{}), IsEmpty());
}

TEST(Reload, NamesEachKeyThatNeedsARestart) {
  Config next;
  next.server.threads = 4;
  next.server.listen.push_back(*Endpoint::parse("192.0.2.1", 53));
  next.admin.listen = "";
  next.cache.max_bytes = 0;
  next.budgets[0].shared = "";

  EXPECT_THAT(restart_only_changes(Config{}, next),
              ElementsAre("server.listen", "server.threads", "admin.listen", "cache.max_bytes",
                          "budget[eni].shared"));
}

TEST(Reload, TakesNewLimitsLevelsUpstreamsAndZonesAtOnce) {
  Config next;
  next.log.level = LogLevel::debug;
  next.cache.max_ttl = seconds{60};
  next.budgets[0].limit = 512;
  next.upstreams[0].budget = "";
  next.zones.pop_back();

  EXPECT_THAT(restart_only_changes(Config{}, next), IsEmpty());
  EXPECT_EQ(keep_restart_only(Config{}, next), next);
}

TEST(Reload, TakesANewBudgetAndForgetsAnOldOne) {
  Config next;
  next.budgets[0].name = "eth1";
  next.budgets[0].shared = "";

  EXPECT_THAT(restart_only_changes(Config{}, next), IsEmpty());
  EXPECT_EQ(keep_restart_only(Config{}, next), next);
}

TEST(Reload, ComparesBudgetsByNameAndNotByPlace) {
  Config current;
  current.budgets.emplace_back().name = "second";
  Config next = current;
  std::swap(next.budgets[0], next.budgets[1]);
  next.budgets[1].interfaces = {"eth1"};

  EXPECT_THAT(restart_only_changes(current, next), ElementsAre("budget[eni].interface"));
}

TEST(Reload, KeepsTheOldValueOfWhatNeedsARestartAndTakesTheRest) {
  Config next;
  next.server.threads = 4;
  next.budgets[0].shared = "";
  next.budgets[0].limit = 512;
  next.log.level = LogLevel::warn;

  Config expected;
  expected.budgets[0].limit = 512;
  expected.log.level = LogLevel::warn;
  EXPECT_EQ(keep_restart_only(Config{}, next), expected);
}

}  // namespace
}  // namespace sluice::conf
