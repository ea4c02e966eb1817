#pragma once

#include <cstddef>
#include <vector>

#include "resolver/action.h"
#include "resolver/base/clock.h"
#include "resolver/net/dnstap.h"

namespace sluice::net {

/// Tells dnstap of each query to an upstream and of each response.
///
/// Thread-confined to the engine's. Bound: what it remembers of the exchanges that are open is
/// indexed by ExchangeId::slot, of which the engine has a fixed number.
class ForwarderTap {
 public:
  /// `dnstap` outlives the tap, which shares `queue` with nobody but taps of its own thread.
  ForwarderTap(Dnstap& dnstap, std::size_t queue) noexcept : dnstap_{dnstap}, queue_{queue} {}

  void on_start(const StartExchange& start);
  void on_done(ExchangeId id, const ExchangeOutcome& outcome) noexcept;

 private:
  struct Asked {
    ExchangeId id;
    Endpoint server;
    Transport transport = Transport::udp;
    TappedMessage::Time time{};
  };

  Dnstap& dnstap_;
  std::size_t queue_;
  std::vector<Asked> asked_;
};

}  // namespace sluice::net
