#pragma once

#include "tests/scenario/fleet/network.h"

namespace sluice::fleet {

/// What stands between clients and the cloud's resolver.
class Resolver {
 public:
  virtual ~Resolver() = default;

  virtual void on_query(const Query& query, TimePoint now) = 0;
  virtual void on_exchange_over(const ExchangeOver& exchange, TimePoint now) = 0;
  virtual void on_deadline(TimePoint now) = 0;
  /// When on_deadline() must next be called; kNever if never.
  [[nodiscard]] virtual TimePoint next_deadline() const = 0;
};

}  // namespace sluice::fleet
