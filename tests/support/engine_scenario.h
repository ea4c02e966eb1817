#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/query_engine.h"
#include "tests/scenario/scenario_record.h"
#include "tests/support/wire.h"

namespace sluice {

/// A query engine with its shell played by the test, in virtual time: no socket is opened, and a
/// scenario reads like a specification.
///
///   ask("www.example. A");
///   expect_exchange().answer({"www.example. 60 IN A 192.0.2.1"});
///   expect_reply().has_answer({"www.example. 60 IN A 192.0.2.1"});
///
/// What a scenario did is recorded and, once it has passed, done again with each of its exchanges
/// failing in turn: whatever fails, the engine keeps its promises (tests/scenario/audit.h).
class EngineScenario : public ::testing::Test {
 protected:
  /// What a client got.
  struct Reply {
    ClientRef client;
    wire::Message message;
    std::size_t size = 0;

    const Reply& has_answer(const wire::Records& records) const;
    const Reply& has_rcode(dns::Rcode rcode) const;
    const Reply& has_ede(dns::EdeCode code) const;
    const Reply& is_servfail(dns::EdeCode code) const;
  };

  /// A query that the engine has sent to an upstream.
  class AskedExchange {
   public:
    AskedExchange(EngineScenario& scenario, StartExchange action, wire::Message query)
        : scenario_{&scenario}, action_{action}, query_{std::move(query)} {}

    [[nodiscard]] const StartExchange& action() const { return action_; }
    [[nodiscard]] const wire::Message& query() const { return query_; }
    void answer(const wire::Records& records, const wire::ResponseOptions& options = {}) const;
    void answer_nxdomain(std::string_view soa) const;
    void answer_rcode(dns::Rcode rcode) const;
    void answer_truncated() const;
    void answer_bytes(std::span<const std::byte> bytes) const;
    void end(ExchangeStatus status) const;

   private:
    EngineScenario* scenario_;
    StartExchange action_;
    wire::Message query_;
  };

  EngineScenario();
  void TearDown() override;

  /// Replaces the engine's configuration; `toml` as in a file.
  void configure(std::string_view toml);

  /// A query from a new client, over UDP with EDNS; returns who asked.
  ClientRef ask(std::string_view question);
  /// A query from a given client with a given ID.
  void ask_as(const ClientRef& client, std::string_view question,
              const wire::QueryOptions& options = {});
  void ask_bytes(const ClientRef& client, const wire::Bytes& message);
  [[nodiscard]] ClientRef new_client();
  /// Whether the cache has a fresh response.
  [[nodiscard]] bool cached(std::string_view question);
  /// Lets the server answer one question at once, so that its time-out is known: 400 ms.
  void learn_rtt();
  /// The listener has answered `question` from an entry that is about to expire.
  void refresh(std::string_view question);

  /// The oldest exchange started and not yet looked at; there must be one.
  AskedExchange expect_exchange();
  void expect_no_exchange();
  /// The latest question of the engine's own that asks whether a server leads back to us; these
  /// are no exchanges for the functions above.
  [[nodiscard]] std::optional<AskedExchange> last_loop_probe();
  /// The oldest reply not yet looked at; there must be one.
  Reply expect_reply();
  void expect_no_reply();

  [[nodiscard]] bool has_exchange() const { return !exchanges_.empty(); }
  [[nodiscard]] bool has_reply() const { return !replies_.empty(); }
  void forget_exchanges() { exchanges_.clear(); }
  void forget_replies() { replies_.clear(); }

  /// When each packet left, from the start.
  [[nodiscard]] const std::vector<TimePoint>& sent_at() const { return sent_at_; }

  /// Lets time pass, with every deadline of the engine on its way.
  void pass(Duration duration);

  [[nodiscard]] std::uint64_t zone_metric(std::string_view zone, metrics::ZoneMetric metric) const;
  [[nodiscard]] std::uint64_t upstream_metric(std::string_view upstream,
                                              metrics::UpstreamMetric metric) const;
  /// When the client of `reply`, which ask() invented, asked.
  [[nodiscard]] TimePoint reply_asked_at(const Reply& reply) const;
  [[nodiscard]] EngineSnapshot snapshot() const { return engine_->snapshot(now_); }
  [[nodiscard]] QueryEngine& engine() { return *engine_; }

  /// One upstream "vpc" (192.0.2.53) with the budget "eni" (1024, 60, 64); zones "." and
  /// "in-addr.arpa" with weights 100 and 10.
  static const std::string_view kDefaultConfiguration;

  /// The servers that were found to lead back to us.
  [[nodiscard]] const std::vector<Endpoint>& loops() const { return loops_; }

  /// False: the shell has no socket and sends nothing.
  bool sends_leave_ = true;
  /// How late packets leave after they were decided, for tests of a stalled process.
  Duration send_delay_{};
  TimePoint now_{std::chrono::seconds{1'000}};
  QueryEngine::Limits limits_{.max_in_flight = 64,
                              .max_waiters = 128,
                              .max_exchanges = 64,
                              .max_failures = 64,
                              .max_recording = 64 << 10,
                              .deadline = std::chrono::milliseconds{4'500}};
  /// Makes the engine anew from limits_, without a configuration.
  void restart();

 private:
  friend class AskedExchange;
  void perform();
  void finish(const StartExchange& action, const ExchangeOutcome& outcome);

  cache::ResponseCache cache_{1 << 20, HashKey{1, 2}};
  std::unique_ptr<QueryEngine> engine_;
  std::unique_ptr<scenario::ScenarioRecord> record_;
  ActionList actions_;
  std::deque<std::pair<StartExchange, wire::Bytes>> exchanges_;
  std::deque<std::pair<StartExchange, wire::Bytes>> loop_probes_;
  std::deque<std::pair<ClientRef, wire::Bytes>> replies_;
  std::vector<TimePoint> sent_at_;
  std::vector<Endpoint> loops_;
  std::uint32_t clients_ = 0;
  std::map<Endpoint, TimePoint> asked_at_;  // by client
};

}  // namespace sluice
