#pragma once

#include <algorithm>
#include <cstdint>

#include "tests/lab/latencies.h"
#include "tests/scenario/fleet/vpc_interface.h"

namespace sluice::fleet {

/// What came out of a topology, over all its hosts and interfaces.
struct Tally {
  /// Look-ups of people; lost: an error, or no answer within 5 s.
  struct People {
    std::uint64_t asked = 0;
    std::uint64_t lost = 0;
    [[nodiscard]] double lost_share() const noexcept {
      return asked == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(asked);
    }
  };

  People all_hosts;
  People batch_hosts;
  lab::Latencies latencies;          ///< of people's look-ups that were answered
  std::uint64_t batch_asked = 0;     ///< addresses that have a name
  std::uint64_t batch_answered = 0;  ///< of these, found
  std::uint64_t interfaces = 0;
  std::uint64_t packets = 0;
  std::uint64_t drops = 0;
  std::uint64_t worst_second = 0;  ///< the most packets of any interface in any second

  void add(const VpcInterface& interface) {
    ++interfaces;
    packets += interface.packets();
    drops += interface.drops();
    worst_second = std::max(worst_second, interface.worst_second());
  }
};

}  // namespace sluice::fleet
