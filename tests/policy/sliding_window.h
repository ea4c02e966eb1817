#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "resolver/base/clock.h"

namespace sluice::policy {

/// Packets with the time at which they left.
struct Departure {
  TimePoint time;
  std::uint32_t packets;
};

/// The most packets in any closed window of 1 s. Such a window can be moved right until it begins
/// with a departure, so these are all that must be looked at.
inline std::uint64_t most_in_any_second(std::vector<Departure> departures) {
  std::ranges::sort(departures, {}, &Departure::time);
  std::uint64_t most = 0;
  std::uint64_t inside = 0;
  std::size_t end = 0;
  for (const Departure& first : departures) {
    for (; end < departures.size() && departures[end].time <= first.time + 1s; ++end)
      inside += departures[end].packets;
    most = std::max(most, inside);
    inside -= first.packets;
  }
  return most;
}

}  // namespace sluice::policy
