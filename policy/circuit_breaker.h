#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// Whether a server that answers nothing under a zone rule is worth a packet.
///
/// Opens when kTimeouts time-outs in a row have come, the first of them kSilence ago or longer: a
/// burst that was lost at once opens nothing, nor does a zone whose answers, late as they are,
/// begin to arrive within kSilence of its first time-out. Closes at the first answer of any kind,
/// timely or late, for an error, too, shows a server that lives.
///
/// While it is open, one probe may leave every kProbeInterval, the first kProbeInterval after it
/// opened. A probe without answer by then counts as lost. So recovery is noticed at most
/// kProbeInterval and one RTT after the server's return, if there is something to ask. Chooses
/// nothing and sends nothing: a probe is a client's own question.
///
/// Thread-confined; a plain value. `now` never goes backwards.
class CircuitBreaker {
 public:
  static constexpr std::uint32_t kTimeouts = 5;
  static constexpr Duration kSilence = std::chrono::seconds{1};
  static constexpr Duration kProbeInterval = std::chrono::seconds{1};

  void on_answer(TimePoint now) noexcept;
  void on_timeout(TimePoint now) noexcept;
  /// A query leaves while it is open. One that leaves while it is closed is no probe.
  void on_probe(TimePoint now) noexcept;

  [[nodiscard]] bool is_open() const noexcept { return next_probe_ != kNever; }
  /// Closed, or a probe is due.
  [[nodiscard]] bool may_ask(TimePoint now) const noexcept {
    return !is_open() || now >= next_probe_;
  }
  /// When the next probe may leave; kNever while closed.
  [[nodiscard]] TimePoint next_probe() const noexcept { return next_probe_; }
  /// When it last closed after having been open; TimePoint{} if never.
  [[nodiscard]] TimePoint recovered_at() const noexcept { return recovered_at_; }
  [[nodiscard]] std::uint64_t times_opened() const noexcept { return times_opened_; }

 private:
  std::uint32_t timeouts_ = 0;  // in a row, counted up to kTimeouts
  TimePoint first_timeout_{};   // of these
  TimePoint next_probe_ = kNever;
  TimePoint recovered_at_{};
  std::uint64_t times_opened_ = 0;
};

}  // namespace sluice::policy
