#include "resolver/app/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::app {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr FrameSize kWindow{.columns = 80, .rows = 24};

json overview(double at) {
  return {{"at_seconds", at},
          {"stats", {{"sluice_client_queries_total{transport=\"udp\"}", at * 7}}},
          {"diagnosis", {{"verdict", "healthy"}}}};
}

TEST(LiveView, ShowsRatesFromTheSecondOverviewOn) {
  LiveView view;
  view.take(overview(100));
  EXPECT_THAT(to_text(view.frame(kWindow)), HasSubstr("clients   - queries/s"));
  view.take(overview(101));
  EXPECT_THAT(to_text(view.frame(kWindow)), HasSubstr("clients   7 queries/s"));
}

TEST(LiveView, SaysThatTheDaemonIsGoneAboveWhatItSawLast) {
  LiveView view;
  view.take(overview(100));
  view.lose("no daemon: nobody answers");
  const Frame frame = view.frame(kWindow);
  EXPECT_THAT(to_text(frame), StartsWith("no daemon: nobody answers; trying again\n"
                                         "What was seen last:\nsluiced "));
  EXPECT_EQ(frame.front().front().style, Style::bad);
  for (std::size_t row = 2; row < frame.size(); ++row)
    for (const Span& span : frame[row]) EXPECT_EQ(span.style, Style::faint);
  EXPECT_LE(frame.size(), kWindow.rows);
}

TEST(LiveView, ShowsNoRatesAcrossAGap) {
  LiveView view;
  view.take(overview(100));
  view.lose("no daemon");
  view.take(overview(200));
  EXPECT_EQ(view.problem(), std::nullopt);
  EXPECT_THAT(to_text(view.frame(kWindow)), HasSubstr("clients   - queries/s"));
  EXPECT_THAT(to_text(view.frame(kWindow)), Not(HasSubstr("trying again")));
}

TEST(LiveView, TakesAnErrorForNoOverview) {
  LiveView view;
  view.take({{"error", "the engine did not\x1b answer"}});
  EXPECT_EQ(view.problem(), "the daemon says: the engine did not\\027 answer");
  view.take(json::array());
  EXPECT_EQ(view.problem(), "the daemon's answer is no overview");
}

}  // namespace
}  // namespace sluice::app
