#include "resolver/net/forwarder_tap.h"

namespace sluice::net {

void ForwarderTap::on_start(const StartExchange& start) {
  const auto now = std::chrono::system_clock::now();
  if (start.id.slot >= asked_.size()) asked_.resize(start.id.slot + std::size_t{1});
  asked_[start.id.slot] = {start.id, start.server, start.transport, now};
  dnstap_.send(queue_, {.kind = conf::DnstapMessage::forwarder_query,
                        .transport = start.transport,
                        .responder = start.server,
                        .query_time = now,
                        .octets = start.query});
}

void ForwarderTap::on_done(ExchangeId id, const ExchangeOutcome& outcome) noexcept {
  if (outcome.response.empty() || id.slot >= asked_.size()) return;
  const Asked& asked = asked_[id.slot];
  if (asked.id != id) return;
  dnstap_.send(queue_, {.kind = conf::DnstapMessage::forwarder_response,
                        .transport = asked.transport,
                        .responder = asked.server,
                        .query_time = asked.time,
                        .response_time = std::chrono::system_clock::now(),
                        .octets = outcome.response});
}

}  // namespace sluice::net
