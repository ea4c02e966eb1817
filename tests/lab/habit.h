#pragma once

#include <cstdint>
#include <optional>

#include "resolver/base/clock.h"

namespace sluice::lab {

/// How a kind of client asks, and asks again.
struct Habit {
  enum class AfterFailure : std::uint8_t { give_up, ask_again };
  enum class Retransmission : std::uint8_t {
    same_query,   ///< same port, same ID
    fresh_query,  ///< another port, another ID
  };

  std::uint32_t tries = 2;  ///< packets for a look-up, at least 1
  Duration timeout = 5s;    ///< how long each try waits for a reply
  Duration pause{0};        ///< before asking again after a failure
  Duration patience = 5s;   ///< an answer later than this after the first try is of no use
  AfterFailure after_failure = AfterFailure::give_up;
  Retransmission retransmission = Retransmission::same_query;

  /// When a look-up that failed (SERVFAIL or another error) is asked again; nullopt: never.
  [[nodiscard]] constexpr std::optional<Duration> again_after_failure(
      std::uint32_t tries_made) const noexcept {
    if (after_failure == AfterFailure::give_up || tries_made >= tries) return std::nullopt;
    return pause;
  }
  [[nodiscard]] constexpr bool again_after_timeout(std::uint32_t tries_made) const noexcept {
    return tries_made < tries;
  }
};

/// An application behind glibc (timeout:5 attempts:2): the retransmission has the same port and ID
/// (resolv.conf(5); measured). A failure counts as final here although glibc would try the next
/// server, so that no lost look-up is glossed over.
inline constexpr Habit kGlibc{};

/// The batch job of the incident: every name up to five times, each time as a new query.
inline constexpr Habit kBatchJob{.tries = 5,
                                 .timeout = 5s,
                                 .pause = 100ms,
                                 .patience = 60s,
                                 .after_failure = Habit::AfterFailure::ask_again,
                                 .retransmission = Habit::Retransmission::fresh_query};

/// A client that will not wait: five packets in 2 s, all from one port with one ID. The answer ends
/// it, a failure as well.
inline constexpr Habit kRepeater{.tries = 5, .timeout = 400ms};

}  // namespace sluice::lab
