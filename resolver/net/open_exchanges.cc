#include "resolver/net/open_exchanges.h"

#include "resolver/base/assert.h"

namespace sluice::net {

OpenExchange& OpenExchanges::add(ExchangeId id, TimePoint deadline) {
  OpenExchange* entry = free_;
  if (entry != nullptr) {
    free_ = entry->newer;
  } else {
    SLUICE_ASSERT(entries_.size() < capacity_);
    entry = &entries_.emplace_back();
  }
  *entry = OpenExchange{.id = id, .deadline = deadline, .older = newest_};
  (newest_ != nullptr ? newest_->newer : oldest_) = entry;
  newest_ = entry;
  ++waiting_;
  return *entry;
}

std::span<std::byte> OpenExchanges::settle(OpenExchange& exchange, const ExchangeOutcome& outcome) {
  SLUICE_ASSERT(!exchange.settled);
  exchange.settled = true;
  unlink(exchange);
  return append(exchange.id, outcome);
}

void OpenExchanges::release(OpenExchange& exchange) noexcept {
  SLUICE_ASSERT(exchange.settled);
  exchange.newer = free_;
  free_ = &exchange;
}

void OpenExchanges::report(ExchangeSink& sink) {
  reporting_.swap(finished_);
  reporting_bytes_.swap(bytes_);
  for (Finished& finished : reporting_) {
    finished.outcome.response = {reporting_bytes_.data() + finished.begin,
                                 finished.outcome.response.size()};
    sink.on_exchange_done(finished.id, finished.outcome);
  }
  reporting_.clear();
  reporting_bytes_.clear();
}

std::span<std::byte> OpenExchanges::append(ExchangeId id, const ExchangeOutcome& outcome) {
  const std::size_t begin = bytes_.size();
  bytes_.insert(bytes_.end(), outcome.response.begin(), outcome.response.end());
  finished_.push_back({id, outcome, begin});
  return {bytes_.data() + begin, outcome.response.size()};
}

void OpenExchanges::unlink(OpenExchange& exchange) noexcept {
  (exchange.older != nullptr ? exchange.older->newer : oldest_) = exchange.newer;
  (exchange.newer != nullptr ? exchange.newer->older : newest_) = exchange.older;
  --waiting_;
}

}  // namespace sluice::net
