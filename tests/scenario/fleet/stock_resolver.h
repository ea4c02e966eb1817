#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "resolver/base/deadline_heap.h"
#include "resolver/base/slab.h"
#include "tests/scenario/fleet/resolver.h"

namespace sluice::fleet {

/// A caching resolver as a distribution ships it, reduced to what matters here; the numbers are
/// Unbound's defaults. It caches, asks once for all who wait for one question, and knows no limit:
///
///   - A question is sent up to 5 times, at once after SERVFAIL, else after a time-out that follows
///     the round-trip times of all that the server was asked (376 ms at first) and doubles when it
///     passes. A failure is remembered for 5 s.
///   - 2048 questions at a time. Half of them run to completion; of the others one that is older
///     than 200 ms makes room, its clients unanswered; if none is, the new question is dropped.
///   - At most 1000 queries of one client wait. Who has waited for 1.9 s gets no reply any more.
class StockResolver : public Resolver {
 public:
  static constexpr std::uint32_t kSends = 5;
  static constexpr std::size_t kMaxQuestions = 2'048;
  static constexpr std::uint32_t kMaxWaitingPerClient = 1'000;
  static constexpr Duration kJostleAfter = std::chrono::milliseconds{200};
  static constexpr Duration kDiscardAfter = std::chrono::milliseconds{1'900};
  static constexpr Duration kFailureTtl = std::chrono::seconds{5};

  explicit StockResolver(Network& network) : network_{network} {}

  void on_query(const Query& query, TimePoint now) override;
  void on_exchange_over(const ExchangeOver& exchange, TimePoint now) override;
  void on_deadline(TimePoint now) override;
  [[nodiscard]] TimePoint next_deadline() const override { return deadlines_.next(); }

 private:
  using Index = std::uint32_t;
  struct Waiter {
    Ticket ticket;
    std::uint32_t host = 0;
    TimePoint since{};
  };
  struct Question {
    LookupName name = LookupName::ordinary(0);
    std::vector<Waiter> waiters;
    std::uint32_t sends = 0;
    TimePoint since{};
    TimePoint sent{};
    Duration timeout{};  ///< of the last send
    bool may_be_jostled = false;
    std::list<Index>::iterator place{};  ///< in jostle_
  };
  struct Cached {
    bool is_success = false;
    TimePoint expires{};
  };
  /// Smoothed round-trip time of the server (RFC 6298), shared by all questions.
  struct RoundTrip {
    static constexpr Duration kLeast = std::chrono::milliseconds{50};
    static constexpr Duration kMost = std::chrono::seconds{120};
    Duration smoothed{};
    Duration variation{};
    Duration timeout = std::chrono::milliseconds{376};
    void add(Duration sample) noexcept;
    void on_timeout(Duration timeout_of_try) noexcept;
  };

  [[nodiscard]] bool make_room(TimePoint now);
  void send(Index index, TimePoint now);
  void finish(Index index, bool is_success, TimePoint now);
  void close(Index index);

  Network& network_;
  Slab<Question> questions_{kMaxQuestions};
  DeadlineHeap deadlines_{kMaxQuestions};
  std::unordered_map<std::uint64_t, Index> in_flight_;        // by name
  std::list<Index> jostle_;                                   // the oldest first
  std::unordered_map<std::uint64_t, Cached> cache_;           // by name
  std::unordered_map<std::uint32_t, std::uint32_t> waiting_;  // queries, by host
  RoundTrip round_trip_;
};

}  // namespace sluice::fleet
