#include "resolver/app/request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace sluice::app {
namespace {

using nlohmann::json;

Command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "sluicectl");
  return parse_command(static_cast<int>(words.size()), words.data()).value();
}

std::string request(const std::vector<const char*>& words) {
  return request_for(parse(words)).dump();
}

TEST(Request, IsWhatTheDaemonUnderstands) {
  EXPECT_EQ(request({"status"}), R"({"verb":"status"})");
  EXPECT_EQ(request({"stats", "zone"}), R"({"verb":"stats"})");
  EXPECT_EQ(request({"explain", "www.example", "aaaa"}),
            R"({"name":"www.example.","type":"AAAA","verb":"explain"})");
  EXPECT_EQ(request({"top", "--window", "hour"}), R"({"verb":"top","window":"hour"})");
  EXPECT_EQ(request({"cache", "dump"}), R"({"action":"dump","verb":"cache"})");
  EXPECT_EQ(request({"cache", "flush-tree", "example"}),
            R"({"action":"flush-tree","name":"example.","verb":"cache"})");
  EXPECT_EQ(request({"log-level"}), R"({"verb":"log-level"})");
  EXPECT_EQ(request({"log-level", "debug"}), R"({"level":"debug","verb":"log-level"})");
  EXPECT_EQ(request({"recorder"}), R"({"format":"text","verb":"recorder"})");
  EXPECT_EQ(request({"recorder", "--pcap", "x"}), R"({"format":"pcap","verb":"recorder"})");
  EXPECT_EQ(request({"watch"}), R"({"verb":"overview"})");
}

TEST(Request, IsOneLineOfJsonWhateverTheName) {
  EXPECT_EQ(request({"explain", "\xff\n.example"}),
            R"({"name":"\\255\\010.example.","type":"A","verb":"explain"})");
}

TEST(WantedPart, IsTheSeriesThatAPatternPicks) {
  const json stats{{"sluice_a_total{zone=\".\"}", 1}, {"sluice_b_total", 2}};
  EXPECT_EQ(wanted_part(parse({"stats", "b_"}), stats), (json{{"sluice_b_total", 2}}));
  EXPECT_EQ(wanted_part(parse({"stats", "sluice*zone"}), stats),
            (json{{"sluice_a_total{zone=\".\"}", 1}}));
  EXPECT_EQ(wanted_part(parse({"stats", "nothing"}), stats), json::object());
  EXPECT_EQ(wanted_part(parse({"stats"}), stats), stats);
}

TEST(WantedPart, IsTheFirstSpenders) {
  const json top{{"spenders", {1, 2, 3}}};
  EXPECT_EQ(wanted_part(parse({"top", "--count", "2"}), top)["spenders"], (json{1, 2}));
  EXPECT_EQ(wanted_part(parse({"top"}), top), top);
}

TEST(WantedPart, OfAnErrorIsTheError) {
  const json error{{"error", "no"}};
  EXPECT_EQ(wanted_part(parse({"stats", "b_"}), error), error);
}

}  // namespace
}  // namespace sluice::app
