#pragma once

#include <cstddef>
#include <cstdint>

#include "resolver/action.h"

namespace sluice::net {

/// A TCP connection to an upstream, as far as the engine's pricing cares.
enum class ConnectionEvent : std::uint8_t { opened, segments_sent, closed };

/// Where outcomes go: the worker that owns the engine. Called from the engine's loop, never from
/// inside Exchange::start().
class ExchangeSink {
 public:
  virtual void on_exchange_done(ExchangeId id, const ExchangeOutcome& outcome) = 0;
  /// `segments`: TCP packets that have left since the last report (tcpi_segs_out).
  virtual void on_connection(const Endpoint& server, ConnectionEvent event,
                             std::uint32_t segments) = 0;

 protected:
  ~ExchangeSink() = default;
};

/// Carries queries to upstreams. Decides nothing: retry, failover and time-outs are the engine's.
/// The one seam of the shell: tests put a fake upstream here.
///
/// Thread-confined to the engine's loop.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// Sends the query once and returns the UDP datagrams that left, 0 or 1 (TCP segments are
  /// reported by on_connection). The outcome follows exactly once, after start() has returned: an
  /// answer however late while the exchange is kept open, or what went wrong.
  virtual std::uint32_t start(const StartExchange& action) = 0;

  /// Exchanges whose outcome has not been reported.
  [[nodiscard]] virtual std::size_t open() const noexcept = 0;
};

}  // namespace sluice::net
