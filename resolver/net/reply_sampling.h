#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sluice::net {

/// Which replies of a thread are looked at: every so many for the query log, every so many for
/// dnstap. To ask costs one decrement and one branch, whatever is on.
///
/// Thread-confined.
class ReplySampling {
 public:
  struct Due {
    bool for_log = false;
    bool for_dnstap = false;
  };

  /// One of `log` replies and one of `dnstap`; 0 = none.
  void set(std::uint32_t log, std::uint32_t dnstap) noexcept {
    log_ = dnstap_ = {};
    log_.every = log;
    dnstap_.every = dnstap;
    for (Rate* rate : {&log_, &dnstap_}) rate->left = rate->every;
    arm();
  }

  /// Whether this reply is due for anything; then take() must follow.
  [[nodiscard]] bool is_due() noexcept { return --left_ == 0; }

  [[nodiscard]] Due take() noexcept {
    const Due due{log_.pass(step_), dnstap_.pass(step_)};
    arm();
    return due;
  }

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  struct Rate {
    std::uint64_t every = 0;
    std::uint64_t left = 0;
    [[nodiscard]] bool pass(std::uint64_t replies) noexcept {
      if (every == 0) return false;
      left -= replies;
      if (left > 0) return false;
      left = every;
      return true;
    }
    [[nodiscard]] std::uint64_t due_in() const noexcept { return every == 0 ? kNever : left; }
  };

  void arm() noexcept { left_ = step_ = std::min(log_.due_in(), dnstap_.due_in()); }

  std::uint64_t left_ = kNever;
  std::uint64_t step_ = kNever;
  Rate log_;
  Rate dnstap_;
};

}  // namespace sluice::net
