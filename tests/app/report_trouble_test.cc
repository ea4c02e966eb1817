// What people read when something is wrong: diagnose, explain, top.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "resolver/app/report.h"
#include "resolver/app/verdicts.h"
#include "tests/app/changed_replies.h"

namespace sluice::app {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

json spender(const char* client, double overcount) {
  return {{"client", client},       {"kind", "unit"},  {"suffix", "25.104.in-addr.arpa."},
          {"type", "PTR"},          {"packets", 4100}, {"share", 0.772},
          {"failures", 3800},       {"waits", 120},    {"waited_ms", 9000},
          {"overcount", overcount}, {"uid", 1000},     {"detail", "cgroup /a.slice/x"}};
}

json diagnosis() {
  return {{"verdict", "budget_limited"},
          {"since_seconds", 302},
          {"summary", "One job spends the budget."},
          {"upstreams",
           {{{"upstream", "vpc"}, {"verdict", "upstream_failing"}, {"since_seconds", 60}},
            {{"upstream", "lan"}, {"verdict", "healthy"}, {"since_seconds", 60}}}},
          {"findings",
           {{{"verdict", "budget_limited"},
             {"subject", "eni"},
             {"what", "812 questions wait for packets of budget eni."},
             {"evidence", {"budget eni: 964 of 964 packets in the last second"}},
             {"advice",
              "Look at what ptr-batch.service does, since it alone spends 77 % of all packets."}}}},
          {"spenders", {spender("ptr-batch.service", 0)}},
          {"failing",
           {{{"suffix", "25.104.in-addr.arpa."},
             {"zone", "in-addr.arpa."},
             {"requests", 4100},
             {"failures", 3800},
             {"age_ms", 302'000}}}}};
}

TEST(Diagnosis, SaysFirstWhatIsWrongThenWhyThenWhatToDo) {
  EXPECT_EQ(report("diagnose", diagnosis()),
            "BUDGET LIMITED for 5 min 2 s\n"
            "One job spends the budget.\n"
            "\n"
            "1. BUDGET LIMITED (eni)\n"
            "   812 questions wait for packets of budget eni.\n"
            "     - budget eni: 964 of 964 packets in the last second\n"
            "   What to do: Look at what ptr-batch.service does, since it alone spends 77 %\n"
            "               of all packets.\n"
            "\n"
            "Upstreams that are not well:\n"
            "  vpc: UPSTREAM FAILING for 1 min. An upstream answers, but mostly with SERVFAIL\n"
            "       or REFUSED.\n"
            "\n"
            "Who spends the packets, last minute:\n"
            "  share  packets  client             kind  names under           type  failed  waited "
            " ms each\n"
            "   77 %     4100  ptr-batch.service  unit  25.104.in-addr.arpa.  PTR     3800     120 "
            "      75\n"
            "  ptr-batch.service is cgroup /a.slice/x, user 1000\n"
            "\n"
            "What fails, and therefore waits behind everything else:\n"
            "  names under           zone           questions  failed  for\n"
            "  25.104.in-addr.arpa.  in-addr.arpa.       4100    3800  5 min 2 s\n");
}

TEST(Diagnosis, OfAHealthyDaemonIsShort) {
  EXPECT_EQ(report("diagnose", {{"verdict", "healthy"},
                                {"since_seconds", 7200},
                                {"summary", "Everything is answered in time."},
                                {"findings", json::array()}}),
            "HEALTHY for 2 h\nEverything is answered in time.\nThere is nothing to do.\n");
}

TEST(Diagnosis, SaysWhatAVerdictMeansIfTheDaemonDoesNot) {
  EXPECT_EQ(report("diagnose", {{"verdict", "ports_exhausted"}}),
            "PORTS EXHAUSTED\nNo socket or port is left to ask upstreams from.\n");
}

TEST(Diagnosis, ShowsAVerdictOfANewerDaemon) {
  const std::string text = report("diagnose", {{"verdict",
                                                "disk_\x1b"
                                                "full"}});
  EXPECT_EQ(text, "DISK \\027FULL\n");
}

TEST(Diagnosis, LetsNoNameReachTheTerminalUnescaped) {
  json reply = diagnosis();
  reply["findings"][0]["what"] = "the name \x1b]0;x\x07 fails";
  reply["findings"][0]["evidence"] = {"a\nb", 3};
  const std::string text = report("diagnose", reply);
  EXPECT_THAT(text, HasSubstr("\\027]0;x\\007"));
  EXPECT_THAT(text, HasSubstr("     - a\\010b\n"));
}

TEST(Verdicts, AreHealthyOnlyWhenTheDaemonSaysSo) {
  EXPECT_TRUE(is_healthy({{"verdict", "healthy"}}));
  for (const json& reply : {json{{"verdict", "client_storm"}}, json{{"verdict", "new_one"}},
                            json::object(), json{{"verdict", 3}}, json(nullptr)})
    EXPECT_FALSE(is_healthy(reply)) << reply;
}

TEST(Top, ShowsSharesAndMarksCountsThatMayBeTooHigh) {
  const json top{{"seconds", 60},
                 {"packets", 5310},
                 {"spenders", {spender("a.service", 3), spender("b.service", 0)}}};
  const std::string text = report("top", top);
  EXPECT_THAT(text, StartsWith("5310 packets in the last 1 min\n"));
  EXPECT_THAT(text, HasSubstr("\n 77 %    ~4100  a.service  unit"));
  EXPECT_THAT(text, HasSubstr("\n 77 %     4100  b.service  unit"));
  EXPECT_THAT(text, EndsWith("\n~ may be too many, by at most 3\n"));
}

TEST(Top, StaysWithinAHundredColumns) {
  json row = spender("ptr-batch.service", 3);
  row["kind"] = "container";
  row["packets"] = 123'456'789;
  std::istringstream lines{report("top", {{"spenders", {row}}})};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(Top, SaysThatNobodySpends) {
  EXPECT_EQ(report("top", {{"seconds", 3600}, {"packets", 0}, {"spenders", json::array()}}),
            "0 packets in the last 1 h\nnobody spends packets\n");
}

json explanation() {
  return {{"name", "www.example."},
          {"type", "A"},
          {"outcome", "It would be answered from the cache."},
          {"steps", {"Nothing on this host knows the name.", "It is stored, and fresh."}},
          {"rule",
           {{"zone", "."},
            {"upstream", "vpc"},
            {"weight", 100},
            {"max_wait_ms", 1800},
            {"silent", false}}},
          {"local", nullptr},
          {"cache",
           {{"state", "fresh"},
            {"age_seconds", 12},
            {"ttl_seconds", 48},
            {"rcode", "NOERROR"},
            {"records", 2},
            {"octets", 77}}},
          {"failure", nullptr},
          {"subtree", nullptr},
          {"in_flight", nullptr},
          {"servers", json::array()},
          {"budget", nullptr}};
}

TEST(Explanation, SaysTheOutcomeThenTheStepsThenTheDetails) {
  EXPECT_EQ(report("explain", explanation()),
            "www.example. A: It would be answered from the cache.\n"
            "\n"
            "How that is decided:\n"
            " 1. Nothing on this host knows the name.\n"
            " 2. It is stored, and fresh.\n"
            "\n"
            "rule    . to upstream vpc, weight 100, waits for at most 1800 ms\n"
            "stored  fresh, NOERROR with 2 records in 77 octets, 12 s old, TTL 48 s\n");
}

TEST(Explanation, HasALineForEverythingThatTheDaemonKnows) {
  json reply = explanation();
  reply["local"] = "hosts file: 192.0.2.1";
  reply["failure"] = {{"cause", "timeout"}, {"streak", 3}, {"age_ms", 4000}, {"retry_in_ms", 812}};
  reply["subtree"] = {
      {"suffix", "example."}, {"probability", 0.93}, {"requests", 40}, {"failures", 38}};
  reply["budget"] = {
      {"budget", "eni"}, {"available", 2}, {"queue_depth", 812}, {"queue_oldest_ms", 1799}};
  reply["in_flight"] = {{"name", "www.example."}, {"state", "asked"}};
  reply["servers"] = {{{"server", "192.0.2.53:53"}, {"silent", true}}};
  const std::string text = report("explain", reply);
  EXPECT_THAT(text, HasSubstr("on this host   hosts file: 192.0.2.1\n"));
  EXPECT_THAT(text, HasSubstr("timeout, 3 times in a row, last 4 s ago; asked again in 812 ms\n"));
  EXPECT_THAT(text, HasSubstr("example.: 38 of 40 questions failed, so 93 % of them wait"));
  EXPECT_THAT(text, HasSubstr("eni: 2 packets are there, 812 questions wait"));
  EXPECT_THAT(text, HasSubstr("\nIn flight now:\n  question"));
  EXPECT_THAT(text, HasSubstr("\n  silent: 192.0.2.53:53 for -, asked by probes only\n"));
}

TEST(Reports, HoldWhateverAFieldTurnsInto) {
  for (const json& changed : changed_replies(diagnosis()))
    EXPECT_EQ(report("diagnose", changed).find('\x1b'), std::string::npos) << changed;
  for (const json& changed : changed_replies(explanation()))
    EXPECT_EQ(report("explain", changed).find('\x1b'), std::string::npos) << changed;
}

TEST(Explanation, OfAnotherVersionShowsWhatItHas) {
  EXPECT_EQ(report("explain", {{"name", "www.example."}, {"type", "A"}}), "www.example. A: -\n");
  EXPECT_THAT(report("explain", {{"rule", 3}, {"servers", 4}, {"steps", "x"}}),
              Not(HasSubstr("rule")));
}

}  // namespace
}  // namespace sluice::app
