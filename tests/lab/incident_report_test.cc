#include "tests/lab/incident_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/lab/arrival_summary.h"

namespace sluice::lab {
namespace {

using testing::HasSubstr;
using testing::Not;

nlohmann::json run(Tally ordinary) {
  Tally ptr;
  ptr.asked = 900;
  ptr.packets = 4'500;
  ptr.replies_by_rcode[2] = 4'400;
  return {{"server", "127.0.0.1:5353"},
          {"seconds", 30.0},
          {"seed", 1},
          {"ptr_rate", 3'000},
          {"ordinary_rate", 100},
          {"ptr_distinct", 900},
          {"send_errors", 0},
          {"ordinary", to_json(ordinary)},
          {"ptr", to_json(ptr)}};
}

Tally tally(std::uint64_t asked, std::uint64_t answered) {
  Tally tally;
  tally.asked = asked;
  tally.answered = answered;
  return tally;
}

TEST(TallyJson, CountsEveryLookupWithoutAUsefulAnswerAsLost) {
  Tally counts = tally(100, 90);
  counts.failed = 4;
  counts.silent = 3;
  counts.late = 1;
  const nlohmann::json json = to_json(counts);
  EXPECT_EQ(json.at("lost"), 10);
  EXPECT_EQ(json.at("unfinished"), 2);
}

TEST(TallyJson, NamesRcodesAndGivesMilliseconds) {
  Tally counts = tally(1, 1);
  counts.replies_by_rcode[0] = 1;
  counts.replies_by_rcode[2] = 5;
  counts.answer_latency.add(2'500us);
  const nlohmann::json json = to_json(counts);
  EXPECT_EQ(json.at("replies"), (nlohmann::json{{"NOERROR", 1}, {"SERVFAIL", 5}}));
  EXPECT_EQ(json.at("answer_ms").at("p99"), 2.5);
}

TEST(IncidentTable, ShowsTheShareOfLostLookups) {
  EXPECT_THAT(incident_table(run(tally(1'000, 800)), nullptr), HasSubstr("200 LOST (20.0 %)"));
  EXPECT_THAT(incident_table(run(tally(1'000, 1'000)), nullptr), HasSubstr("0 LOST (0.0 %)"));
  EXPECT_THAT(incident_table(run(tally(0, 0)), nullptr), HasSubstr("0 LOST (0.0 %)"));
}

TEST(IncidentTable, ShowsTheUpstreamWhenItIsKnown) {
  ArrivalSummary upstream;
  upstream.packets = 7'100;
  upstream.dropped = 11;
  upstream.distinct_questions = 1'000;
  upstream.worst_1s = 1'024;
  const std::string table = incident_table(run(tally(1, 1)), to_json(upstream));
  EXPECT_THAT(table, HasSubstr("7100 sent, 11 dropped"));
  EXPECT_THAT(table, HasSubstr("7.1 packets"));
  EXPECT_THAT(table, HasSubstr("1024 (100 ms"));
  EXPECT_THAT(incident_table(run(tally(1, 1)), nullptr), Not(HasSubstr("upstream")));
}

TEST(IncidentTable, SaysWhenARunIsInvalid) {
  nlohmann::json unsent = run(tally(1, 1));
  EXPECT_THAT(incident_table(unsent, nullptr), Not(HasSubstr("INVALID")));
  unsent["send_errors"] = 3;
  EXPECT_THAT(incident_table(unsent, nullptr), HasSubstr("INVALID"));

  ArrivalSummary overrun;
  overrun.receive_overflows = 1;
  EXPECT_THAT(incident_table(run(tally(1, 1)), to_json(overrun)), HasSubstr("INVALID"));
}

}  // namespace
}  // namespace sluice::lab
