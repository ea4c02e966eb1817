#pragma once

#include <vector>

#include "tests/scenario/fleet/resolver.h"

namespace sluice::fleet {

/// None at all: the client itself asks the cloud's resolver.
class NoResolver : public Resolver {
 public:
  explicit NoResolver(Network& network) : network_{network} {}

  void on_query(const Query& query, TimePoint now) override {
    network_.ask_cloud(std::uint64_t{query.ticket.slot} << 32 | query.ticket.generation, query.name,
                       now);
  }
  void on_exchange_over(const ExchangeOver& exchange, TimePoint now) override {
    if (exchange.outcome == ExchangeOver::Outcome::silence) return;
    const Ticket ticket{.slot = static_cast<std::uint32_t>(exchange.exchange >> 32),
                        .generation = static_cast<std::uint32_t>(exchange.exchange)};
    network_.reply(ticket, exchange.outcome == ExchangeOver::Outcome::success, now);
  }
  void on_deadline(TimePoint) override {}
  [[nodiscard]] TimePoint next_deadline() const override { return kNever; }

 private:
  Network& network_;
};

}  // namespace sluice::fleet
