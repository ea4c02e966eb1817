#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "policy/admission_queue.h"
#include "policy/failure_cache.h"
#include "policy/top_spenders.h"
#include "resolver/action.h"
#include "resolver/base/deadline_heap.h"
#include "resolver/base/hash_index.h"
#include "resolver/base/slab.h"
#include "resolver/dns/reply.h"

namespace sluice {

using RuleIndex = std::uint16_t;

/// Servers of one upstream group that a question keeps count of.
inline constexpr std::size_t kMaxServersPerUpstream = 16;

/// A question being resolved: from the first query that nothing could answer until it is settled.
/// One for each key (coalescing). Clients may wait for it, or nobody: then it only brings the cache
/// up to date.
struct InFlight {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  enum class State : std::uint8_t {
    waiting,  ///< for a packet of the budget, in the admission queue
    asked,    ///< a server has been asked, or nothing is left but to wait for late answers
  };

  /// Whom it is asked for.
  enum class Purpose : std::uint8_t {
    clients,   ///< who wait
    refresh,   ///< nobody any more: those who waited were given stale data
    prefetch,  ///< nobody: what is stored is fresh yet and in use
  };

  dns::LookupKey key;
  std::uint64_t hash = 0;
  std::uint32_t next_in_bucket = kNone;

  std::uint64_t serial = 0;  ///< tells it from an earlier question with the same key
  RuleIndex rule = 0;
  State state = State::waiting;
  Purpose purpose = Purpose::clients;
  policy::AdmissionQueue::Band band{};   ///< where it waits, while it does
  Transport transport = Transport::udp;  ///< of the try that waits or has been made
  std::uint8_t server = 0;               ///< which server of the rule's upstream that try is for
  std::uint8_t tries = 0;                ///< exchanges started
  std::uint8_t open_exchanges = 0;       ///< of these, the ones whose outcome is still to come
  bool has_left_host = false;            ///< a packet of it has been sent
  policy::FailureCause cause = policy::FailureCause::timeout;  ///< why the last try failed
  std::array<std::uint8_t, kMaxServersPerUpstream> sends{};    ///< by server (RFC 9520 section 3.1)

  TimePoint since{};               ///< when the first client asked
  TimePoint queued_since{};        ///< when it last joined the admission queue
  TimePoint deadline{};            ///< all waiters get SERVFAIL at this time
  TimePoint stale_due = kNever;    ///< who still waits then is given stale data (RFC 8767)
  TimePoint try_deadline{};        ///< this try, or the wait for its packet, has failed then
  Spender spender;                 ///< who asked first
  policy::Spending spending;       ///< so far
  std::uint32_t exchange = kNone;  ///< the try's exchange; kNone when it waits or timed out

  std::uint32_t first_waiter = kNone;
  std::uint32_t last_waiter = kNone;
  std::uint32_t waiter_count = 0;
};

/// A client's query attached to a question in flight.
struct Waiter {
  ClientRef client;
  dns::ReplyShape shape;
  TimePoint since{};       ///< when it came
  std::uint64_t hash = 0;  ///< of client, message ID and question
  std::uint32_t next_in_bucket = InFlight::kNone;
  std::uint32_t next = InFlight::kNone;
};

/// The questions in flight, their waiters and their deadlines: storage and look-up, no policy.
///
/// Thread-confined to the engine. Never allocates after construction. Bounds: `max_questions`,
/// `max_waiters`; what does not fit is reported by kNone and false.
class InFlightTable {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = InFlight::kNone;

  InFlightTable(std::size_t max_questions, std::size_t max_waiters, HashKey hash_key);

  [[nodiscard]] InFlight& operator[](Index index) noexcept { return questions_[index]; }
  [[nodiscard]] const InFlight& operator[](Index index) const noexcept { return questions_[index]; }

  /// Whether that question is still in flight.
  [[nodiscard]] bool holds(QuestionId id) const noexcept {
    return id.slot < questions_.capacity() && questions_.is_taken(id.slot) &&
           questions_[id.slot].serial == id.serial;
  }
  /// The question in flight for `key`, or kNone.
  [[nodiscard]] Index find(const dns::LookupKey& key, std::uint64_t hash) const noexcept;
  /// A new question for `key`, or kNone if the table is full.
  [[nodiscard]] Index open(const dns::LookupKey& key, std::uint64_t hash);
  /// Forgets the question, its deadline and its waiters.
  void close(Index index) noexcept;

  /// True if this client's query with this ID waits already: a retransmit.
  [[nodiscard]] bool has_waiter(const ClientRef& client, std::uint16_t id,
                                std::uint64_t question_hash) const noexcept;
  /// Attaches a client's query; false if the waiter table is full.
  [[nodiscard]] bool join(Index index, const ClientRef& client, const dns::ReplyShape& shape,
                          TimePoint now);

  /// Calls `use(waiter)` for each waiter of the question, the first to ask first.
  template <typename F>
  void for_each_waiter(Index index, F&& use) const {
    for (Index i = questions_[index].first_waiter; i != kNone; i = waiters_[i].next)
      use(waiters_[i]);
  }
  /// Who asked first of those who wait; there must be one.
  [[nodiscard]] const Waiter& first_waiter(Index index) const noexcept {
    return waiters_[questions_[index].first_waiter];
  }
  /// Calls `use(index)` for each question in flight, in slot order.
  template <typename F>
  void for_each(F&& use) const {
    for (Index i = 0; i < questions_.capacity(); ++i)
      if (questions_.is_taken(i)) use(i);
  }

  void set_try_deadline(Index index, TimePoint deadline) noexcept;
  /// To be called after `deadline` or `stale_due` of a question has changed.
  void arm(Index index) noexcept;
  /// Forgets who waits: they have been answered, the question goes on.
  void drop_waiters(Index index) noexcept;
  [[nodiscard]] TimePoint next_deadline() const noexcept { return deadlines_.next(); }
  /// A question one of whose three times has come, or kNone.
  [[nodiscard]] Index due(TimePoint now) const noexcept {
    return deadlines_.next() <= now ? deadlines_.front() : kNone;
  }

  [[nodiscard]] std::size_t size() const noexcept { return questions_.size(); }
  [[nodiscard]] std::size_t waiter_count() const noexcept { return waiters_.size(); }
  [[nodiscard]] std::size_t max_questions() const noexcept { return questions_.capacity(); }
  [[nodiscard]] std::size_t max_waiters() const noexcept { return waiters_.capacity(); }

 private:
  [[nodiscard]] std::uint64_t waiter_hash(const ClientRef& client, std::uint16_t id,
                                          std::uint64_t question_hash) const noexcept;

  HashKey hash_key_;
  Slab<InFlight> questions_;
  HashIndex<InFlight> by_key_;
  Slab<Waiter> waiters_;
  HashIndex<Waiter> by_client_;
  DeadlineHeap deadlines_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace sluice
