#include "policy/subtree_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/dns/presentation.h"

namespace sluice::policy {
namespace {

using Outcome = SubtreeTable::Outcome;

constexpr TimePoint t0{1000s};
constexpr HashKey kKey{.k0 = 1, .k1 = 2};
constexpr std::size_t kRoot = 0;    // labels of the rule "."
constexpr std::size_t kInAddr = 2;  // of "in-addr.arpa."

dns::Name name_of(const std::string& text) { return dns::parse_name(text).value(); }

/// Questions that arrive evenly, each with a name of its own making.
struct Stream {
  std::uint32_t per_second;
  std::function<std::string()> name;
  double succeeds = 0;  ///< the share of them
};

class SubtreeTableTest : public ::testing::Test {
 protected:
  void record(const std::string& name, Outcome outcome) {
    table.record(name_of(name), rule_labels, outcome, now);
  }
  void fail(const std::string& name, int times = 1) {
    for (; times > 0; --times) record(name, Outcome::failed);
  }
  void succeed(const std::string& name, int times = 1) {
    for (; times > 0; --times) record(name, Outcome::succeeded);
  }
  /// Different names directly below `suffix`, all at this moment.
  void fail_below(const std::string& suffix, int names) {
    for (; names > 0; --names) fail(fresh() + "." + suffix);
  }
  /// As slowly as the tree grows.
  void succeed_below(const std::string& suffix, int names) {
    for (; names > 0; --names, now += SubtreeTable::kGrowth) succeed(fresh() + "." + suffix);
  }

  SubtreeTable::Verdict judge(const std::string& name) const {
    return table.judge(name_of(name), rule_labels, now);
  }
  double probability(const std::string& name) const { return judge(name).probability; }
  /// The failing suffix that holds `name`, "" if none.
  std::string guilty(const std::string& name) const {
    const SubtreeTable::Verdict verdict = judge(name);
    if (verdict.labels == 0) return "";
    dns::Name suffix = name_of(name);
    while (suffix.label_count() > verdict.labels) suffix = suffix.parent();
    return dns::to_string(suffix);
  }
  std::vector<std::string> listed() const {
    std::vector<std::string> names;
    for (const auto& failing : table.failing(100, now))
      names.push_back(dns::to_string(failing.suffix));
    return names;
  }

  /// Lets `streams` run side by side in steps of 1 ms, and `look` at each.
  void run(
      Duration duration, const std::vector<Stream>& streams,
      const std::function<void()>& look = [] {}) {
    const TimePoint start = now;
    std::vector<std::int64_t> sent(streams.size());
    for (; now < start + duration; now += 1ms) {
      for (std::size_t i = 0; i < streams.size(); ++i) {
        for (; sent[i] * Duration{1s} < (now - start) * streams[i].per_second; ++sent[i]) {
          const bool succeeds = random.fraction() < streams[i].succeeds;
          record(streams[i].name(), succeeds ? Outcome::succeeded : Outcome::failed);
        }
      }
      look();
      if (HasFatalFailure()) return;
    }
  }

  std::string octet() { return std::to_string(random.below(256)); }
  std::string fresh() { return "n" + std::to_string(++made); }
  /// A name of its own directly below `suffix`, each time.
  std::function<std::string()> below(const std::string& suffix) {
    return [this, suffix] { return fresh() + "." + suffix; };
  }
  /// The PTR name of a random address in 104.0.0.0/8.
  std::function<std::string()> anywhere_in_104() {
    return [this] { return octet() + "." + octet() + "." + octet() + ".104.in-addr.arpa."; };
  }
  std::function<std::string()> in_the_24(const std::string& reversed) {
    return [this, reversed] { return octet() + "." + reversed + ".in-addr.arpa."; };
  }

