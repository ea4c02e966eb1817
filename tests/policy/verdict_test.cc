#include "policy/verdict.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};

/// An upstream that answers a hundred questions, each at the first try.
Signals well() {
  return {.tries = 100,
          .answers = 100,
          .paths = 1,
          .questions = 100,
          .has_budget = true,
          .used = 10,
          .rate = 900};
}

Verdict verdict_of(const Signals& signals) { return worst(judge(signals)); }

TEST(Verdict, IsHealthyWhileNobodyAsksAndWhileAllIsAnswered) {
  EXPECT_EQ(verdict_of({}), Verdict::healthy);
  EXPECT_EQ(verdict_of(well()), Verdict::healthy);
}

TEST(Verdict, HasANameOfItsOwnForEach) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kVerdicts; ++i) names.insert(name_of(static_cast<Verdict>(i)));
  EXPECT_EQ(names.size(), kVerdicts);
}

TEST(Verdict, SaysThatPortsAreExhaustedWhenSocketsCannotBeHad) {
  Signals signals = well();
  signals.no_socket = 2;
  EXPECT_EQ(verdict_of(signals), Verdict::healthy) << "bad luck with a port";
  signals.no_socket = 3;
  EXPECT_EQ(verdict_of(signals), Verdict::ports_exhausted);
}

TEST(Verdict, BelievesTheInterfacesOwnCountOfWhatItDropped) {
  Signals signals = well();
  signals.dropped = 1;
  EXPECT_EQ(verdict_of(signals), Verdict::interface_limited);
}

TEST(Verdict, CallsAnUpstreamSilentWhenNoServerAnswers) {
  Signals signals{.tries = 3, .timeouts = 3, .paths = 2, .silent = 2};
  EXPECT_EQ(verdict_of(signals), Verdict::upstream_silent);
  signals.silent = 1;
  EXPECT_EQ(verdict_of(signals), Verdict::healthy) << "another server is there";
  signals.tries = signals.timeouts = 10;
  EXPECT_EQ(verdict_of(signals), Verdict::upstream_silent) << "it does not answer either";
  signals.answers = 1;
  EXPECT_EQ(verdict_of(signals), Verdict::upstream_slow);
}

TEST(Verdict, DoesNotCallAnUpstreamSilentThatNobodyAsks) {
  EXPECT_EQ(verdict_of({.tries = 0, .paths = 1, .silent = 1}), Verdict::healthy);
}

TEST(Verdict, SaysThatTheBudgetLimitsWhenQuestionsWaitOrAreShed) {
  Signals waiting = well();
  waiting.waits = 10;
  EXPECT_EQ(verdict_of(waiting), Verdict::budget_limited);
  waiting.tries = 1'000;
  waiting.answers = 1'000;
  EXPECT_EQ(verdict_of(waiting), Verdict::healthy) << "one in a hundred had to wait";

  Signals shed = well();
  shed.sheds = 1;
  EXPECT_EQ(verdict_of(shed), Verdict::budget_limited);

  Signals old = well();
  old.oldest_wait = 200ms;
  EXPECT_EQ(verdict_of(old), Verdict::budget_limited);
  old.has_budget = false;
  EXPECT_EQ(verdict_of(old), Verdict::healthy);
}

TEST(Verdict, SaysThatAnUpstreamFailsWhenItAnswersWithErrors) {
  Signals signals = well();
  signals.answers = 80;
  signals.errors = 20;
  EXPECT_EQ(verdict_of(signals), Verdict::upstream_failing);
  signals.answers = 1;
  signals.errors = 9;
  EXPECT_EQ(verdict_of(signals), Verdict::healthy) << "too few to tell";
}

TEST(Verdict, SaysThatAnUpstreamIsSlowWhenAnswersComeLateOrNotAtAll) {
  Signals late = well();
  late.slow = 30;
  EXPECT_EQ(verdict_of(late), Verdict::upstream_slow);
  late.slow = 29;
  EXPECT_EQ(verdict_of(late), Verdict::healthy);

  Signals lost = well();
  lost.timeouts = 10;
  EXPECT_EQ(verdict_of(lost), Verdict::upstream_slow);
}

TEST(Verdict, CallsItAStormWhenClientsRepeatThemselves) {
  Signals signals = well();
  signals.retransmits = 50;
  signals.repeated = 50;
  EXPECT_EQ(verdict_of(signals), Verdict::client_storm);
  signals.questions = 101;
  EXPECT_EQ(verdict_of(signals), Verdict::healthy);
}

TEST(Verdict, NamesWhatIsNearerToUsFirstAndKnowsTheOthersToo) {
  Signals signals = well();
  signals.answers = 10;
  signals.errors = 90;
  signals.sheds = 5;
  signals.repeated = 500;
  const Verdicts verdicts = judge(signals);
  EXPECT_EQ(worst(verdicts), Verdict::budget_limited);
  EXPECT_EQ(verdicts.count(), 3U);
  EXPECT_TRUE(verdicts[static_cast<std::size_t>(Verdict::upstream_failing)]);
  EXPECT_TRUE(verdicts[static_cast<std::size_t>(Verdict::client_storm)]);
}

TEST(SteadyVerdict, TurnsWorseOnlyWhenThatLasts) {
  SteadyVerdict steady;
  EXPECT_FALSE(steady.update(Verdict::budget_limited, t0));
  EXPECT_FALSE(steady.update(Verdict::budget_limited, t0 + 2s));
  EXPECT_FALSE(steady.update(Verdict::healthy, t0 + 3s));
  EXPECT_FALSE(steady.update(Verdict::budget_limited, t0 + 4s));
  EXPECT_TRUE(steady.update(Verdict::budget_limited, t0 + 7s));
  EXPECT_EQ(steady.verdict(), Verdict::budget_limited);
  EXPECT_EQ(steady.since(), t0 + 7s);
}

TEST(SteadyVerdict, TurnsBetterOnlyAfterALongerTime) {
  SteadyVerdict steady;
  EXPECT_TRUE(steady.set(Verdict::upstream_silent, t0));
  EXPECT_FALSE(steady.update(Verdict::healthy, t0 + 1s));
  EXPECT_FALSE(steady.update(Verdict::healthy, t0 + 10s));
  EXPECT_TRUE(steady.update(Verdict::healthy, t0 + 11s));
}

TEST(SteadyVerdict, MayPassThroughOthersOnItsWay) {
  SteadyVerdict steady;
  EXPECT_FALSE(steady.update(Verdict::upstream_slow, t0));
  EXPECT_FALSE(steady.update(Verdict::upstream_failing, t0 + 1s));
  EXPECT_TRUE(steady.update(Verdict::budget_limited, t0 + 3s));
  EXPECT_EQ(steady.verdict(), Verdict::budget_limited);
}

}  // namespace
}  // namespace sluice::policy
