#include "resolver/net/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "resolver/net/explanation_json.h"

namespace sluice::net {
namespace {

using nlohmann::json;
using policy::Verdict;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// What the engine tells of a host with one upstream and one budget.
class DiagnosisTest : public ::testing::Test {
 protected:
  DiagnosisTest() {
    snapshot.budgets.push_back({});
    snapshot.budgets[0].name = "eni";
    snapshot.budgets[0].rate = 900;
    snapshot.budgets[0].used = 880;
    EngineSnapshot::Server server;
    server.upstream = "vpc";
    server.address = *Endpoint::parse("192.0.2.53", 53);
    server.zone = ".";
    snapshot.servers.push_back(server);
    snapshot.upstreams.push_back({});
    upstream().upstream = "vpc";
    upstream().budget = "eni";
    upstream().signals.has_budget = true;
    upstream().signals.rate = 900;
  }

  EngineSnapshot::Judged& upstream() { return snapshot.upstreams[0]; }
  policy::Signals& signals() { return upstream().signals; }
  void judge(Verdict verdict) {
    snapshot.overall.verdict = upstream().verdict = verdict;
    upstream().verdicts[static_cast<std::size_t>(verdict)] = true;
  }
  void let_spend(std::uint64_t packets, std::uint64_t all) {
    snapshot.top_minute.packets = all;
    snapshot.top_minute.accounts.push_back({.spender = Spender::of_user(1'000),
                                            .zone = "in-addr.arpa.",
                                            .suffix = "25.104.in-addr.arpa.",
                                            .type = dns::Type::ptr,
                                            .spent = {.packets = packets, .failures = 70}});
  }
  json diagnose() {
    return diagnosis_json(snapshot, [](const Spender& spender) {
      return SpenderWords{.client = "user " + std::to_string(spender.uid()),
                          .kind = ClientKind::user,
                          .detail = "",
                          .uid = {}};
    });
  }
  std::vector<std::string> evidence(const json& finding) { return finding.at("evidence"); }

  EngineSnapshot snapshot;
};

TEST_F(DiagnosisTest, SaysThatAllIsWellWithItsFigures) {
  signals().questions = 42;
  const json told = diagnose();
  EXPECT_EQ(told.at("verdict"), "healthy");
  EXPECT_THAT(told.at("summary"), HasSubstr("42 questions"));
  EXPECT_THAT(told.at("findings"), IsEmpty());
}

TEST_F(DiagnosisTest, NamesWhoSpendsABudgetThatLimits) {
  judge(Verdict::budget_limited);
  signals().waits = 500;
  signals().sheds = 20;
  let_spend(80, 100);

  const json told = diagnose();
  ASSERT_EQ(told.at("findings").size(), 1U);
  const json& finding = told.at("findings")[0];
  EXPECT_EQ(finding.at("subject"), "eni");
  EXPECT_THAT(finding.at("what"), HasSubstr("500 questions had to wait"));
  EXPECT_THAT(evidence(finding), Contains(HasSubstr("user 1000 has spent 80 %")));
  EXPECT_THAT(finding.at("advice"), HasSubstr("Let user 1000 ask less"));
  EXPECT_THAT(told.at("summary"), HasSubstr("25.104.in-addr.arpa."));
  EXPECT_EQ(told.at("spenders")[0].at("zone"), "in-addr.arpa.");
}

TEST_F(DiagnosisTest, BlamesNobodyWhoSpendsAsMuchAsOthers) {
  judge(Verdict::budget_limited);
  let_spend(29, 100);
  EXPECT_THAT(diagnose().at("summary"), Not(HasSubstr("user 1000")));
}

TEST_F(DiagnosisTest, TellsAFailingUpstreamFromWhatIsRuledOut) {
  judge(Verdict::upstream_failing);
  signals().errors = 90;
  signals().answers = 10;
  snapshot.failing.push_back({.suffix = "25.104.in-addr.arpa.",
                              .zone = "in-addr.arpa.",
                              .probability = 0.9,
                              .requests = 90,
                              .failures = 90,
                              .age = 12s});

  const json finding = diagnose().at("findings")[0];
  EXPECT_THAT(finding.at("what"), HasSubstr("90 of 100 responses"));
  EXPECT_THAT(evidence(finding), Contains(HasSubstr("names below 25.104.in-addr.arpa. fail")));
  EXPECT_THAT(evidence(finding), Contains(HasSubstr("ruled out: the budget")));
  EXPECT_EQ(diagnose().at("failing")[0].at("age_ms"), 12'000);
}

TEST_F(DiagnosisTest, BlamesWhoAsksForWhatFailsAndNotWhoSpendsMost) {
  snapshot.top_minute.accounts.push_back({.spender = Spender::of_user(2'000),
                                          .zone = ".",
                                          .suffix = "shop.example.",
                                          .type = dns::Type::a,
                                          .spent = {.packets = 300, .failures = 0}});
  let_spend(80, 380);
  snapshot.failing.push_back({.suffix = "25.104.in-addr.arpa.",
                              .zone = "in-addr.arpa.",
                              .probability = 0.9,
                              .requests = 90,
                              .failures = 90,
                              .age = 12s});
  judge(Verdict::upstream_failing);
  judge(Verdict::client_storm);

  const json told = diagnose();
  ASSERT_EQ(told.at("findings").size(), 2U);
  EXPECT_THAT(told.at("findings")[0].at("advice"), HasSubstr("let user 1000 stop"));
  EXPECT_THAT(evidence(told.at("findings")[1]), Contains(HasSubstr("asked by user 1000")));
  EXPECT_THAT(told.at("summary"), HasSubstr("user 1000"));
  EXPECT_THAT(told.dump(), Not(HasSubstr("was asked by user 2000")));
}

TEST_F(DiagnosisTest, HasWordsForEveryVerdict) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Verdict::healthy); ++i) {
    upstream().verdicts.reset();
    judge(static_cast<Verdict>(i));
    const json told = diagnose();
    ASSERT_EQ(told.at("findings").size(), 1U);
    EXPECT_EQ(told.at("findings")[0].at("verdict"), policy::name_of(static_cast<Verdict>(i)));
    for (const char* part : {"what", "advice", "subject"})
      EXPECT_NE(told.at("findings")[0].at(part), "") << part << " of verdict " << i;
    EXPECT_FALSE(told.at("findings")[0].at("evidence").empty()) << "verdict " << i;
  }
}

TEST_F(DiagnosisTest, TellsTheTroubleOfASharedBudgetOnce) {
  judge(Verdict::budget_limited);
  snapshot.upstreams.push_back(snapshot.upstreams[0]);
  snapshot.upstreams[1].upstream = "other";
  EXPECT_EQ(diagnose().at("findings").size(), 1U);
}

TEST_F(DiagnosisTest, SaysForWhichZonesAnUpstreamIsSlow) {
  judge(Verdict::upstream_slow);
  snapshot.servers[0].sent = snapshot.servers[0].answered = 1;
  snapshot.servers[0].srtt = 4ms;
  snapshot.servers.push_back(snapshot.servers[0]);
  snapshot.servers[1].zone = "in-addr.arpa.";
  snapshot.servers[1].srtt = 2s;
  EXPECT_THAT(evidence(diagnose().at("findings")[0]),
              Contains("round trips by zone: 4 ms for ., 2000 ms for in-addr.arpa."));
}

TEST(ExplanationJson, TellsTheOutcomeAndTheStepsToIt) {
  Explanation known;
  known.outcome = Explanation::Outcome::fails_at_once;
  known.rule.emplace();
  known.rule->name = ".";
  known.rule->upstream = "vpc";
  known.failure = {.cause = "said SERVFAIL", .streak = 3, .age = 200ms, .retry_in = 1'800ms};

  const json told = explanation_json(known, [](const Spender&) { return SpenderWords{}; });
  EXPECT_THAT(told.at("outcome"), HasSubstr("SERVFAIL at once"));
  EXPECT_THAT(told.at("steps").dump(), HasSubstr("3 in a row, the last 200 ms ago: said SERVFAIL"));
  EXPECT_EQ(told.at("failure").at("retry_in_ms"), 1'800);
  EXPECT_EQ(told.at("cache"), nullptr);
  EXPECT_EQ(told.at("budget"), nullptr);
}

TEST(ExplanationJson, HasWordsForEveryOutcome) {
  using Outcome = Explanation::Outcome;
  Explanation known;
  known.rule.emplace();
  known.cached.emplace();
  known.failure.emplace();
  known.subtree.emplace();
  known.in_flight.emplace();
  for (auto i = 0; i <= static_cast<int>(Outcome::asked); ++i) {
    known.outcome = static_cast<Outcome>(i);
    const json told = explanation_json(known, [](const Spender&) { return SpenderWords{}; });
    EXPECT_NE(told.at("outcome"), "") << i;
  }
}

}  // namespace
}  // namespace sluice::net
