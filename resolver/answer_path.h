#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "cache/response_cache.h"
#include "metrics/table.h"
#include "policy/access_list.h"
#include "policy/client_limit.h"
#include "resolver/client.h"
#include "resolver/dns/edns_options.h"
#include "resolver/dns/reply.h"
#include "resolver/reply_origin.h"

namespace sluice {

/// What one thread counts about its clients.
using WorkerCounters = metrics::CounterBlock<metrics::WorkerMetric>;

/// The most a datagram to this client may hold (ReplyShape::for_udp): 1232 over a network, up to
/// what it offers for a client on this host.
[[nodiscard]] std::size_t udp_limit_for(const ClientRef& client) noexcept;

/// How the reply to `query` must look for this client.
[[nodiscard]] dns::ReplyShape shape_for(const ClientRef& client, const dns::Query& query) noexcept;

/// What all threads share about clients: how much one may ask over UDP, and what its cookie is.
struct ClientAccess {
  policy::ClientLimit limit;
  dns::CookieSecret cookie_secret;
};

/// The hot path: what can be said to a message from a client without the engine. Pure: bytes in,
/// bytes out.
///
/// Who may ask: clients of this host, and those that allow() covers; all others get REFUSED, in
/// as many octets as they sent. A client of a network that asks more over UDP than the limit gets
/// TC alone, again not more than it sent, unless its cookie proves that its address is not forged
/// (RFC 7873 section 6): it may come back over TCP. So a flood with a forged source is reflected
/// in the size it came, but for the limit's rate.
///
/// Every class and every type is looked up and forwarded alike (RFC 5625 section 4.3), but for
/// transfers (AXFR, IXFR: REFUSED), what is no type of a question (OPT, TSIG: FORMERR), and ANY
/// over UDP, which gets a HINFO record (RFC 8482 section 4.2).
///
/// One per listener thread (its counters have one writer); the cache and the access behind it are
/// shared. answer() never allocates, locks only the entry's shard, and throws nothing.
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
    ReplySource source = ReplySource::refused;  ///< of the reply
  };

  /// What `out` must hold at least: a stored response of any size and its OPT record.
  static constexpr std::size_t kOutSize = dns::kMaxMessageSize + dns::kReplySlack;

  AnswerPath(cache::ResponseCache& cache, ClientAccess& access, WorkerCounters& counters) noexcept
      : cache_{cache}, access_{access}, counters_{counters} {}

  /// Reads `message`, counts it, and answers from the cache or with an error of form. `query` is
  /// filled when the outcome is missed or refresh_due is set, its EDNS options cut off, so that it
  /// may outlive `message`.
  [[nodiscard]] Verdict answer(std::span<const std::byte> message, const ClientRef& client,
                               TimePoint now, std::span<std::byte> out, dns::Query& query) noexcept;

  /// Who may ask from now on; before the first call, clients of this host alone.
  void allow(std::shared_ptr<const policy::AccessList> clients) noexcept {
    allowed_ = std::move(clients);
  }
  /// How long a TCP connection without queries is kept, told to clients that ask (RFC 7828).
  void keep_connections_for(Duration idle_timeout) noexcept { idle_timeout_ = idle_timeout; }

  [[nodiscard]] WorkerCounters& counters() noexcept { return counters_; }

 private:
  [[nodiscard]] bool allows(const ClientRef& client) const noexcept;
  [[nodiscard]] Verdict deny(std::span<const std::byte> message, const ClientRef& client,
                             TimePoint now, std::span<std::byte> out) noexcept;
  [[nodiscard]] Verdict answer_malformed(std::span<const std::byte> message,
                                         const ClientRef& client, TimePoint now,
                                         dns::QueryError error, std::span<std::byte> out) noexcept;
  /// False if an option is malformed.
  [[nodiscard]] bool read_options(dns::Query& query, const ClientRef& client,
                                  TimePoint now) noexcept;
  void bake_cookie(const dns::Cookie& cookie, const ClientRef& client, TimePoint now,
                   dns::ReplyOptions& due) noexcept;
  [[nodiscard]] bool is_over_limit(const dns::Query& query, const ClientRef& client,
                                   TimePoint now) noexcept;
  /// missed if nothing fresh is stored.
  [[nodiscard]] Verdict answer_from_cache(const dns::Query& query, const ClientRef& client,
                                          TimePoint now, std::span<std::byte> out) noexcept;

  cache::ResponseCache& cache_;
  ClientAccess& access_;
  WorkerCounters& counters_;
  std::shared_ptr<const policy::AccessList> allowed_;  // null: clients of this host
  Duration idle_timeout_{};                            // 0: not told
};

}  // namespace sluice
