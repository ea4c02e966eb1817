#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "metrics/zone_metrics.h"
#include "policy/admission_queue.h"
#include "resolver/action.h"
#include "resolver/dns/question.h"

namespace sluice {

enum class EventKind : std::uint8_t {
  query,       ///< a client's, which opens a question
  joined,      ///< a client's, for a question in flight
  absorbed,    ///< a client's retransmit of one that waits
  replied,     ///< a client's, answered without asking anybody: `source`
  background,  ///< a question that nobody waits for: `band` says whether refresh or prefetch
  waiting,     ///< a question that found no packet: `band`
  sent,        ///< a query to a server, and its octets
  outcome,     ///< what became of it: `status`, `elapsed` since it was sent, the response's octets
  timeout,     ///< it was given up: `elapsed` since it was sent
  settled,     ///< the end of a question: `source`, `cause`, `elapsed` since its first query
};

/// What an event says beside its question. Members that its kind does not name are left alone.
struct EventFacts {
  EventKind kind{};
  Transport transport = Transport::udp;
  policy::AdmissionQueue::Band band{};
  ExchangeStatus status{};
  ReplySource source{};
  metrics::ZoneMetric cause{};  ///< of a SERVFAIL: one of ZoneMetric::servfail_*
  std::uint8_t tries = 0;       ///< which try of its question, from 1; 0 = asks for a loop
  bool is_late = false;         ///< the outcome came after its time-out
  std::uint32_t waiters = 0;    ///< clients that a question's end has answered
  TimePoint at{};
  Duration elapsed{};
  Endpoint peer{};  ///< the client or the server; port 0 if there is none
};

/// One event as it was recorded. Views the Recording.
struct Event : EventFacts {
  dns::Question question;
  std::span<const std::byte> message;  ///< its first octets, FlightRecorder::kSnapLength at most
  std::size_t message_size = 0;        ///< of the whole message; 0 = none
};

/// The engine's last events, copied out of its FlightRecorder: oldest first, for any thread.
class Recording {
 public:
  /// How an event lies in the bytes: this, the name, the message, and up to seven octets more.
  struct Head {
    std::uint32_t size = 0;  ///< of all of it
    std::uint16_t message_size = 0;
    std::uint16_t message_kept = 0;
    dns::Type type{};
    dns::Class klass{};
    std::uint8_t name_size = 0;
    EventFacts facts;
  };
  static_assert(std::is_trivially_copyable_v<Head>);

  /// `bytes` hold whole events.
  Recording(std::vector<std::byte> bytes, TimePoint taken)
      : bytes_{std::move(bytes)}, taken_{taken} {}
  Recording() = default;

  /// Calls `use(const Event&)` for each, the oldest first.
  template <typename F>
  void for_each(F&& use) const {
    for (std::size_t at = 0; at < bytes_.size();) {
      Head head;
      std::memcpy(static_cast<void*>(&head), bytes_.data() + at, sizeof head);
      use(read(head, std::span{bytes_}.subspan(at, head.size)));
      at += head.size;
    }
  }
  /// Number of events.
  [[nodiscard]] std::size_t size() const noexcept;
  /// From the oldest event to the copy; zero if there is none.
  [[nodiscard]] Duration length() const noexcept;
  /// When it was copied.
  [[nodiscard]] TimePoint taken() const noexcept { return taken_; }

 private:
  [[nodiscard]] static Event read(const Head& head, std::span<const std::byte> bytes) noexcept;

  std::vector<std::byte> bytes_;
  TimePoint taken_{};
};

}  // namespace sluice
