#pragma once

#include <cstddef>
#include <vector>

#include "cache/response_cache.h"
#include "resolver/query_engine.h"
#include "tests/scenario/fleet/resolver.h"

namespace sluice::fleet {

/// Sluice's own engine and cache, listeners and shell played by the simulation.
class SluiceResolver : public Resolver {
 public:
  struct Size {
    std::size_t cache_bytes;
    QueryEngine::Limits limits;
  };
  /// For one host, and for a server that many hosts ask.
  static const Size kHost;
  static const Size kServer;

  SluiceResolver(const Size& size, Network& network, HashKey key);

  void on_query(const Query& query, TimePoint now) override;
  void on_exchange_over(const ExchangeOver& exchange, TimePoint now) override;
  void on_deadline(TimePoint now) override;
  [[nodiscard]] TimePoint next_deadline() const override { return engine_.next_deadline(); }

 private:
  [[nodiscard]] bool answer_from_cache(const dns::Query& message, Ticket ticket, TimePoint now);
  void perform(TimePoint now);
  [[nodiscard]] std::span<const std::byte> write_response(const ExchangeOver& exchange);

  Network& network_;
  cache::ResponseCache cache_;
  QueryEngine engine_;
  ActionList actions_;
  std::vector<std::vector<std::byte>> queries_;  // by exchange slot
  std::vector<std::byte> response_;              // scratch
  std::vector<std::byte> cached_;                // scratch
};

}  // namespace sluice::fleet
