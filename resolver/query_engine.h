#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/response_cache.h"
#include "policy/failure_cache.h"
#include "policy/subtree_table.h"
#include "policy/top_spenders.h"
#include "resolver/action.h"
#include "resolver/base/random.h"
#include "resolver/dns/cacheability.h"
#include "resolver/dns/response.h"
#include "resolver/engine_snapshot.h"
#include "resolver/explanation.h"
#include "resolver/flight_recorder.h"
#include "resolver/health.h"
#include "resolver/in_flight.h"
#include "resolver/local/covering.h"
#include "resolver/network_traffic.h"
#include "resolver/routing.h"

namespace sluice {

namespace local {
class LocalNames;
}

/// Decides what happens to each query that the cache could not answer. Pure: no sockets, no clock,
/// no logging, no threads.
///
/// The worker feeds it events and carries out the actions it appends to `out`. Every query it
/// takes yields exactly one Respond, at the latest at its question's deadline, unless it is a
/// retransmit of one that waits already: that one yields none.
///
/// Thread-confined to the engine's thread; the response cache is shared with listeners. Does not
/// allocate after construction but to grow an ActionList, to store a response, and in configure().
class QueryEngine {
 public:
  struct Limits {
    std::size_t max_in_flight = 8'192;  ///< questions; beyond, the longest class sheds its newest
    std::size_t max_waiters = 16'384;   ///< queries attached to them; beyond: SERVFAIL
    std::size_t max_exchanges = 4'096;  ///< beyond, questions wait as if the budget were empty
    std::size_t max_failures = 65'536;  ///< failed questions remembered
    std::size_t max_subtrees = 4'096;   ///< suffixes whose failures are counted
    std::size_t max_recording = 0;      ///< bytes for the flight recorder; 0 = off
    Duration deadline = std::chrono::milliseconds{4'500};  ///< of a question, from its first query
  };