  SubtreeTable table{2'048, kKey};
  Random random{kKey};
  TimePoint now = t0;
  std::size_t rule_labels = kRoot;
  std::uint64_t made = 0;
};

// The formula and the evidence it takes.

TEST_F(SubtreeTableTest, KnowsNothingAtFirst) {
  EXPECT_EQ(probability("www.broken.example."), 0);
  EXPECT_EQ(judge("www.broken.example.").labels, 0);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.failing_count(now), 0U);
}

TEST_F(SubtreeTableTest, ConvictsAtTheSeventeenthFailureInARow) {
  fail("first.broken.example.");  // makes the node of "example."
  fail_below("broken.example.", 16);
  EXPECT_EQ(guilty("new.broken.example."), "");

  fail_below("broken.example.", 1);

  EXPECT_EQ(guilty("new.broken.example."), "broken.example.");
  EXPECT_DOUBLE_EQ(probability("new.broken.example."), 17.0 / 18.0);
}

TEST_F(SubtreeTableTest, TheProbabilityIsThatOfAdaptiveThrottling) {
  fail("first.broken.example.");
  fail_below("broken.example.", 80);
  for (int i = 0; i < 4; ++i) {
    for (int k = 0; k < 5; ++k) succeed(fresh() + ".broken.example.");  // too few to acquit
    fail_below("broken.example.", 1);
  }

  EXPECT_DOUBLE_EQ(probability("new.broken.example."), (104 - 2.0 * 20) / (104 + 1));
}

TEST_F(SubtreeTableTest, OneRepeatedNameConvictsNobody) {
  for (int i = 0; i < 60; ++i, now += 100ms) fail("dead.corp.example.", 10);

  EXPECT_EQ(probability("www.corp.example."), 0);
  EXPECT_EQ(probability("dead.corp.example."), 0);
  EXPECT_TRUE(listed().empty());
}

TEST_F(SubtreeTableTest, AFewDeadNamesConvictNobody) {
  run(60s,
      {{.per_second = 40,
        .name = [this] { return "dead" + std::to_string(random.below(4)) + ".corp.example."; }}},
      [this] { ASSERT_EQ(probability("www.corp.example."), 0); });
}

TEST_F(SubtreeTableTest, JudgesNoNameByItselfNorByTheRule) {
  fail_below("example.", 40);
  EXPECT_EQ(guilty("new.example."), "example.");

  EXPECT_EQ(probability("example."), 0);
  EXPECT_EQ(probability("."), 0);
  rule_labels = 1;  // a rule "example."
  EXPECT_EQ(probability("new.example."), 0);
}

TEST_F(SubtreeTableTest, OutcomesOfTheRulesOwnNameCountForNothing) {
  rule_labels = 1;

  fail("example.", 100);

  EXPECT_EQ(table.size(), 0U);
}

TEST_F(SubtreeTableTest, IgnoresCase) {
  fail("first.broken.example.");
  fail_below("BROKEN.example.", 30);

  EXPECT_EQ(guilty("www.broken.EXAMPLE."), "broken.example.");
}

// Where blame comes to rest.

TEST_F(SubtreeTableTest, FindsAWholeReverseBlock) {
  rule_labels = kInAddr;
  run(50ms, {{.per_second = 600, .name = anywhere_in_104()}});
  EXPECT_EQ(guilty("4.3.2.104.in-addr.arpa."), "104.in-addr.arpa.");

  run(30s, {{.per_second = 600, .name = anywhere_in_104()}});

  EXPECT_GT(probability("4.3.2.104.in-addr.arpa."), 0.95);
  EXPECT_EQ(listed(), std::vector<std::string>{"104.in-addr.arpa."});
  EXPECT_EQ(probability("4.3.2.105.in-addr.arpa."), 0);
}

TEST_F(SubtreeTableTest, OneStormIsOneSubtreeHoweverDeepItIsKnown) {
  rule_labels = kInAddr;
  run(30s, {{.per_second = 3000, .name = anywhere_in_104()}});
  const std::uint64_t id = judge("4.3.2.104.in-addr.arpa.").id;

  for (int i = 0; i < 256; ++i) {
    const auto verdict = judge("1.1." + std::to_string(i) + ".104.in-addr.arpa.");
    EXPECT_EQ(verdict.id, id);
    EXPECT_EQ(verdict.labels, 3);
  }
  EXPECT_EQ(table.failing_count(now), 1U);
}

TEST_F(SubtreeTableTest, FindsOne24WhileItsSiblingsSucceed) {
  rule_labels = kInAddr;
  const auto sibling = [this] { return octet() + "." + octet() + ".1.104.in-addr.arpa."; };
  run(20s,
      {{.per_second = 600, .name = in_the_24("2.1.104")},
       {.per_second = 10, .name = sibling, .succeeds = 1}},
      [this] {
        ASSERT_EQ(probability("1.9.1.104.in-addr.arpa."), 0);
        ASSERT_EQ(probability("1.1.9.104.in-addr.arpa."), 0);
      });

  EXPECT_EQ(guilty("200.2.1.104.in-addr.arpa."), "2.1.104.in-addr.arpa.");
  EXPECT_GT(probability("200.2.1.104.in-addr.arpa."), 0.95);
  EXPECT_EQ(listed(), std::vector<std::string>{"2.1.104.in-addr.arpa."});
}

TEST_F(SubtreeTableTest, FindsOne24WhoseSiblingsNobodyAsksFor) {
  rule_labels = kInAddr;
  run(20s, {{.per_second = 600, .name = in_the_24("2.1.104")}},
      [this] { ASSERT_EQ(probability("1.9.1.104.in-addr.arpa."), 0); });

  EXPECT_EQ(listed(), std::vector<std::string>{"2.1.104.in-addr.arpa."});
}

TEST_F(SubtreeTableTest, FindsABrokenDomainBesideAHealthyOne) {
  run(20s,
      {{.per_second = 3000, .name = below("broken.example.")},
       {.per_second = 100, .name = below("corp.example."), .succeeds = 1}},
      [this] {
        ASSERT_EQ(probability("www.corp.example."), 0);
        ASSERT_EQ(probability("www.new-domain.example."), 0);
      });

  EXPECT_GT(probability("www.broken.example."), 0.99);
  EXPECT_EQ(listed(), std::vector<std::string>{"broken.example."});
}

TEST_F(SubtreeTableTest, ANewDomainBesideAStormKeepsItsServiceEvenIfNobodySucceeds) {
  run(20s,
      {{.per_second = 1000, .name = below("broken.example.")},
       {.per_second = 1000, .name = below("also-broken.example.")}},
      [this] { ASSERT_EQ(probability("www.new-domain.example."), 0); });

  EXPECT_EQ(guilty("www.broken.example."), "broken.example.");
  EXPECT_EQ(guilty("www.also-broken.example."), "also-broken.example.");
}

TEST_F(SubtreeTableTest, FindsTheDepthOfNamesThatAreRandomAtEachLevel) {
  run(5s, {{.per_second = 600, .name = [this] {
              return fresh() + "." + fresh() + "." + fresh() + ".a.b.broken.example.";
            }}});

  EXPECT_EQ(listed(), std::vector<std::string>{"a.b.broken.example."});
}

TEST_F(SubtreeTableTest, FindsA64OfIp6Arpa) {
  const std::string prefix = "8.b.d.0.1.0.0.2.ip6.arpa.";
  const std::string subnet = "4.3.2.1.c.b.a.0." + prefix;
  const auto host = [this, subnet] {
    std::string labels;
    for (int i = 0; i < 16; ++i) labels += "0123456789abcdef"[random.below(16)] + std::string{"."};
    return labels + subnet;
  };
  run(10s, {{.per_second = 600, .name = host}});

  EXPECT_EQ(listed(), std::vector<std::string>{subnet});
  rule_labels = 2;  // a rule "ip6.arpa."
  run(10s, {{.per_second = 600, .name = host}});
  EXPECT_EQ(guilty(host()), subnet);
}

TEST_F(SubtreeTableTest, LooksNoDeeperThanItsBound) {
  const auto deep = [this] {
    std::string labels = fresh() + ".";
    for (int i = 0; i < 60; ++i) labels += "x.";
    return labels + "example.";
  };
  run(10s, {{.per_second = 600, .name = deep}});

  EXPECT_EQ(judge(deep()).labels, SubtreeTable::kMaxDepth);
  EXPECT_LE(table.size(), SubtreeTable::kMaxDepth);
}

TEST_F(SubtreeTableTest, AHealthyPartOfAFailingBlockKeepsItsService) {
  rule_labels = kInAddr;
  const std::vector<Stream> streams{
      {.per_second = 600, .name = anywhere_in_104()},
      {.per_second = 20, .name = in_the_24("7.7.104"), .succeeds = 1}};
  run(5s, streams);

  run(30s, streams, [this] {
    ASSERT_EQ(probability("200.7.7.104.in-addr.arpa."), 0);
    ASSERT_GT(probability("4.3.2.104.in-addr.arpa."), 0.9);
  });
}

TEST_F(SubtreeTableTest, AHealthyPartDoesNotAcquitTheRestHoweverBusyItIs) {
  rule_labels = kInAddr;
  run(10s, {{.per_second = 600, .name = anywhere_in_104()}});
  const std::vector<Stream> streams{
      {.per_second = 10, .name = anywhere_in_104()},  // what a trickle lets through
      {.per_second = 200, .name = in_the_24("7.7.104"), .succeeds = 1},
      {.per_second = 200, .name = in_the_24("8.7.104"), .succeeds = 1},
      {.per_second = 200, .name = in_the_24("9.8.104"), .succeeds = 1}};

  run(60s, streams, [this] { ASSERT_GT(probability("4.3.2.104.in-addr.arpa."), 0.5); });

  EXPECT_EQ(probability("200.7.7.104.in-addr.arpa."), 0);
  EXPECT_EQ(probability("200.8.7.104.in-addr.arpa."), 0);
  EXPECT_EQ(probability("200.9.8.104.in-addr.arpa."), 0);
}

TEST_F(SubtreeTableTest, StaysConvictedOnATrickleOfProbes) {
  run(5s, {{.per_second = 1000, .name = below("broken.example.")}});

  run(120s, {{.per_second = 1, .name = below("broken.example.")}}, [this] {
    ASSERT_GT(probability("www.broken.example."), 0.85);
    ASSERT_EQ(probability("www.new-domain.example."), 0);
  });
}

TEST_F(SubtreeTableTest, AStormThatLosesItsServiceStaysDamped) {
  // What a caller does with the verdict when there is nothing to spare: the probability decides,
  // and one in 600 goes through all the same.
  std::uint32_t passed = 0;
  const auto storm = [&](Outcome outcome) {
    for (int i = 0; i < 600; ++i, now += Duration{1s} / 600) {
      const std::string name = fresh() + ".broken.example.";
      if (i > 0 && random.fraction() < probability(name)) continue;
      record(name, outcome);
      ++passed;
    }
  };
  for (int second = 0; second < 10; ++second) storm(Outcome::failed);

  passed = 0;
  for (int second = 0; second < 60; ++second) storm(Outcome::failed);
  EXPECT_LE(passed, 60U * 12U);  // of 36,000

  for (int second = 0; second < 2; ++second) storm(Outcome::succeeded);
  EXPECT_EQ(probability("www.broken.example."), 0);
}

TEST_F(SubtreeTableTest, ABlockThatLosesItsServiceStaysDamped) {
  rule_labels = kInAddr;
  run(30s, {{.per_second = 600, .name = anywhere_in_104()}});  // many a /16 is convicted, too

  std::uint32_t passed = 0;
  for (int i = 0; i < 600 * 60; ++i, now += Duration{1s} / 600) {
    const std::string name = anywhere_in_104()();
    if (random.fraction() < probability(name)) continue;
    fail(name);
    ++passed;
  }

  EXPECT_LE(passed, 60U * 12U);  // of 36,000
  EXPECT_EQ(listed(), std::vector<std::string>{"104.in-addr.arpa."});
}

TEST_F(SubtreeTableTest, TheWorstPartAroundANameDecidesItsProbability) {
  rule_labels = kInAddr;
  run(20s, {{.per_second = 600, .name = anywhere_in_104(), .succeeds = 0.3},
            {.per_second = 100, .name = in_the_24("2.1.104")}});

  EXPECT_EQ(guilty("1.2.1.104.in-addr.arpa."), "104.in-addr.arpa.");
  EXPECT_GT(probability("1.2.1.104.in-addr.arpa."), 0.95);
  EXPECT_LT(probability("1.1.9.104.in-addr.arpa."), 0.6);
}

TEST_F(SubtreeTableTest, APartThatFailsByItselfIsAcquittedWithTheBlock) {
  rule_labels = kInAddr;
  run(30s, {{.per_second = 600, .name = anywhere_in_104()},
            {.per_second = 100, .name = in_the_24("2.1.104")}});
  ASSERT_GT(probability("1.2.1.104.in-addr.arpa."), 0.9);

  for (int i = 0; i < 8; ++i) {
    now += 1s;
    succeed("1.1." + std::to_string(100 + i) + ".104.in-addr.arpa.");
  }
  EXPECT_EQ(probability("1.2.1.104.in-addr.arpa."), 0);

  run(1s, {{.per_second = 100, .name = in_the_24("2.1.104")}});  // not that it deserved it
  EXPECT_GT(probability("1.2.1.104.in-addr.arpa."), 0.9);
  EXPECT_EQ(probability("1.1.9.104.in-addr.arpa."), 0);
}

TEST_F(SubtreeTableTest, OneChildCannotAcquitItsParent) {
  run(10s, {{.per_second = 600, .name = below("broken.example.")}});

  succeed("www.broken.example.", 100);

  EXPECT_GT(probability("other.broken.example."), 0.9);
}

// Who must never be blamed.

TEST_F(SubtreeTableTest, HalfSucceedingIsWell) {
  rule_labels = kInAddr;
  run(60s, {{.per_second = 600, .name = anywhere_in_104(), .succeeds = 0.5}},
      [this] { ASSERT_EQ(probability("4.3.2.104.in-addr.arpa."), 0); });
}

TEST_F(SubtreeTableTest, HalfSucceedingUnderOneDomainIsWell) {
  run(60s, {{.per_second = 600, .name = below("mixed.example."), .succeeds = 0.5}},
      [this] { ASSERT_EQ(probability("www.mixed.example."), 0); });
}

TEST_F(SubtreeTableTest, AThirdSucceedingLosesItsServiceInPart) {
  const std::vector<Stream> streams{
      {.per_second = 600, .name = below("mixed.example."), .succeeds = 0.3}};
  run(10s, streams);

  double sum = 0;
  int looks = 0;
  run(60s, streams, [&] {
    sum += probability("www.mixed.example.");
    ++looks;
    ASSERT_LT(probability("www.mixed.example."), 0.6);
  });

  EXPECT_NEAR(sum / looks, 1 - 2 * 0.3, 0.05);
}

TEST_F(SubtreeTableTest, AThirdSucceedingAcrossABlockIsJudgedByItsTrueRatio) {
  rule_labels = kInAddr;
  const std::vector<Stream> streams{
      {.per_second = 1000, .name = anywhere_in_104(), .succeeds = 0.3}};
  run(20s, streams);

  double sum = 0;
  int looks = 0;
  run(30s, streams, [&] {
    sum += probability(anywhere_in_104()());
    ++looks;
  });

  EXPECT_NEAR(sum / looks, 1 - 2 * 0.3, 0.1);
}

TEST_F(SubtreeTableTest, WhatIsSlowButSucceedsIsWell) {
  // Ten thousand are open before the first outcome is known; only outcomes reach the table.
  now += 9s;
  run(30s, {{.per_second = 1000, .name = below("slow.example."), .succeeds = 1}},
      [this] { ASSERT_EQ(probability("www.slow.example."), 0); });

  EXPECT_EQ(table.size(), 0U);  // where nothing fails, nothing is kept
}

TEST_F(SubtreeTableTest, OrdinaryTrafficWithSomeFailuresIsWell) {
  std::vector<Stream> streams;
  for (int i = 0; i < 50; ++i) {
    streams.push_back(
        {.per_second = 4, .name = below("d" + std::to_string(i) + ".example."), .succeeds = 0.9});
  }
  run(60s, streams, [this] { ASSERT_EQ(table.failing_count(now), 0U); });
}

// Letting go.

TEST_F(SubtreeTableTest, EightSuccessesInARowAcquit) {
  run(10s, {{.per_second = 600, .name = below("broken.example.")}});
  succeed_below("broken.example.", 7);
  EXPECT_GT(probability("www.broken.example."), 0.9);

  succeed_below("broken.example.", 1);

  EXPECT_EQ(probability("www.broken.example."), 0);
  EXPECT_TRUE(listed().empty());
}

TEST_F(SubtreeTableTest, AFailureAmongThemStartsTheCountOver) {
  run(10s, {{.per_second = 600, .name = below("broken.example.")}});
  succeed_below("broken.example.", 7);
  fail_below("broken.example.", 1);
  succeed_below("broken.example.", 7);

  EXPECT_GT(probability("www.broken.example."), 0.9);
}

TEST_F(SubtreeTableTest, ABlockRecoversWithinTwoSecondsOnATrickle) {
  rule_labels = kInAddr;
  run(60s, {{.per_second = 600, .name = anywhere_in_104()}});

  run(2s, {{.per_second = 10, .name = anywhere_in_104(), .succeeds = 1}});

  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(probability(anywhere_in_104()()), 0);
  EXPECT_EQ(table.failing_count(now), 0U);
}

TEST_F(SubtreeTableTest, ABlockRecoversAlthoughLateTimeoutsStillArrive) {
  rule_labels = kInAddr;
  run(60s, {{.per_second = 600, .name = anywhere_in_104()}});
  run(3s, {{.per_second = 300, .name = anywhere_in_104()},
           {.per_second = 300, .name = anywhere_in_104(), .succeeds = 1}});

  run(1s, {{.per_second = 600, .name = anywhere_in_104(), .succeeds = 1}});

  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(probability(anywhere_in_104()()), 0);
}

TEST_F(SubtreeTableTest, OnePartThatStaysBrokenIsFoundAgainWhenTheRestRecovers) {
  rule_labels = kInAddr;
  run(30s, {{.per_second = 600, .name = anywhere_in_104()}});
  const std::vector<Stream> streams{{.per_second = 600, .name = in_the_24("2.1.104")},
                                    {.per_second = 50, .name = anywhere_in_104(), .succeeds = 1}};
  run(10s, streams);

  EXPECT_EQ(listed(), std::vector<std::string>{"2.1.104.in-addr.arpa."});
  EXPECT_EQ(probability("1.1.9.104.in-addr.arpa."), 0);
}

TEST_F(SubtreeTableTest, ForgetsWhatNobodyAsksForAnyMore) {
  fail("first.broken.example.");
  fail_below("broken.example.", 20);
  now += 20s;
  EXPECT_GT(probability("www.broken.example."), 0);

  now += 15s;

  EXPECT_EQ(probability("www.broken.example."), 0);
  EXPECT_EQ(table.failing_count(now), 0U);
}

TEST_F(SubtreeTableTest, IsConvictedAnewAfterARelapse) {
  run(10s, {{.per_second = 600, .name = below("broken.example.")}});
  succeed_below("broken.example.", 100);
  ASSERT_EQ(probability("www.broken.example."), 0);

  run(1s, {{.per_second = 600, .name = below("broken.example.")}});

  EXPECT_GT(probability("www.broken.example."), 0.5);
}

TEST_F(SubtreeTableTest, AnEarlierNowDoesNoHarm) {
  run(1s, {{.per_second = 600, .name = below("broken.example.")}});
  const double before = probability("www.broken.example.");
  now -= 500ms;
  fail_below("broken.example.", 1);

  EXPECT_GE(probability("www.broken.example."), before);
}

// What people see.

TEST_F(SubtreeTableTest, ListsTheWorstFirstWithItsFigures) {
  run(10s, {{.per_second = 100, .name = below("bad.example.")},
            {.per_second = 300, .name = below("worse.example.")}});

  const auto failing = table.failing(100, now);

  ASSERT_EQ(failing.size(), 2U);
  EXPECT_EQ(dns::to_string(failing[0].suffix), "worse.example.");
  EXPECT_EQ(dns::to_string(failing[1].suffix), "bad.example.");
  EXPECT_NEAR(static_cast<double>(failing[0].failures), 3'000 - 18, 5);
  EXPECT_EQ(failing[0].requests, failing[0].failures);
  EXPECT_EQ(failing[0].probability, probability("www.worse.example."));
  EXPECT_GT(failing[0].since, t0);
  EXPECT_LT(failing[0].since, t0 + 200ms);
  EXPECT_EQ(table.failing_count(now), 2U);
  EXPECT_EQ(table.failing(1, now).size(), 1U);
  EXPECT_TRUE(table.failing(0, now).empty());
}

TEST_F(SubtreeTableTest, IdsTellSubtreesApart) {
  run(2s, {{.per_second = 100, .name = below("a.example.")},
           {.per_second = 100, .name = below("b.example.")}});

  EXPECT_NE(judge("www.a.example.").id, judge("www.b.example.").id);
  EXPECT_EQ(judge("www.a.example.").id, judge("other.a.example.").id);
}

// Bounds.

TEST_F(SubtreeTableTest, AStormOverABlockTakesFewNodes) {
  rule_labels = kInAddr;
  run(60s, {{.per_second = 3000, .name = anywhere_in_104()}});

  EXPECT_LE(table.size(), 60U * 20U + 100U);  // kGrowth
  EXPECT_LE(table.evictions(), 20U);          // of 180,000 outcomes
}

TEST_F(SubtreeTableTest, RandomSubtreesDoNotPushOutAStorm) {
  table = SubtreeTable{256, kKey};
  run(5s, {{.per_second = 200, .name = below("broken.example.")}});

  // A hundred thousand subtrees with nothing in common, not even the last label.
  run(100s,
      {{.per_second = 1000, .name = [this] { return "a.b." + fresh() + "."; }},
       {.per_second = 10, .name = below("broken.example.")}},
      [this] { ASSERT_GT(probability("www.broken.example."), 0.9); });

  EXPECT_EQ(table.size(), 256U);
  EXPECT_GT(table.evictions(), 90'000U);
}

TEST_F(SubtreeTableTest, FindsANewStormAmongRandomSubtrees) {
  table = SubtreeTable{1'024, kKey};
  const Stream noise{.per_second = 1000, .name = [this] { return "a.b." + fresh() + "."; }};
  run(20s, {noise});

  run(5s, {noise, {.per_second = 50, .name = below("broken.example.")}});

  EXPECT_GT(probability("www.broken.example."), 0.9);
  EXPECT_EQ(probability("www.new-domain.example."), 0);
}

TEST_F(SubtreeTableTest, RandomSubtreesOfOneDomainAreOneStorm) {
  run(100s, {{.per_second = 1000, .name = [this] { return "a." + fresh() + ".example."; }},
             {.per_second = 20, .name = below("corp.example."), .succeeds = 1}});

  EXPECT_EQ(listed(), std::vector<std::string>{"example."});
  EXPECT_EQ(probability("www.corp.example."), 0);
  EXPECT_EQ(table.evictions(), 0U);
}

TEST_F(SubtreeTableTest, WhatHasFadedMakesRoomWithoutLoss) {
  table = SubtreeTable{8, kKey};
  for (int i = 0; i < 8; ++i) fail("a." + fresh() + ".");
  now += 7s;

  for (int i = 0; i < 8; ++i) fail("a." + fresh() + ".");

  EXPECT_EQ(table.size(), 8U);
  EXPECT_EQ(table.evictions(), 0U);
}

TEST_F(SubtreeTableTest, TheSmallestTableStillWorks) {
  table = SubtreeTable{0, kKey};
  rule_labels = kInAddr;
  run(10s, {{.per_second = 600, .name = anywhere_in_104()},
            {.per_second = 600, .name = below("a.b.c.d.e.f.g.h.i.j.k.in-addr.arpa.")}});

  EXPECT_EQ(table.size(), SubtreeTable::kWays);
  EXPECT_GT(probability("4.3.2.104.in-addr.arpa."), 0.9);
}

}  // namespace
}  // namespace sluice::policy
