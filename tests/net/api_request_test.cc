#include "resolver/net/api_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::net {
namespace {

using ::testing::HasSubstr;

std::string request_for(std::string_view target) {
  const auto request = api_request(target);
  return request ? request.value() : "refused: " + request.error().reason;
}

TEST(ApiRequest, IsTheControlSocketsRequest) {
  EXPECT_EQ(request_for("/api/v1/zones"), R"({"verb":"zones"})");
  EXPECT_EQ(request_for("/api/v1/zones?"), R"({"verb":"zones"})");
  EXPECT_EQ(request_for("/api/v1/top?window=hour"), R"({"verb":"top","window":"hour"})");
  EXPECT_EQ(request_for("/api/v1/explain?name=www.example.&type=AAAA"),
            R"({"name":"www.example.","type":"AAAA","verb":"explain"})");
}

TEST(ApiRequest, KnowsNoVerbThatChangesOrTellsMoreThanTheDashboardShows) {
  for (const char* verb :
       {"reload", "cache", "recorder", "log-level", "live", "", "stats/", "STATS"})
    EXPECT_EQ(api_request(std::string{kApiPrefix} + verb).error().kind,
              ApiProblem::Kind::unknown_verb)
        << verb;
}

TEST(ApiRequest, TakesEachKeyOfTheVerbOnceAndNoOther) {
  for (const char* query : {"stats?verb=reload", "top?verb=reload", "top?window=hour&window=hour",
                            "top?=hour", "explain?window=hour", "top?window=hour&"})
    EXPECT_EQ(request_for(std::string{kApiPrefix} + query).substr(0, 8),
              std::string_view{query}.ends_with("&") ? R"({"verb":)" : "refused:")
        << query;
}

TEST(ApiRequest, KeepsWhatAQueryHidesInsideItsValue) {
  EXPECT_EQ(request_for("/api/v1/explain?name=%22%7D%26type=%3DA"),
            R"({"name":"\"}&type==A","verb":"explain"})");
  EXPECT_THAT(request_for("/api/v1/explain?name=%ff"), HasSubstr(R"("name":"\ufffd")"));
}

TEST(ApiRequest, RefusesHalfAnEscape) {
  for (const char* name : {"%", "%4", "%4g", "%g4", "%+4", "%-4", "% 4", "x%"})
    EXPECT_EQ(api_request(std::string{"/api/v1/explain?name="} + name).error().kind,
              ApiProblem::Kind::bad_query)
        << name;
}

TEST(PercentDecoding, IsThatOfForms) {
  EXPECT_EQ(percent_decoded("a%2Eb+c%2b%2B"), "a.b c++");
  EXPECT_EQ(percent_decoded("%00%7f"), std::string("\0\x7f", 2));
  EXPECT_EQ(percent_decoded(""), "");
}

}  // namespace
}  // namespace sluice::net
