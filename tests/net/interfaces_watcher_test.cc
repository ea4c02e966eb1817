#include "resolver/net/interfaces_watcher.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

using Loop = boost::asio::io_context;

/// Runs `loop` until `done()`; false if that takes more than 10 s.
template <typename F>
bool run_until(Loop& loop, F&& done) {
  const auto give_up = Clock::now() + std::chrono::seconds{10};
  while (!done()) {
    if (Clock::now() > give_up) return false;
    loop.run_one_for(std::chrono::milliseconds{1});
  }
  return true;
}

TEST(InterfacesWatcher, ReportsABurstOfChangesOnceAfterItHasSettled) {
  const bool has_run = in_private_network([] {
    Loop loop;
    int reports = 0;
    InterfacesWatcher watcher{loop, [&] { ++reports; }, 50ms};
    ASSERT_TRUE(watcher.is_watching());

    const TimePoint begin = Clock::now();
    ASSERT_TRUE(set_up("lo", true));  // a link, its addresses and routes
    ASSERT_TRUE(set_up("lo", false));
    ASSERT_TRUE(set_up("lo", true));
    ASSERT_TRUE(run_until(loop, [&] { return reports > 0; }));

    EXPECT_GE(Clock::now() - begin, 50ms);
    EXPECT_EQ(reports, 1);
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

TEST(InterfacesWatcher, ReportsEachLaterChangeAnew) {
  const bool has_run = in_private_network([] {
    Loop loop;
    int reports = 0;
    InterfacesWatcher watcher{loop, [&] { ++reports; }, 1ms};

    for (int change = 1; change <= 3; ++change) {
      ASSERT_TRUE(set_up("lo", change % 2 == 1));
      ASSERT_TRUE(run_until(loop, [&] { return reports >= change; })) << change;
    }
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

TEST(InterfacesWatcher, ChangesThatNeverEndAreReportedAllTheSame) {
  const bool has_run = in_private_network([] {
    Loop loop;
    int reports = 0;
    InterfacesWatcher watcher{loop, [&] { ++reports; }, 20ms};

    bool is_up = false;
    EXPECT_TRUE(run_until(loop, [&] {
      EXPECT_TRUE(set_up("lo", is_up = !is_up));
      return reports >= 2;
    }));
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

TEST(InterfacesWatcher, ReportsThatTheKernelHadToDropAreAChange) {
  const bool has_run = in_private_network([] {
    Loop loop;
    int reports = 0;
    InterfacesWatcher watcher{loop, [&] { ++reports; }, 1ms};
    for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(set_up("lo", i % 2 == 0));  // more than it can hold
    ASSERT_TRUE(run_until(loop, [&] { return reports > 0; }));
    ASSERT_TRUE(run_until(loop, [&] { return loop.poll() == 0; }));
    reports = 0;

    ASSERT_TRUE(set_up("lo", true));

    EXPECT_TRUE(run_until(loop, [&] { return reports > 0; })) << "and it goes on";
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

TEST(InterfacesWatcher, SaysNothingAfterItsEnd) {
  const bool has_run = in_private_network([] {
    Loop loop;
    int reports = 0;
    {
      InterfacesWatcher watcher{loop, [&] { ++reports; }, 0ms};
      ASSERT_TRUE(set_up("lo", true));
      loop.run_one_for(std::chrono::milliseconds{100});  // it has heard, and waits
    }
    loop.run_for(std::chrono::milliseconds{5});

    EXPECT_EQ(reports, 0);
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

}  // namespace
}  // namespace sluice::net
