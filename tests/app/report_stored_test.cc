#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "resolver/app/report.h"

namespace sluice::app {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;

json entry() {
  return json::parse(R"({"name": "www.example.", "type": "A", "class": "IN", "dnssec_ok": true,
    "checking_disabled": true, "state": "stale", "age_seconds": 90, "ttl_seconds": 0,
    "rcode": "NOERROR", "octets": 61, "records": ["www.example. 60 IN A 192.0.2.1"]})");
}

TEST(StoredReport, ShowsRecordsUnderTheirQuestion) {
  EXPECT_EQ(report("cache show", {{"entries", {entry()}}, {"cut", false}, {"total", 1}}),
            "www.example. IN A (DO CD): NOERROR, stale, 1 min 30 s old, TTL 0 s, 61 octets\n"
            "  www.example. 60 IN A 192.0.2.1\n");
}

TEST(StoredReport, SaysThatThereIsNothing) {
  const json none{{"entries", json::array()}, {"cut", false}, {"total", 0}};
  EXPECT_EQ(report("cache show", none), "nothing is stored for this name\n");
  EXPECT_EQ(report("cache dump", none), "nothing is stored\n");
}

TEST(StoredReport, SaysHowMuchADumpLeavesOut) {
  const std::string text =
      report("cache dump", {{"entries", {entry()}}, {"cut", true}, {"total", 123}});
  EXPECT_THAT(text, HasSubstr("www.example.  A     DO CD  stale     90      0  NOERROR      61\n"));
  EXPECT_THAT(text, EndsWith("... and more: these are 1 of 123\n"));
}

TEST(StoredReport, CountsWhatIsForgotten) {
  EXPECT_EQ(report("cache flush", {{"flushed", 1}}), "1 response is forgotten\n");
  EXPECT_EQ(report("cache flush-tree", {{"flushed", 3}}), "3 responses are forgotten\n");
  EXPECT_EQ(report("cache flush-all", {{"flushed", 0}}), "0 responses are forgotten\n");
}

TEST(EventsReport, KeepsLinesAndEscapesTheRest) {
  EXPECT_EQ(report("recorder", {{"events", 2}, {"seconds", 31.5}, {"text", "a\nb\x1b[2J\n"}}),
            "2 events of the last 31 s, the latest last\na\nb\\027[2J\n");
}

}  // namespace
}  // namespace sluice::app
