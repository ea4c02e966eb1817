#pragma once

#include <array>
#include <string_view>

#include "tests/scenario/fleet/tally.h"
#include "tests/scenario/fleet/workload.h"

namespace sluice::fleet {

/// Who asks whom.
enum class Topology : std::uint8_t {
  direct,          ///< every host the cloud's resolver, through its own interface
  central_stock,   ///< every host one of three central stock resolvers
  central_sluice,  ///< every host one of three central servers that run Sluice
  host_sluice,     ///< Sluice on every host, which asks the cloud's resolver
};

inline constexpr std::array kEveryTopology{Topology::direct, Topology::central_stock,
                                           Topology::central_sluice, Topology::host_sluice};
inline constexpr std::uint32_t kCentralServers = 3;

[[nodiscard]] std::string_view to_string(Topology topology) noexcept;

/// Runs the workload in virtual time. The same arguments give the same result.
[[nodiscard]] Tally simulate(Topology topology, const Workload& workload);

}  // namespace sluice::fleet
