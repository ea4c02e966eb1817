#pragma once

#include <chrono>

namespace sluice {

using namespace std::chrono_literals;

/// Monotonic time (CLOCK_MONOTONIC). Pure code takes `now` as an argument; only the shell in
/// resolver/net/ and resolver/app/ reads the clock, once per event.
using Clock = std::chrono::steady_clock;
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<Clock, Duration>;

/// "Never": later than every deadline.
inline constexpr TimePoint kNever = TimePoint::max();

}  // namespace sluice
