#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "resolver/action.h"
#include "resolver/base/clock.h"
#include "resolver/net/exchange.h"

namespace sluice::net {

class CaresChannel;

/// A query that a channel carries and whose callback has not run.
struct OpenExchange {
  ExchangeId id;
  TimePoint deadline;
  CaresChannel* channel = nullptr;
  std::uint16_t message_id = 0;  ///< as the engine chose it
  std::uint16_t wire_id = 0;     ///< as it was sent; differs over TCP if the other was in use
  bool settled = false;          ///< the outcome is known; a later answer is not wanted
  OpenExchange* older = nullptr;
  OpenExchange* newer = nullptr;
};

/// The exchanges that wait for an answer, oldest first, and the outcomes not reported yet.
///
/// Callbacks settle exchanges at any time, even inside start(); the outcomes, with their bytes, are
/// kept until report() gives them to the sink. Since all exchanges are kept open equally long, the
/// oldest is always the next to expire.
///
/// Thread-confined. Bound: `capacity` entries, settled ones that are not released among them.
/// Memory grows to what was needed once and is reused.
class OpenExchanges {
 public:
  explicit OpenExchanges(std::size_t capacity) : capacity_{capacity} {}
  OpenExchanges(const OpenExchanges&) = delete;
  OpenExchanges& operator=(const OpenExchanges&) = delete;

  /// A new entry, the youngest. Its address holds until release(). Requires: one is left.
  [[nodiscard]] OpenExchange& add(ExchangeId id, TimePoint deadline);

  /// Records the outcome and takes the exchange from the queue. Returns our copy of the response.
  std::span<std::byte> settle(OpenExchange& exchange, const ExchangeOutcome& outcome);
  /// Gives the entry back; it is settled.
  void release(OpenExchange& exchange) noexcept;

  /// The exchange that waits longest, or nullptr.
  [[nodiscard]] OpenExchange* oldest() const noexcept { return oldest_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
  [[nodiscard]] std::size_t unreported() const noexcept { return waiting_ + finished_.size(); }
  [[nodiscard]] bool has_outcomes() const noexcept { return !finished_.empty(); }

  /// Reports the outcomes settled so far. The sink may start exchanges meanwhile: what they settle
  /// waits for the next report().
  void report(ExchangeSink& sink);

 private:
  struct Finished {
    ExchangeId id;
    ExchangeOutcome outcome;
    std::size_t begin;  // of the response in bytes_
  };

  std::span<std::byte> append(ExchangeId id, const ExchangeOutcome& outcome);
  void unlink(OpenExchange& exchange) noexcept;

  std::size_t capacity_;
  std::deque<OpenExchange> entries_;
  OpenExchange* free_ = nullptr;  // linked by `newer`
  OpenExchange* oldest_ = nullptr;
  OpenExchange* newest_ = nullptr;
  std::size_t waiting_ = 0;

  std::vector<Finished> finished_, reporting_;
  std::vector<std::byte> bytes_, reporting_bytes_;
};

}  // namespace sluice::net
