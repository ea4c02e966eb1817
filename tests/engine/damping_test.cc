// Who waits for whom when packets are short: clients, domains, and subtrees that fail.
#include "tests/support/engine_scenario.h"

namespace sluice {
namespace {

using metrics::ZoneMetric;

/// A host under storm: look-ups of three kinds at their rates, an upstream that answers some names
/// after a while with SERVFAIL and the others in 2 ms.
class StormScenario : public EngineScenario {
 protected:
  StormScenario() {
    limits_.max_in_flight = limits_.max_exchanges = 8'192;
    limits_.max_waiters = 16'384;
    limits_.max_failures = 65'536;
    restart();
    configure(kDefaultConfiguration);
  }

  struct Storm {
    std::string suffix;  ///< ".broken.example. A"
    int per_second = 3'000;
    Duration delay = 2s;  ///< of its answers
    int succeed_of_ten = 0;
    Duration lasts = 4s;
  };
  struct Result {
    int ordinary = 0, ordinary_lost = 0;
    Duration ordinary_slowest{};
    int storm_answered = 0;
    std::size_t sent = 0;
  };

  /// The storm, and 100 ordinary look-ups a second of *.corp.example beside it.
  Result run(const Storm& storm) {
    Result result;
    const TimePoint end = now_ + storm.lasts;
    std::uint64_t storm_asked = 0;
    for (int ms = 0; now_ < end; ++ms) {
      for (; storm_asked * 1'000 < static_cast<std::uint64_t>(storm.per_second * ms); ++storm_asked)
        ask("s" + std::to_string(storm_asked) + storm.suffix);
      if (ms % 10 == 0) {
        ask("www" + std::to_string(next_ordinary_++) + ".corp.example. A");
        ++result.ordinary;
      }
      step(storm, result);
    }
    for (int ms = 0; ms < 5'000; ++ms) step(storm, result);
    return result;
  }

 private:
  struct Pending {
    TimePoint due;
    AskedExchange exchange;
    bool succeeds;
  };

  void step(const Storm& storm, Result& result) {
    for (; has_exchange(); ++result.sent) {
      const auto exchange = expect_exchange();
      const std::string& question = exchange.query().question;
      const bool is_ordinary = question.starts_with("www");
      const char last_digit = question[question.find('.') - 1];
      const bool succeeds = is_ordinary || last_digit - '0' < storm.succeed_of_ten;
      pending_.push_back({now_ + (is_ordinary ? 2ms : storm.delay), exchange, succeeds});
    }
    for (std::size_t i = 0; i < pending_.size();) {
      if (pending_[i].due > now_) {
        ++i;
        continue;
      }
      const Pending due = pending_[i];
      pending_[i] = pending_.back();
      pending_.pop_back();
      due.exchange.answer_rcode(due.succeeds ? dns::Rcode::nxdomain : dns::Rcode::servfail);
    }
    while (has_reply()) {
      const Reply reply = expect_reply();
      const bool is_good = reply.message.rcode != static_cast<std::uint16_t>(dns::Rcode::servfail);
      if (!reply.message.question.starts_with("www"))
        result.storm_answered += is_good ? 1 : 0;
      else
        result.ordinary_lost += is_good ? 0 : 1;
      if (reply.message.question.starts_with("www"))
        result.ordinary_slowest = std::max(result.ordinary_slowest, now_ - reply_asked_at(reply));
    }
    pass(1ms);
  }

  std::vector<Pending> pending_;
  int next_ordinary_ = 0;
};

TEST_F(StormScenario, BelowOneNameOfTheSameZoneCostsTheOthersNothing) {
  const Result result = run({.suffix = ".broken.example. A"});
  EXPECT_EQ(result.ordinary_lost, 0);
  EXPECT_LE(result.ordinary_slowest, 20ms);
}

TEST_F(StormScenario, OfReverseLookUpsCostsTheOthersNothing) {
  const Result result = run({.suffix = ".1.104.in-addr.arpa. PTR"});
  EXPECT_EQ(result.ordinary_lost, 0);
  EXPECT_LE(result.ordinary_slowest, 20ms);
}

TEST_F(StormScenario, ThatFailsIsFoundAndNamed) {
  (void)run({.suffix = ".broken.example. A", .lasts = 4s});
  std::vector<std::string> failing;
  for (const auto& zone : snapshot().zones)
    failing.insert(failing.end(), zone.failing.begin(), zone.failing.end());
  EXPECT_EQ(failing, std::vector<std::string>{"broken.example."});
  EXPECT_GT(zone_metric(".", ZoneMetric::penalised), 0U);
}

TEST_F(StormScenario, LeavesNoPacketUnusedWhileWorkWaits) {
  const Result result = run({.suffix = ".broken.example. A"});
  EXPECT_GE(result.sent, 4U * 900U) << "penalised, but nothing else wants the packets";
}

TEST_F(StormScenario, ThatHalfSucceedsKeepsItsService) {
  const Result result = run({.suffix = ".mixed.example. A", .succeed_of_ten = 5});
  EXPECT_EQ(zone_metric(".", ZoneMetric::penalised), 0U);
  EXPECT_GE(result.storm_answered, 4 * 400 * 9 / 10) << "half of 800 packets a second";
  EXPECT_EQ(result.ordinary_lost, 0);
}

TEST_F(StormScenario, ThatIsOnlySlowIsNotPunished) {
  (void)run({.suffix = ".slow.example. A", .succeed_of_ten = 10});
  EXPECT_EQ(zone_metric(".", ZoneMetric::penalised), 0U);
}

TEST_F(StormScenario, IsLetGoWithinSecondsOfItsRecovery) {
  (void)run({.suffix = ".broken.example. A", .lasts = 4s});
  const std::uint64_t before = zone_metric(".", ZoneMetric::penalised);
  ASSERT_GT(before, 0U);
  (void)run({.suffix = ".broken.example. A", .delay = 2ms, .succeed_of_ten = 10, .lasts = 2s});
  const std::uint64_t meanwhile = zone_metric(".", ZoneMetric::penalised);
  (void)run({.suffix = ".broken.example. A", .delay = 2ms, .succeed_of_ten = 10, .lasts = 2s});
  EXPECT_EQ(zone_metric(".", ZoneMetric::penalised), meanwhile);
}

TEST_F(StormScenario, AnIdleBudgetRefusesNothingOfAFailingSubtree) {
  (void)run({.suffix = ".broken.example. A", .lasts = 3s});
  pass(10s);
  forget_exchanges();
  forget_replies();
  ask("s999999.broken.example. A");
  EXPECT_EQ(expect_exchange().query().question, "s999999.broken.example. A");
}

TEST_F(StormScenario, OfOneGreedyClientCostsThePoliteOnesNothing) {
  const auto client = [](int number) {
    ClientRef ref;
    ref.client = *Endpoint::parse("198.51.100." + std::to_string(number), 30'000);
    ref.local = *Address::parse("198.51.100.1");
    return ref;
  };
  std::map<std::string, TimePoint> asked;
  Duration slowest{};
  int lost = 0, number = 0;
  for (int ms = 0; ms < 5'000; ++ms) {
    for (int i = 0; i < 2; ++i) {
      ClientRef greedy = client(1);
      greedy.client.port = static_cast<std::uint16_t>(1'024 + number % 60'000);
      ask_as(greedy, "g" + std::to_string(number++) + ".zone.example. A");
    }
    if (ms % 10 == 0) {
      const std::string question = "p" + std::to_string(ms) + ".zone.example. A";
      asked[question] = now_;
      ask_as(client(2 + ms / 10 % 20), question);
    }
    while (has_exchange()) expect_exchange().answer_rcode(dns::Rcode::nxdomain);
    while (has_reply()) {
      const Reply reply = expect_reply();
      if (!reply.message.question.starts_with("p")) continue;
      slowest = std::max(slowest, now_ - asked[reply.message.question]);
      lost += reply.message.rcode == static_cast<std::uint16_t>(dns::Rcode::servfail) ? 1 : 0;
    }
    pass(1ms);
  }
  EXPECT_EQ(lost, 0);
  EXPECT_LE(slowest, 50ms);
}

class NxdomainCutScenario : public EngineScenario {
 protected:
  NxdomainCutScenario() {
    configure(std::string{kDefaultConfiguration} +
              "[[zone]]\nname = \"internal.example\"\nupstream = \"vpc\"\nnxdomain_cut = true\n");
  }
  void deny(const std::string& question) {
    ask(question);
    expect_exchange().answer_nxdomain(
        "internal.example. 60 IN SOA ns.example. host.example. 1 2 3 4 60");
    (void)expect_reply();
  }
};

TEST_F(NxdomainCutScenario, AnswersForAllNamesBelowWithoutAPacket) {
  deny("com.internal.example. A");
  ask("api.com.internal.example. A");
  ask("a.b.c.com.internal.example. A");
  expect_no_exchange();
  for (const char* question : {"api.com.internal.example. A", "a.b.c.com.internal.example. A"}) {
    const Reply reply = expect_reply();
    reply.has_rcode(dns::Rcode::nxdomain);
    EXPECT_EQ(reply.message.question, question);
    EXPECT_EQ(reply.message.authority.size(), 1U);
  }
  EXPECT_EQ(zone_metric("internal.example.", ZoneMetric::nxdomain_cuts), 2U);
}

TEST_F(NxdomainCutScenario, SaysNothingOfNeighboursAndAncestors) {
  deny("com.internal.example. A");
  ask("net.internal.example. A");
  EXPECT_EQ(expect_exchange().query().question, "net.internal.example. A");
  ask("internal.example. A");
  EXPECT_EQ(expect_exchange().query().question, "internal.example. A");
}

TEST_F(NxdomainCutScenario, IsNothingForAClientThatWantsProof) {
  const wire::QueryOptions with_do{.edns = wire::Edns{.dnssec_ok = true}};
  ask_as(new_client(), "com.internal.example. A", with_do);
  expect_exchange().answer_nxdomain(
      "internal.example. 60 IN SOA ns.example. host.example. 1 2 3 4 60");
  ask_as(new_client(), "api.com.internal.example. A", with_do);
  EXPECT_EQ(expect_exchange().query().question, "api.com.internal.example. A");
}

TEST_F(NxdomainCutScenario, HoldsOnlyWhereItIsTurnedOn) {
  ask("gone.example. A");
  expect_exchange().answer_nxdomain("example. 60 IN SOA ns.example. host.example. 1 2 3 4 60");
  (void)expect_reply();
  ask("www.gone.example. A");
  EXPECT_EQ(expect_exchange().query().question, "www.gone.example. A");
}

TEST_F(NxdomainCutScenario, EndsWithTheNegativeTtl) {
  deny("com.internal.example. A");
  pass(60s);
  ask("api.com.internal.example. A");
  EXPECT_EQ(expect_exchange().query().question, "api.com.internal.example. A");
}

}  // namespace
}  // namespace sluice
