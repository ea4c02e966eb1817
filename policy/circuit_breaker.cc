#include "policy/circuit_breaker.h"

namespace sluice::policy {

void CircuitBreaker::on_answer(TimePoint now) noexcept {
  if (is_open()) recovered_at_ = now;
  timeouts_ = 0;
  next_probe_ = kNever;
}

void CircuitBreaker::on_timeout(TimePoint now) noexcept {
  if (is_open()) return;
  if (timeouts_ == 0) first_timeout_ = now;
  if (timeouts_ < kTimeouts) ++timeouts_;
  if (timeouts_ < kTimeouts || now - first_timeout_ < kSilence) return;
  ++times_opened_;
  next_probe_ = now + kProbeInterval;
}

void CircuitBreaker::on_probe(TimePoint now) noexcept {
  if (is_open()) next_probe_ = now + kProbeInterval;
}

}  // namespace sluice::policy
