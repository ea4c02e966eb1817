#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolver/dns/response.h"
#include "resolver/query_engine.h"

namespace sluice::scenario {

/// Keeps account of what an engine was told and of what it did, and says what was wrong with that:
///
///   - a query without a reply, with two, or with one after its deadline; a reply to nobody. The
///     retransmit of a UDP query that still waits is absorbed: it gets no reply of its own.
///   - more than limit - reserve datagrams of one budget in any second
///   - packets that left unpaid, or tokens taken for packets that never left
///   - a table above its bound, or anything left when all is over
///
/// Assumes a shell that sends at once what it was told to send. Knows nothing of what the engine
/// should answer: that is for scenarios to expect.
///
/// Memory: one entry for each query that waits and for each datagram of the last second.
class Audit {
 public:
  /// Further problems than this are not kept: the first ones tell the story.
  static constexpr std::size_t kMaxProblems = 8;
  /// Exchanges that the engine keeps room for beyond its limit.
  static constexpr std::size_t kExchangeSlack = 256;

  explicit Audit(const QueryEngine::Limits& limits) : limits_{limits} {}

  /// The engine has taken over a configuration whose upstreams name their servers.
  void configured(const conf::Config& config);
  /// To be called before the engine hears of the query.
  void asked(const ClientRef& client, const dns::Query& query, TimePoint now);
  void replied(const ClientRef& client, std::span<const std::byte> message, TimePoint now);
  /// An exchange was started and `packets` UDP datagrams left at once: 0 over TCP and where there
  /// was no socket.
  void started(const StartExchange& start, std::uint32_t packets, TimePoint now);
  void segments_sent(const Endpoint& server, std::uint32_t segments);
  /// The process did not run in between: what was due then may be done at `until`.
  void stalled(TimePoint from, TimePoint until);

  /// After any event: the tables are within their bounds.
  void check_bounds(const QueryEngine& engine);
  /// When nothing is due any more: nobody waits, nothing is left, every packet was paid for.
  void check_settled(const QueryEngine& engine, TimePoint now);

  void note(std::string problem);
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }
  /// Queries for which exactly one reply is due, so far.
  [[nodiscard]] std::uint64_t queries() const noexcept { return queries_; }
  [[nodiscard]] std::uint64_t exchanges() const noexcept { return exchanges_; }

 private:
  /// What tells one query from another: a retransmit has the same.
  struct Identity {
    ClientRef client;
    std::uint16_t id = 0;
    dns::LookupKey key;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct OpenQuery {
    Identity identity;
    TimePoint deadline{};
  };
  using OpenQueries = std::unordered_multimap<std::uint64_t, OpenQuery>;

  /// What was sent for one budget.
  struct Account {
    std::uint64_t bound = 0;         ///< datagrams in any second; of several limits, the largest
    std::deque<TimePoint> recent{};  ///< datagrams of the last second
    std::uint64_t datagrams = 0;
    std::uint64_t unsent = 0;  ///< exchanges over UDP of which nothing left
    std::uint64_t over_tcp = 0;
    std::uint64_t segments = 0;
  };

  [[nodiscard]] static std::uint64_t hash(const Identity& identity) noexcept;
  [[nodiscard]] OpenQueries::iterator find(const Identity& identity);
  [[nodiscard]] Account* account_of(const Endpoint& server);
  void check_account(const std::string& budget, const Account& account,
                     const EngineSnapshot::Budget& books);

  QueryEngine::Limits limits_;
  Duration deadline_{};  // the longest of all configurations so far
  OpenQueries open_;
  std::map<std::string, Account> accounts_;    // by budget
  std::map<Endpoint, std::string> budget_of_;  // empty: unlimited
  bool has_moved_ = false;                     // a server went from one budget to another
  std::uint64_t queries_ = 0;
  std::uint64_t exchanges_ = 0;
  std::vector<std::string> problems_;
  dns::Response reply_;  // scratch: the reply being read
};

}  // namespace sluice::scenario
