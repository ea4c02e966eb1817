#include "resolver/app/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "resolver/app/report_fields.h"
#include "resolver/app/verbs.h"

namespace sluice::app {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const json kZones = json::parse(R"([
  {"zone": "in-addr.arpa.", "weight": 10, "queries": 1234567, "questions": 400000,
   "packets": 412000, "amplification": 1.03, "retries": 12000, "servfail": 98765,
   "queue_depth": 812, "queue_depth_max": 4096, "queue_oldest_ms": 1799.6},
  {"zone": ".", "weight": 100, "queries": 88, "questions": 0, "packets": 0, "amplification": 0,
   "retries": 0, "servfail": 0, "queue_depth": 0, "queue_depth_max": 3, "queue_oldest_ms": 0.25}
])");

std::size_t widest_line(const std::string& text) {
  std::istringstream lines{text};
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

TEST(Report, AlignsZonesUnderTheirHeadings) {
  EXPECT_EQ(report("zones", kZones),
            "zone           queries  questions  packets  ampl.  retries  servfail  queue  most  "
            "oldest ms\n"
            "in-addr.arpa.    1.23M       400k     412k   1.03    12000     98765    812  4096     "
            "  1800\n"
            ".                   88          0        0      -        0         0      0     3     "
            "   0.2\n");
}

TEST(Report, ShowsABudgetWithItsUnits) {
  const json budgets = json::parse(R"([
    {"budget": "eni", "interfaces": "auto", "file": "/run/sluice/budget/eth0", "problem": "",
     "limit": 1024, "rate": 900, "burst": 60, "reserve": 64, "available": 57, "packets": 12345,
     "packets_by_all": 23456, "used": 880, "foreign": 12, "dropped": 0, "waits": 3, "sheds": 1,
      "resets": 0, "queue_depth": 2, "queue_oldest_ms": 41}
  ])");
  EXPECT_EQ(report("budget", budgets),
            "budget       eni (interface auto)\n"
            "limit        1024 packets/s\n"
            "rate         900 packets/s, bursts of 60, reserve of 64\n"
            "last second  880 packets by all who share it\n"
            "available    57 packets\n"
            "sent         12345 packets, 23456 by all who share it\n"
            "others       12 packets of other programs, as far as we count them\n"
            "dropped      0 packets, by the interface's own count\n"
            "waits        3 questions had to wait, 1 got no packet\n"
            "queue        2 waiting, the oldest for 41 ms\n"
            "file         /run/sluice/budget/eth0\n");
}

TEST(Report, SaysWhyABudgetIsPrivate) {
  const std::string text =
      report("budget", json::parse(R"([{"budget": "eni", "file": "", "resets": 2,
                                        "problem": "/run/sluice/budget: Permission denied"}])"));
  EXPECT_THAT(text, HasSubstr("none: private to this process\n"));
  EXPECT_THAT(text, HasSubstr("PROBLEM      /run/sluice/budget: Permission denied\n"));
  EXPECT_THAT(text, HasSubstr("another sharer misbehaves"));
}

TEST(Report, ShowsTheProcess) {
  const json status = json::parse(R"({
    "version": "1.2.3", "pid": 7, "uptime_seconds": 93784, "ready": true, "engine_answers": true,
    "config": "/etc/sluice/sluice.toml", "listen": ["127.0.0.53:53", "192.0.2.1:53"],
    "admin": "127.0.0.1:9353", "threads": 1, "in_flight": 3, "in_flight_max": 8192,
    "waiters": 4, "waiters_max": 16384, "exchanges": 5, "exchanges_max": 4096,
    "failures_cached": 6,
    "cache": {"entries": 1000, "bytes": 1572864, "max_bytes": 33554432, "evictions": 9,
              "live_evictions": 2}})");
  const std::string text = report("status", status);
  EXPECT_THAT(text, HasSubstr("1.2.3, pid 7, up for 1 d 2 h\n"));
  EXPECT_THAT(text, HasSubstr("127.0.0.53:53, 192.0.2.1:53, 1 thread\n"));
  EXPECT_THAT(text, HasSubstr("3 of 8192 questions, 4 of 16384 waiters, 5 of 4096 exchanges\n"));
  EXPECT_THAT(text, HasSubstr("1000 responses, 1.5 MiB of 32.0 MiB, 9 evicted (2 still fresh)\n"));
  EXPECT_LE(widest_line(text), 100U);
}

TEST(Report, KeepsTheEndOfANameThatIsTooLong) {
  json requests = {{"cut", true}, {"requests", json::array()}};
  requests["requests"].push_back({{"name", std::string(200, 'a') + ".104.in-addr.arpa."},
                                  {"type", "PTR"},
                                  {"state", "waiting"},
                                  {"age_ms", 12.34},
                                  {"time_left_ms", 4488},
                                  {"tries", 2},
                                  {"waiters", 3},
                                  {"client", "192.0.2.1:54321"}});
  const std::string text = report("requests", requests);
  EXPECT_THAT(text, HasSubstr("...aaa"));
  EXPECT_THAT(text, HasSubstr(".104.in-addr.arpa.  PTR   waiting      12     4488      2        3"
                              "  192.0.2.1:54321\n"));
  EXPECT_THAT(text, EndsWith("... and more, younger ones\n"));
  EXPECT_LE(widest_line(text), 100U);
}

TEST(Report, LetsNoStrangerWriteToTheTerminal) {
  const json requests = {{"requests",
                          {{{"name", "a\x1b[2Jb\n.example."},
                            {"client",
                             "\xc2\x9b"
                             "1m"}}}}};
  const std::string text = report("requests", requests);
  EXPECT_THAT(text, HasSubstr("a\\027[2Jb\\010.example."));
  EXPECT_THAT(text, HasSubstr("\\194\\1551m"));
}

