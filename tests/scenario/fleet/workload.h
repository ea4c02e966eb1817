#pragma once

#include <cstdint>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/random.h"
#include "tests/scenario/fleet/lookup_name.h"

namespace sluice::fleet {

/// What the hosts of a fleet look up. The same in every topology: each host draws from a random
/// sequence of its own.
struct Workload {
  std::uint32_t hosts = 10'000;
  std::uint64_t seed = 1;

  double lookups_per_second = 1;  ///< of people, on each host
  std::uint32_t names = 5'000;    ///< that people use, by a Zipf law with exponent 1

  std::uint32_t hosts_per_batch_host = 20;   ///< one host of so many runs the batch job
  double batch_rate = 10;                    ///< addresses per second that such a host looks up
  std::uint32_t batch_hosts_per_heavy = 10;  ///< one of so many batch hosts has a larger share
  double heavy_rate = 400;

  Duration warm_up = std::chrono::seconds{30};  ///< people alone, so that caches fill
  Duration measured = std::chrono::seconds{60};
  /// The jobs go on until the last look-up that is measured is decided.
  Duration tail = std::chrono::seconds{5};

  [[nodiscard]] bool is_batch_host(std::uint32_t host) const noexcept {
    return host % hosts_per_batch_host == 0;
  }
  /// Addresses per second that this host's job looks up; 0 where there is none.
  [[nodiscard]] double batch_rate_of(std::uint32_t host) const noexcept {
    if (!is_batch_host(host)) return 0;
    return host / hosts_per_batch_host % batch_hosts_per_heavy == 0 ? heavy_rate : batch_rate;
  }
  [[nodiscard]] Random random_of(std::uint32_t host) const noexcept {
    return Random{HashKey{seed, host}};
  }
};

/// The time until the next of events that come at random, `rate` of them per second (Poisson).
[[nodiscard]] Duration next_gap(double rate, Random& random) noexcept;

/// Draws names as people do: the n-th with a probability proportional to 1 / n.
class NamePopularity {
 public:
  explicit NamePopularity(std::uint32_t names);
  [[nodiscard]] LookupName draw(Random& random) const noexcept;

 private:
  std::vector<double> cumulative_;
};

}  // namespace sluice::fleet
