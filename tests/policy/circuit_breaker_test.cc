#include "policy/circuit_breaker.h"

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

constexpr TimePoint t0{1000s};

/// Open since `now`.
CircuitBreaker opened_at(TimePoint now) {
  CircuitBreaker breaker;
  for (int i = 0; i < 4; ++i) breaker.on_timeout(now - 1s);
  breaker.on_timeout(now);
  EXPECT_TRUE(breaker.is_open());
  return breaker;
}

TEST(CircuitBreaker, IsClosedAtFirst) {
  const CircuitBreaker breaker;

  EXPECT_FALSE(breaker.is_open());
  EXPECT_TRUE(breaker.may_ask(t0));
  EXPECT_EQ(breaker.next_probe(), kNever);
  EXPECT_EQ(breaker.recovered_at(), TimePoint{});
  EXPECT_EQ(breaker.times_opened(), 0U);
}

TEST(CircuitBreaker, OpensAtTheFifthTimeoutInARow) {
  CircuitBreaker breaker;
  for (int i = 0; i < 4; ++i) breaker.on_timeout(t0 + i * 1s);
  EXPECT_FALSE(breaker.is_open());

  breaker.on_timeout(t0 + 4s);

  EXPECT_TRUE(breaker.is_open());
  EXPECT_FALSE(breaker.may_ask(t0 + 4s));
  EXPECT_EQ(breaker.times_opened(), 1U);
}

TEST(CircuitBreaker, ABurstOfTimeoutsOpensNothingForASecond) {
  CircuitBreaker breaker;
  breaker.on_timeout(t0);
  for (int i = 0; i < 1'000; ++i) breaker.on_timeout(t0 + 1s - 1ns);
  EXPECT_FALSE(breaker.is_open());

  breaker.on_timeout(t0 + 1s);

  EXPECT_TRUE(breaker.is_open());
}

TEST(CircuitBreaker, OneAnswerAmongTimeoutsStartsTheCountOver) {
  CircuitBreaker breaker;
  for (int i = 0; i < 4; ++i) breaker.on_timeout(t0);
  breaker.on_answer(t0 + 500ms);
  for (int i = 0; i < 4; ++i) breaker.on_timeout(t0 + 1s);
  breaker.on_timeout(t0 + 2s - 1ns);  // less than a second after the first of these
  EXPECT_FALSE(breaker.is_open());

  breaker.on_timeout(t0 + 2s);

  EXPECT_TRUE(breaker.is_open());
}

TEST(CircuitBreaker, ASlowZonesFirstAnswersMeetAClosedBreaker) {
  // 500 questions a second, answered after 1.9 s each; time-out 1 s.
  CircuitBreaker breaker;
  for (TimePoint now = t0; now < t0 + 10s; now += 2ms) {
    if (now >= t0 + 1s) breaker.on_timeout(now);
    if (now >= t0 + 1900ms) breaker.on_answer(now);
    ASSERT_TRUE(breaker.may_ask(now));
  }
  EXPECT_EQ(breaker.times_opened(), 0U);
}

TEST(CircuitBreaker, AnAnswerClosesItAtOnce) {
  CircuitBreaker breaker = opened_at(t0);

  breaker.on_answer(t0 + 10ms);

  EXPECT_FALSE(breaker.is_open());
  EXPECT_TRUE(breaker.may_ask(t0 + 10ms));
  EXPECT_EQ(breaker.next_probe(), kNever);
  EXPECT_EQ(breaker.recovered_at(), t0 + 10ms);
}

TEST(CircuitBreaker, AnswersWhileClosedAreNoRecovery) {
  CircuitBreaker breaker = opened_at(t0);
  breaker.on_answer(t0 + 1s);
  breaker.on_answer(t0 + 2s);

  EXPECT_EQ(breaker.recovered_at(), t0 + 1s);
}

TEST(CircuitBreaker, LetsOneProbeGoEachSecond) {
  CircuitBreaker breaker = opened_at(t0);
  int probes = 0;
  for (TimePoint now = t0; now < t0 + 30s; now += 1ms) {
    if (!breaker.may_ask(now)) continue;
    breaker.on_probe(now);
    ++probes;
  }

  EXPECT_EQ(probes, 29);  // the first one a second after it opened
}

TEST(CircuitBreaker, TheNextProbeIsDueASecondAfterTheLast) {
  CircuitBreaker breaker = opened_at(t0);
  EXPECT_EQ(breaker.next_probe(), t0 + 1s);
  EXPECT_FALSE(breaker.may_ask(t0 + 1s - 1ns));
  EXPECT_TRUE(breaker.may_ask(t0 + 1s));

  breaker.on_probe(t0 + 7s);  // nobody asked earlier

  EXPECT_EQ(breaker.next_probe(), t0 + 8s);
  EXPECT_FALSE(breaker.may_ask(t0 + 8s - 1ns));
  EXPECT_TRUE(breaker.may_ask(t0 + 8s));
}

TEST(CircuitBreaker, TimeoutsWhileOpenDoNotPutOffTheProbe) {
  CircuitBreaker breaker = opened_at(t0);
  for (int i = 0; i < 1'000; ++i) breaker.on_timeout(t0 + 999ms);

  EXPECT_TRUE(breaker.may_ask(t0 + 1s));
  EXPECT_EQ(breaker.times_opened(), 1U);
}

TEST(CircuitBreaker, AQueryThatLeavesWhileItIsClosedIsNoProbe) {
  CircuitBreaker breaker;

  breaker.on_probe(t0);

  EXPECT_FALSE(breaker.is_open());
  EXPECT_EQ(breaker.next_probe(), kNever);
}

TEST(CircuitBreaker, NoticesRecoveryWithinASecondAndARoundTrip) {
  constexpr Duration rtt = 3ms;
  for (Duration back = 30s; back < 31s; back += 7ms) {  // the moment at which the server returns
    CircuitBreaker breaker = opened_at(t0);
    TimePoint answer = kNever;
    for (TimePoint now = t0; breaker.is_open(); now += 1ms) {  // there is always something to ask
      ASSERT_LT(now, t0 + 40s);
      if (now >= answer) breaker.on_answer(now);
      if (!breaker.is_open() || !breaker.may_ask(now)) continue;
      breaker.on_probe(now);
      if (now >= t0 + back) answer = now + rtt;
    }
    EXPECT_LE(breaker.recovered_at(), t0 + back + 1s + rtt);
  }
}

TEST(CircuitBreaker, OpensAgainAfterAnotherFiveTimeouts) {
  CircuitBreaker breaker = opened_at(t0);
  breaker.on_answer(t0 + 1s);
  for (int i = 0; i < 4; ++i) breaker.on_timeout(t0 + 2s);
  EXPECT_FALSE(breaker.is_open());

  breaker.on_timeout(t0 + 3s);

  EXPECT_TRUE(breaker.is_open());
  EXPECT_EQ(breaker.times_opened(), 2U);
  EXPECT_EQ(breaker.recovered_at(), t0 + 1s);
}

}  // namespace
}  // namespace sluice::policy
