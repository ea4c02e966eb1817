#include "resolver/app/overview_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/app/changed_replies.h"

namespace sluice::app {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr FrameSize kWindow{.columns = 80, .rows = 24};

json rows(std::size_t count, const json& row) {
  json list = json::array();
  for (std::size_t i = 0; i < count; ++i) list.push_back(row);
  return list;
}

// At `seconds`, after so many seconds of 1200 queries and 92 SERVFAILs each.
json overview(double seconds) {
  return {
      {"at_seconds", 1'795'351'327 + seconds},
      {"status", {{"version", "1.2.3"}, {"pid", 7}, {"uptime_seconds", 7260}, {"in_flight", 312}}},
      {"stats",
       {{"sluice_client_queries_total{transport=\"udp\"}", 1200 * seconds},
        {"sluice_cache_lookups_total{result=\"hit\"}", 900 * seconds},
        {"sluice_cache_lookups_total{result=\"miss\"}", 300 * seconds},
        {"sluice_zone_questions_total{zone=\".\"}", 200 * seconds},
        {"sluice_zone_servfail_total{zone=\".\",cause=\"shed_wait\"}", 80 * seconds},
        {"sluice_zone_servfail_total{zone=\".\",cause=\"timeout\"}", 12 * seconds},
        {"sluice_zone_servfail_total{zone=\".\",cause=\"network\"}", 0},
        {"sluice_budget_queue_depth{budget=\"eni\",class=\"penalty\"}", 809},
        {"sluice_budget_queue_depth{budget=\"eni\",class=\"retry\"}", 3},
        {"sluice_budget_used_packets{budget=\"eni\"}", 964}}},
      {"upstreams",
       {{{"server", "192.0.2.1:53"},
         {"zone", "."},
         {"srtt_ms", 1.2},
         {"sent", 10 * seconds},
         {"answered", 9 * seconds},
         {"timeouts", seconds},
         {"verdict", "healthy"}},
        {{"server", "192.0.2.2:53"},
         {"zone", "."},
         {"sent", 0},
         {"answered", 0},
         {"timeouts", 0},
         {"verdict", "upstream_failing"}}}},
      {"budgets",
       {{{"budget", "eni"},
         {"limit", 1024},
         {"packets_by_all", 500 * seconds},
         {"queue_oldest_ms", 1799.6}}}},
      {"diagnosis",
       {{"verdict", "budget_limited"},
        {"since_seconds", 302},
        {"summary", "One job spends the budget."},
        {"failing",
         {{{"suffix", "25.104.in-addr.arpa."},
           {"zone", "in-addr.arpa."},
           {"requests", 4100},
           {"failures", 3800},
           {"age_ms", 302'000}}}}}},
      {"top",
       {{"seconds", 60},
        {"spenders",
         {{{"client", "ptr-batch.service"},
           {"suffix", "25.104.in-addr.arpa."},
           {"type", "PTR"},
           {"packets", 4100},
           {"share", 0.77},
           {"failures", 3800}}}}}}};
}

std::string text_of(const json& now, const json& before = nullptr, FrameSize size = kWindow) {
  return to_text(overview_frame(now, before, size));
}

Style style_of(const Frame& frame, std::string_view text) {
  for (const Line& line : frame)
    for (const Span& span : line)
      if (span.text.find(text) != std::string::npos) return span.style;
  ADD_FAILURE() << "nowhere: " << text;
  return Style::plain;
}

TEST(OverviewFrame, ShowsEverythingInTheSmallestWindow) {
  EXPECT_EQ(text_of(overview(12), overview(10)),
            "sluiced 1.2.3, pid 7, up for 2 h 1 min                   2026-11-22 12:42:19 UTC\n"
            "BUDGET LIMITED for 5 min 2 s\n"
            "One job spends the budget.\n"
            "\n"
            "eni       [##########################################...]  964 of 1024 packets/s\n"
            "waiting   812: penalty 809, retry 3; the oldest for 1800 ms\n"
            "clients   1200 queries/s, 75 % of them stored; 200 questions/s, 312 in flight\n"
            "SERVFAIL  92/s: shed_wait 80, timeout 12\n"
            "\n"
            "Who spends the packets, last 1 min\n"
            "  share  packets  client             names under           type  failed\n"
            "   77 %     4100  ptr-batch.service  25.104.in-addr.arpa.  PTR     3800\n"
            "\n"
            "Upstreams\n"
            "  is       server        zone  rtt ms  sent/s  ans/s  lost/s\n"
            "  failing  192.0.2.2:53  .          -       0      0       0\n"
            "  well     192.0.2.1:53  .        1.2      10      9       1\n"
            "\n"
            "What fails, and waits behind everything else\n"
            "  names under           zone           questions  failed  for\n"
            "  25.104.in-addr.arpa.  in-addr.arpa.       4100    3800  5 min 2 s\n");
}

TEST(OverviewFrame, KnowsNoRatesAtFirst) {
  const std::string text = text_of(overview(12));
  EXPECT_THAT(text, HasSubstr("clients   - queries/s; - questions/s, 312 in flight\n"));
  EXPECT_THAT(text, HasSubstr("SERVFAIL  -\n"));
}

TEST(OverviewFrame, FillsTheBarByPacketsOfTheLimit) {
  json now = overview(12);
  now["stats"]["sluice_budget_used_packets{budget=\"eni\"}"] = 512;
  EXPECT_THAT(text_of(now), HasSubstr("[#######################......................]"));
  EXPECT_EQ(style_of(overview_frame(now, nullptr, kWindow), "####"), Style::good);

  now["stats"]["sluice_budget_used_packets{budget=\"eni\"}"] = 5000;
  EXPECT_THAT(text_of(now), Not(HasSubstr("#.")));
  EXPECT_EQ(style_of(overview_frame(now, nullptr, kWindow), "####"), Style::bad);
}

TEST(OverviewFrame, CountsPacketsItselfWhereAnOlderDaemonDoesNot) {
  json now = overview(12);
  now["stats"].erase("sluice_budget_used_packets{budget=\"eni\"}");
  EXPECT_THAT(text_of(now, overview(10)), HasSubstr("]  500 of 1024 packets/s\n"));
  EXPECT_THAT(text_of(now), HasSubstr("]  - of 1024 packets/s\n"));
}

TEST(OverviewFrame, ColoursTheVerdict) {
  json now = overview(12);
  EXPECT_EQ(style_of(overview_frame(now, nullptr, kWindow), "BUDGET LIMITED"), Style::bad);
  now["diagnosis"]["verdict"] = "healthy";
  EXPECT_EQ(style_of(overview_frame(now, nullptr, kWindow), "HEALTHY"), Style::good);
}

TEST(OverviewFrame, GivesEachListARowInTurnWhenThereIsLittleRoom) {
  json now = overview(12);
  now["top"]["spenders"] = rows(20, now["top"]["spenders"][0]);
  now["diagnosis"]["failing"] = rows(20, now["diagnosis"]["failing"][0]);
  const std::string text = text_of(now);
  EXPECT_THAT(text, HasSubstr("last 1 min (3 of 20)\n"));
  EXPECT_THAT(text, HasSubstr("\nUpstreams\n"));
  EXPECT_THAT(text, HasSubstr("behind everything else (2 of 20)\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 24);
  EXPECT_THAT(text_of(now, nullptr, {.columns = 80, .rows = 80}), Not(HasSubstr(" of 20)")));
}

TEST(OverviewFrame, IsNeverLargerThanItsWindow) {
  json now = overview(12);
  now["top"]["spenders"][0]["client"] = std::string(200, 'c');
  now["top"]["spenders"][0]["suffix"] = std::string(200, 's');
  now["diagnosis"]["summary"] = std::string(300, 'x') + " " + std::string(300, 'y');
  for (const FrameSize size : {FrameSize{1, 1}, FrameSize{40, 10}, kWindow, FrameSize{250, 70}}) {
    const Frame frame = overview_frame(now, overview(10), size);
    EXPECT_LE(frame.size(), size.rows);
    for (const Line& line : frame) {
      std::size_t width = 0;
      for (const Span& span : line) width += span.text.size();
      EXPECT_LE(width, size.columns);
    }
  }
}

TEST(OverviewFrame, FitsNamesToEightyColumns) {
  json now = overview(12);
  now["top"]["spenders"][0]["client"] = std::string(40, 'c');
  now["top"]["spenders"][0]["suffix"] = std::string(40, 's');
  EXPECT_THAT(text_of(now), HasSubstr("...sss"));
  EXPECT_THAT(text_of(now), HasSubstr("ccc...  ...s"));
  EXPECT_THAT(text_of(now), HasSubstr("  PTR     3800\n"));
}

TEST(OverviewFrame, ToleratesWhatAnotherVersionSays) {
  for (const json& odd : {json(nullptr), json(3), json::array({1, 2}), json{{"x", 1}},
                          json{{"stats", 3},
                               {"budgets", {1, {{"budget", 7}}}},
                               {"upstreams", {0}},
                               {"diagnosis", {{"failing", {3}}}},
                               {"top", {{"spenders", {4}}}},
                               {"at_seconds", -1e300}}}) {
    EXPECT_THAT(text_of(odd, odd), HasSubstr("SERVFAIL")) << odd;
    EXPECT_THAT(text_of(odd, overview(10)), HasSubstr("waiting   nobody")) << odd;
  }
}

TEST(OverviewFrame, HoldsWhateverAFieldTurnsInto) {
  const json good = overview(12);
  for (const json& changed : changed_replies(good)) {
    EXPECT_EQ(text_of(changed, good).find('\x1b'), std::string::npos) << changed;
    EXPECT_EQ(text_of(good, changed).find('\x1b'), std::string::npos) << changed;
  }
}

TEST(OverviewFrame, LetsNoNameReachTheTerminalUnescaped) {
  json now = overview(12);
  now["top"]["spenders"][0]["client"] = "\x1b[2J";
  now["stats"]["sluice_zone_servfail_total{zone=\".\",cause=\"\x1b\"}"] = 1;
  const std::string text = text_of(now, overview(10));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\\027[2J"));
}

}  // namespace
}  // namespace sluice::app