  /// A client waits so long for an answer where stale data could be had (RFC 8767 section 5).
  static constexpr Duration kStaleTimer = std::chrono::milliseconds{1'800};
  /// After a failure stale data is given at once for so long, and nobody asked (the same).
  static constexpr Duration kStaleRecheck = std::chrono::seconds{30};
  /// Retries, since the last timely answer, to a lone server that may only be slow: enough for a
  /// lost packet, and a server that is slow or silent is not asked everything twice.
  static constexpr std::uint32_t kBlindRetries = 3;
  /// The last resort against lost packets, TCP, is taken if so much of the deadline is left.
  static constexpr Duration kTcpNeeds = std::chrono::seconds{1};
  /// Part of max_in_flight that questions which nobody waits for may take.
  static constexpr std::size_t kBackgroundPart = 2;
  /// A TCP query's price in packets: SYN, ACK, query, ACK of the answer, FIN, ACK; and on a
  /// connection that is open: query, ACK.
  static constexpr std::uint32_t kNewConnectionPrice = 6;
  static constexpr std::uint32_t kOpenConnectionPrice = 2;
  /// A packet that leaves later than this after it was paid for is paid for again, so that a
  /// stalled process cannot squeeze two intervals' packets into one.
  static constexpr Duration kStallGuard = std::chrono::milliseconds{1};

  QueryEngine(const Limits& limits, cache::ResponseCache& cache, Random random);

  /// Takes over a configuration; see Routing::configure. Questions in flight go on under the old.
  [[nodiscard]] std::optional<std::string> configure(
      const conf::Config& config, const std::map<std::string, BudgetFiles>& files, TimePoint now);
  /// What is answered without any upstream from now on. What is stored for such names goes.
  void use_local_names(std::shared_ptr<const local::LocalNames> names, TimePoint now);

  /// A client's query that the cache did not answer. A query without RD is answered from what the
  /// host knows or REFUSED (RFC 8914 section 4.21), never forwarded.
  void on_query(const ClientRef& client, const dns::Query& query, TimePoint now, ActionList& out);
  /// A stored answer to `query` is in use and about to expire: it is asked for in the background,
  /// if there are packets that nobody waits for.
  void on_refresh(const dns::Query& query, TimePoint now, ActionList& out);
  /// What the shell did with a StartExchange: how many UDP datagrams left, and when.
  void on_sent(ExchangeId id, std::uint32_t packets, TimePoint now);
  void on_exchange_done(ExchangeId id, const ExchangeOutcome& outcome, TimePoint now,
                        ActionList& out);
  /// A TCP connection to `server` was opened or closed, or `segments` have left on it.
  void on_connection_opened(const Endpoint& server);
  void on_connection_closed(const Endpoint& server);
  void on_segments_sent(const Endpoint& server, std::uint32_t segments, TimePoint now);
  void on_deadline(TimePoint now, ActionList& out);
  /// Who sent the query that an Identify asked about.
  void on_identified(QuestionId id, const Spender& spender) noexcept;
  /// Writes down what a question has cost, on account of `spender`: what a Spent asked for.
  void book(const Spent& spent, const Spender& spender, TimePoint now) noexcept;

  /// When on_deadline() must next be called; kNever if never.
  [[nodiscard]] TimePoint next_deadline() const noexcept;

  /// Judges the last seconds; to be called once a second. True if a verdict has changed.
  bool take_stock(TimePoint now) {
    const bool has_changed = health_.take_stock(routing_, now);
    health_.show(counters_);
    return has_changed;
  }
  [[nodiscard]] const Health& health() const noexcept { return health_; }
  /// Brings the gauges up to date; the worker calls it before a scrape and now and then.
  void refresh_gauges(TimePoint now) noexcept;
  [[nodiscard]] EngineSnapshot snapshot(TimePoint now) const;
  /// What would happen to a client's query for `question` (without DO and CD) now. Changes
  /// nothing but scratch memory.
  [[nodiscard]] Explanation explain(const dns::Question& question, TimePoint now);
  /// Forgets the failures remembered for `name`, or all of them without one.
  void forget_failures(const std::optional<dns::Name>& name) noexcept;
  [[nodiscard]] metrics::Sources sources() const;
  /// Who has spent most packets. Allocates.
  [[nodiscard]] EngineSnapshot::Top top(policy::TopSpenders::Window window, std::size_t at_most,
                                        TimePoint now) const;
  /// What happened last.
  [[nodiscard]] const FlightRecorder& recorder() const noexcept { return recorder_; }
  [[nodiscard]] metrics::CounterBlock<metrics::ProcessMetric>& process_counters() noexcept {
    return counters_;
  }
  [[nodiscard]] const Routing& routing() const noexcept { return routing_; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return table_.size(); }
  [[nodiscard]] std::size_t waiters() const noexcept { return table_.waiter_count(); }
  [[nodiscard]] std::size_t exchanges() const noexcept { return exchanges_.size(); }

 private:
  using Index = InFlightTable::Index;
  static constexpr Index kNone = InFlight::kNone;

  /// One exchange, kept until its outcome: longer than its question when the answer is late.
  struct ExchangeState {
    dns::LookupKey key;
    std::uint64_t hash = 0;
    RuleIndex rule = 0;
    std::uint16_t lane = 0;
    std::uint8_t path = 0;     ///< index into the rule's paths
    std::uint64_t serial = 0;  ///< of the question it was started for
    Transport transport = Transport::udp;
    bool timed_out = false;
    bool is_loop_probe = false;  ///< belongs to no question, and says nothing of its server
    std::uint16_t query_size = 0;
    TimePoint started{};
  };
  /// A probe that a silent server was sent lately, to see whether it comes back to us.
  struct LoopProbe {
    std::uint64_t token = 0;
    RuleIndex rule = 0;
    std::uint8_t path = 0;
  };
  static constexpr std::size_t kMaxLoopProbes = 64;
  /// A TCP connection's account: segments paid for and not yet sent.
  struct TcpAccount {
    bool is_open = false;
    std::uint32_t prepaid = 0;
    RuleIndex rule = 0;  ///< of the latest exchange over it; its zone counts the segments
    std::uint16_t lane = 0;
    QuestionId latest;  ///< question over it; pays for the segments
  };
  enum class ShedReason : std::uint8_t { waited_too_long, queue_full };
  enum class Attempt : std::uint8_t { first, again };
  /// A client's query and what was found out about it.
  struct Arrival {
    const ClientRef& client;
    dns::ReplyShape shape;
    dns::LookupKey key;
    std::uint64_t hash;
    RuleIndex rule;
    bool is_stored = false;  ///< an answer to it, fresh or stale
  };

  // query_engine.cc: queries in
  [[nodiscard]] bool answer_without_asking(Arrival& arrival, TimePoint now, ActionList& out);
  [[nodiscard]] bool answer_below_nxdomain(const Arrival& arrival, TimePoint now, ActionList& out);
  [[nodiscard]] bool answer_failed(const Arrival& arrival, TimePoint now, ActionList& out);
  [[nodiscard]] bool answer_stale(const Arrival& arrival, std::string_view why, TimePoint now,
                                  ActionList& out);
  void refuse(const Arrival& arrival, ActionList& out);
  void join(Index index, const Arrival& arrival, TimePoint now, ActionList& out);
  [[nodiscard]] Index open_question(const dns::LookupKey& key, std::uint64_t hash, RuleIndex rule,
                                    TimePoint now);
  void ask_in_background(const Arrival& arrival, InFlight::Purpose purpose, TimePoint now,
                         ActionList& out);
  [[nodiscard]] std::optional<policy::FailureCache::Failure> failure_of(const dns::LookupKey& key,
                                                                        const Rule& rule,
                                                                        TimePoint now) const;
  void close(Index index, TimePoint now, ActionList& out);
  void note_answer(const InFlight& question, TimePoint now) noexcept;

  // query_engine_recording.cc: what the flight recorder is told
  void record_client(EventKind kind, const Arrival& arrival, ReplySource source,
                     TimePoint now) noexcept;
  void record_background(Index index, TimePoint now) noexcept;
  void record_waiting(const InFlight& question, TimePoint now) noexcept;
  void record_sent(const ExchangeState& exchange, std::uint8_t tries,
                   std::span<const std::byte> query) noexcept;
  void record_outcome(const ExchangeState& exchange, const ExchangeOutcome& outcome,
                      TimePoint now) noexcept;
  void record_timeout(const InFlight& question, TimePoint now) noexcept;
  void record_settled(const InFlight& question, ReplySource source, metrics::ZoneMetric cause,
                      TimePoint now) noexcept;

  // query_engine_local.cc: without any upstream
  [[nodiscard]] bool answer_locally(const ClientRef& client, const dns::Query& query,
                                    std::optional<RuleIndex> rule, ActionList& out);
  [[nodiscard]] local::Covering covering_of(std::optional<RuleIndex> rule) const noexcept;
  [[nodiscard]] bool is_answered_here(const dns::Question& question,
                                      std::optional<RuleIndex> rule) const noexcept;
  void start_sweep(TimePoint now) noexcept;
  void sweep_further(TimePoint now);

  // query_engine_loops.cc: servers that lead back to us
  void probe_for_loops(RuleIndex rule, TimePoint now, ActionList& out);
  void send_loop_probe(RuleIndex rule, std::uint8_t path, TimePoint now, ActionList& out);
  [[nodiscard]] bool recognise_probe(const ClientRef& client, const dns::Query& query,
                                     ActionList& out);

  // query_engine_settle.cc: how questions end
  void on_due(Index index, TimePoint now, ActionList& out);
  void give_stale(Index index, TimePoint now, ActionList& out);
  void shed(Index index, ShedReason reason, TimePoint now, ActionList& out);
  void fail(Index index, TimePoint now, ActionList& out);
  void settle(Index index, metrics::ZoneMetric cause, const dns::Ede& ede, TimePoint now,
              ActionList& out);
  [[nodiscard]] std::size_t find_usable(const InFlight& question, TimePoint now) noexcept;
  void reply_stale_to_all(Index index, std::size_t size, std::string_view why, ActionList& out);
  void reply_error_to_all(Index index, metrics::ZoneMetric cause, const dns::Ede& ede,
                          ActionList& out);

  // engine_snapshot.cc
  void add_requests(EngineSnapshot& snapshot, TimePoint now) const;
  void add_health(EngineSnapshot& snapshot, TimePoint now) const;
  [[nodiscard]] EngineSnapshot::Server server_of(const Rule& rule, const Path& path) const;
  [[nodiscard]] EngineSnapshot::Zone zone_of(RuleIndex index) const;
  [[nodiscard]] EngineSnapshot::Failing failing_of(const policy::SubtreeTable::Failing& failing,
                                                   const Rule& rule, TimePoint now) const;
  [[nodiscard]] EngineSnapshot::Budget budget_of(const Gate& gate, TimePoint now) const;
  [[nodiscard]] EngineSnapshot::Request request_of(Index index, TimePoint now) const;
  void add_failing(EngineSnapshot& snapshot, TimePoint now) const;

  // query_engine_explain.cc
  [[nodiscard]] std::string local_answer_to(const dns::Question& question,
                                            std::optional<RuleIndex> index);
  void describe_rule(Explanation& result, RuleIndex index, TimePoint now) const;
  void describe_state(Explanation& result, RuleIndex index, TimePoint now);
  [[nodiscard]] std::string missing_above(dns::LookupKey key, const Rule& rule, TimePoint now);
  [[nodiscard]] Explanation::Outcome outcome_of(const Explanation& known, const Rule& rule,
                                                TimePoint now) const;

  // query_engine_queue.cc: waiting for a packet
  void enqueue(Index index, Attempt attempt, TimePoint now, ActionList& out);
  void dequeue(Index index, TimePoint now) noexcept;
  void make_room(TimePoint now, ActionList& out);
  void pump(Gate& gate, TimePoint now, ActionList& out);
  void pump_probes(Gate& gate, TimePoint now, ActionList& out);
  void place(Index index, Attempt attempt, TimePoint now) noexcept;
  [[nodiscard]] bool aim(Index index, TimePoint now, ActionList& out);
  [[nodiscard]] std::optional<std::uint16_t> take_packets(Gate& gate, std::uint32_t price,
                                                          TimePoint now) noexcept;
  [[nodiscard]] policy::AdmissionQueue::Entry entry_for(Index index, Attempt attempt,
                                                        TimePoint now) noexcept;
  [[nodiscard]] std::uint32_t price_of(const InFlight& question) const noexcept;
  void note_queue(const Gate& gate, const InFlight& question) noexcept;
  void update_silence(RuleIndex index, TimePoint now, ActionList& out);

  // query_engine_spending.cc: what questions cost, and whom
  void bill(Index index, ActionList& out);

  // query_engine_exchange.cc: queries to upstreams and their outcomes
  void start_exchange(Index index, std::uint16_t lane, TimePoint now, ActionList& out);
  void write_query(Index index, std::uint32_t slot, TimePoint now, ActionList& out);
  void wait_for_late_answers(Index index, TimePoint now, ActionList& out);
  void on_try_failed(Index index, policy::FailureCause cause, TimePoint now, ActionList& out);
  void on_try_timeout(Index index, TimePoint now, ActionList& out);
  void note_outcome(const ExchangeState& exchange, const ExchangeOutcome& outcome, TimePoint now);
  void on_silence(const ExchangeState& exchange, TimePoint now) noexcept;
  [[nodiscard]] Index detach(const ExchangeState& exchange, std::uint32_t slot) noexcept;
  [[nodiscard]] bool is_blind(const InFlight& question) const noexcept;
  [[nodiscard]] bool may_retry(const InFlight& question, TimePoint now) noexcept;
  void ask_over_tcp(Index index, Attempt attempt, TimePoint now, ActionList& out);

  // query_engine_response.cc: what to make of a response
  void on_response(const ExchangeState& exchange, Index own, std::span<const std::byte> message,
                   TimePoint now, ActionList& out);
  void on_failure_response(const ExchangeState& exchange, Index own, policy::FailureCause cause,
                           TimePoint now, ActionList& out);
  [[nodiscard]] std::size_t write_stored(std::span<const std::byte> message, const Rule& rule);
  void on_good_response(const ExchangeState& exchange, std::span<const std::byte> message,
                        TimePoint now, ActionList& out);

  Limits limits_;
  cache::ResponseCache& cache_;
  Random random_;
  Routing routing_;
  NetworkTraffic traffic_;
  InFlightTable table_;
  Slab<ExchangeState> exchanges_;
  policy::FailureCache failures_;
  policy::SubtreeTable subtrees_;
  policy::TopSpenders spenders_;
  Health health_;
  HashKey flow_key_;                             // of clients and domains in the admission queues
  std::vector<RuleIndex> silent_rules_;          // bound: Routing::kMaxRules
  std::map<Endpoint, TcpAccount> tcp_accounts_;  // bound: servers configured
  std::array<LoopProbe, kMaxLoopProbes> loop_probes_{};
  std::size_t next_loop_probe_ = 0;
  std::shared_ptr<const local::LocalNames> local_names_;  // null: none
  cache::ResponseCache::Sweep sweep_;
  TimePoint sweep_due_ = kNever;  // kNever: nothing is being swept out of the cache
  dns::TtlLimits ttl_limits_;
  FlightRecorder recorder_;
  metrics::CounterBlock<metrics::ProcessMetric> counters_;
  dns::Response response_;                 // scratch: the response being read
  std::vector<std::byte> stored_message_;  // scratch: a response as it is stored, 64 KiB
};

}  // namespace sluice
