#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/response_cache.h"
#include "metrics/table.h"
#include "resolver/client.h"
#include "resolver/dns/writer.h"

namespace sluice {

/// What one thread counts about its clients.
using WorkerCounters = metrics::CounterBlock<metrics::WorkerMetric>;

/// The most a datagram to this client may hold (ReplyShape::for_udp): 1232 over a network, up to
/// what it offers for a client on this host.
[[nodiscard]] std::size_t udp_limit_for(const ClientRef& client) noexcept;

/// How the reply to `query` must look for this client.
[[nodiscard]] dns::ReplyShape shape_for(const ClientRef& client, const dns::Query& query) noexcept;

/// The hot path: what can be said to a message from a client without the engine. Pure: bytes in,
/// bytes out.
///
/// Every class and every type is looked up and forwarded alike (RFC 5625 section 4.3), but for
/// transfers (AXFR, IXFR: REFUSED) and what is no type of a question (OPT, TSIG: FORMERR). A query
/// without RD is answered from the cache or REFUSED (RFC 8914 section 4.21), never forwarded:
/// whoever may ask us at all may look into the cache, but not make us ask in a way that it did not
/// ask for.
///
/// One per listener thread (its counters have one writer); the cache behind it is shared. answer()
/// never allocates, locks only the entry's shard, and throws nothing.
class AnswerPath {
 public:
  enum class Outcome : std::uint8_t {
    replied,  ///< `size` octets of `out` go back to the client
    silent,   ///< nothing is due
    missed,   ///< `query` is for the engine
  };
  struct Verdict {
    Outcome outcome;
    std::size_t size;
    bool refresh_due = false;  ///< replied; `query` is for the engine all the same, to ask again
  };

  /// What `out` must hold at least: a stored response of any size and its OPT record.
  static constexpr std::size_t kOutSize = dns::kMaxMessageSize + dns::kReplySlack;

  AnswerPath(cache::ResponseCache& cache, WorkerCounters& counters) noexcept
      : cache_{cache}, counters_{counters} {}

  /// Reads `message`, counts it, and answers from the cache or with an error of form. `query` is
  /// filled when the outcome is missed or refresh_due is set, its EDNS options cut off, so that it
  /// may outlive `message`.
  [[nodiscard]] Verdict answer(std::span<const std::byte> message, const ClientRef& client,
                               TimePoint now, std::span<std::byte> out, dns::Query& query) noexcept;

  [[nodiscard]] WorkerCounters& counters() noexcept { return counters_; }

 private:
  /// missed if nothing fresh is stored.
  [[nodiscard]] Verdict answer_from_cache(const dns::Query& query, const ClientRef& client,
                                          TimePoint now, std::span<std::byte> out) noexcept;

  cache::ResponseCache& cache_;
  WorkerCounters& counters_;
};

}  // namespace sluice