TEST(Report, ShowsWhatAnotherVersionDoesNotSayAsUnknown) {
  const std::vector<json> odd{json{{"x", 1}},   json::array({json::object()}),
                              json::array({1}), json(3),
                              json(nullptr),    json("text")};
  for (const Verb& verb : verbs())
    for (const json& reply : odd)
      EXPECT_THAT(report(verb.name, reply), EndsWith("\n")) << verb.name << " " << reply;
  EXPECT_THAT(report("upstreams", json::array({json::object()})), HasSubstr("-  "));
}

TEST(Report, HasATextForEveryVerbButTheLiveView) {
  const json reply{{"x", 1}};
  for (const Verb& verb : verbs())
    EXPECT_EQ(report(verb.name, reply) == reply.dump() + "\n", verb.name == "watch") << verb.name;
}

TEST(Report, FitsUpstreamsOnOneLineEach) {
  const json upstreams = json::parse(R"([
    {"upstream": "vpc", "server": "169.254.169.253:53", "zone": "in-addr.arpa.",
     "srtt_ms": 1.25, "timeout_ms": 400, "sent": 12345678, "retries": 12345, "answered": 12345, "late": 812,
     "timeouts": 99999, "failed": 4, "in_flight": 200, "tcp_open": false, "verdict": "healthy"}])");
  const std::string text = report("upstreams", upstreams);
  EXPECT_THAT(text, HasSubstr("169.254.169.253:53  in-addr.arpa.     1.2     400  12.3M"));
  EXPECT_LE(widest_line(text), 100U);
}

TEST(Report, NamesWhatFailsAndWhoIsSilent) {
  EXPECT_THAT(report("zones", {{{"zone", "in-addr.arpa."}, {"failing", {"104.in-addr.arpa."}}}}),
              HasSubstr("\nfails: 104.in-addr.arpa., asked after the others\n"));
  EXPECT_THAT(report("upstreams", {{{"server", "192.0.2.1:53"}, {"zone", "."}, {"silent", true}},
                                   {{"server", "192.0.2.2:53"}, {"zone", "."}, {"silent", false}}}),
              EndsWith("\nsilent: 192.0.2.1:53 for ., asked by probes only\n"));

  EXPECT_THAT(report("upstreams", {{{"server", "192.0.2.1:53"}, {"zone", "."}, {"looping", true}}}),
              EndsWith("\nloop: 192.0.2.1:53 for . sends our questions back to us\n"));
}

TEST(Report, SaysWhenThereIsNothingToShow) {
  EXPECT_EQ(report("requests", {{"requests", json::array()}}), "nothing in flight\n");
  EXPECT_EQ(report("budget", json::array()), "no budgets: upstreams are not limited\n");
}

TEST(Report, ListsWhatIsWrongWithAConfiguration) {
  EXPECT_EQ(report("reload", {{"error", "the old configuration stays in force"},
                              {"problems", {"a.toml:1: x: bad", "a.toml:2: y: bad"}}}),
            "the old configuration stays in force\n  a.toml:1: x: bad\n  a.toml:2: y: bad\n");
}

TEST(Report, ShowsCountersOneToALine) {
  EXPECT_EQ(report("stats", {{"sluice_a_total", 1234567}, {"sluice_b{zone=\".\"}", 1.5}}),
            "metric                value\n"
            "sluice_a_total      1234567\n"
            "sluice_b{zone=\".\"}    1.500\n");
}

TEST(Report, NamesTheClassAndTheSpenderOfAQuestionThatWaits) {
  const json requests = {{"requests",
                          {{{"name", "4.3.25.104.in-addr.arpa."},
                            {"type", "PTR"},
                            {"state", "waiting"},
                            {"class", "penalty"},
                            {"client", "127.0.0.1:40001"},
                            {"spender", "ptr-batch.service"}}}}};
  const std::string text = report("requests", requests);
  EXPECT_THAT(text, HasSubstr("PTR   waiting, penalty"));
  EXPECT_THAT(text, EndsWith("  ptr-batch.service\n"));
  EXPECT_LE(widest_line(text), 100U);
}

TEST(Report, LeavesTheClassOutOnceAQuestionIsAsked) {
  const json requests = {
      {"requests", {{{"name", "www.example."}, {"state", "asked"}, {"class", "retry"}}}}};
  EXPECT_THAT(report("requests", requests), HasSubstr("  asked  "));
}

TEST(Report, SaysThatTheLogLevelHasChanged) {
  EXPECT_EQ(report("log-level", {{"level", "debug"}, {"was", "info"}}),
            "the log level is debug, and was info\n");
  EXPECT_EQ(report("log-level", {{"level", "info"}, {"was", "info"}}), "the log level is info\n");
}

TEST(Report, PicksUnitsThatPeopleRead) {
  EXPECT_EQ(bytes_text(812), "812 B");
  EXPECT_EQ(bytes_text(1'536), "1.5 KiB");
  EXPECT_EQ(bytes_text(33'554'432), "32.0 MiB");
  EXPECT_EQ(uptime_text(59), "59 s");
  EXPECT_EQ(uptime_text(302), "5 min 2 s");
  EXPECT_EQ(uptime_text(7'260), "2 h 1 min");
  EXPECT_EQ(uptime_text(60), "1 min");
  EXPECT_EQ(uptime_text(-1), "0 s");
}

}  // namespace
}  // namespace sluice::app
