#pragma once

#include <cstdint>
#include <variant>

#include "tests/scenario/fleet/event_queue.h"
#include "tests/scenario/fleet/vpc_interface.h"

namespace sluice::fleet {

/// Tells a look-up from an earlier one in the same place.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// A client's query on its way to a resolver. The same look-up asked again has another `id`,
/// unless it is a retransmission.
struct Query {
  Ticket ticket;
  std::uint32_t host = 0;
  std::uint16_t id = 0;
  LookupName name = LookupName::ordinary(0);
};

struct LookupDue {
  std::uint32_t host;
  bool is_batch;
};
struct QueryArrives {
  Query query;
};
struct ReplyArrives {
  Ticket ticket;
  bool is_success;
};
struct TryOver {
  Ticket ticket;
  std::uint32_t tries;  ///< made when its time began
};
struct AskAgain {
  Ticket ticket;
};
/// The end of a resolver's exchange with the cloud's resolver.
struct ExchangeOver {
  enum class Outcome : std::uint8_t { success, servfail, silence };
  std::uint64_t exchange;  ///< the resolver's own number for it
  Outcome outcome;
  std::uint32_t ttl_seconds;
};
using Event = std::variant<LookupDue, QueryArrives, ReplyArrives, TryOver, AskAgain, ExchangeOver>;

/// Between clients, one resolver and the interface through which it asks: turns what is sent into
/// what arrives later.
class Network {
 public:
  /// A resolver's socket waits so long for an answer.
  static constexpr Duration kPatience = std::chrono::seconds{10};

  /// `hop` is the way between a client and the resolver. Both objects outlive the network.
  Network(EventQueue<Event>& events, VpcInterface& interface, Duration hop)
      : events_{events}, interface_{interface}, hop_{hop} {}

  void send(const Query& query, TimePoint now) { events_.add(now + hop_, QueryArrives{query}); }
  void reply(Ticket ticket, bool is_success, TimePoint now) {
    events_.add(now + hop_, ReplyArrives{ticket, is_success});
  }
  void ask_cloud(std::uint64_t exchange, LookupName name, TimePoint now) {
    using Outcome = ExchangeOver::Outcome;
    const auto answer = interface_.send(name, now);
    if (!answer) return events_.add(now + kPatience, ExchangeOver{exchange, Outcome::silence, 0});
    const auto outcome = answer->is_success ? Outcome::success : Outcome::servfail;
    events_.add(now + answer->delay, ExchangeOver{exchange, outcome, answer->ttl_seconds});
  }

 private:
  EventQueue<Event>& events_;
  VpcInterface& interface_;
  Duration hop_;
};

}  // namespace sluice::fleet
