#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/response_cache.h"
#include "metrics/table.h"
#include "resolver/client.h"
#include "resolver/dns/writer.h"

namespace sluice {

/// The most a datagram to this client may hold (ReplyShape::for_udp): 1232 over a network, up to
/// what it offers for a client on this host.
[[nodiscard]] std::size_t udp_limit_for(const ClientRef& client) noexcept;

/// How the reply to `query` must look for this client.
[[nodiscard]] dns::ReplyShape shape_for(const ClientRef& client, const dns::Query& query) noexcept;

/// The hot path: what can be said to a message from a client without the engine. Pure: bytes in,
/// bytes out.
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
  };

  /// What `out` must hold at least: a stored response of any size and its OPT record.
  static constexpr std::size_t kOutSize = dns::kMaxMessageSize + dns::kReplySlack;

  AnswerPath(cache::ResponseCache& cache,
             metrics::CounterBlock<metrics::WorkerMetric>& counters) noexcept
      : cache_{cache}, counters_{counters} {}

  /// Reads `message`, counts it, and answers from the cache or with an error of form. `query` is
  /// filled when the outcome is missed, its EDNS options cut off, so that it may outlive `message`.
  [[nodiscard]] Verdict answer(std::span<const std::byte> message, const ClientRef& client,
                               TimePoint now, std::span<std::byte> out,
                               dns::Query& query) noexcept;

  [[nodiscard]] metrics::CounterBlock<metrics::WorkerMetric>& counters() noexcept {
    return counters_;
  }

 private:
  cache::ResponseCache& cache_;
  metrics::CounterBlock<metrics::WorkerMetric>& counters_;
};

}  // namespace sluice
