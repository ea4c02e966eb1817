#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace sluice {

/// What a client's reply was made of.
enum class ReplySource : std::uint8_t {
  cache,     ///< stored and fresh, or said by a stored NXDOMAIN above
  upstream,  ///< an answer that has just come
  stale,     ///< stored and past its TTL
  local,     ///< what the host itself knows
  failed,    ///< SERVFAIL of our own: no answer, no packet, or a failure remembered
  refused,   ///< an error of form, of access, or "ask again over TCP"
};

/// How a reply came about, for whoever logs it. A plain value that the engine hands out with the
/// reply; it decides nothing.
struct ReplyOrigin {
  static constexpr std::uint16_t kNoRule = 0xffff;

  ReplySource source = ReplySource::refused;
  std::uint16_t rule = kNoRule;  ///< zone rule; valid until the routing is configured anew
  std::uint8_t tries = 0;        ///< exchanges started for its question
  TimePoint asked{};             ///< when this client's query came; TimePoint{}: just now
};

}  // namespace sluice
