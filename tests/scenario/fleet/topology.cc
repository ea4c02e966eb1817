#include "tests/scenario/fleet/topology.h"

#include <memory>

#include "tests/scenario/fleet/cell.h"
#include "tests/scenario/fleet/no_resolver.h"
#include "tests/scenario/fleet/sluice_resolver.h"
#include "tests/scenario/fleet/stock_resolver.h"

namespace sluice::fleet {

namespace {

bool is_central(Topology topology) noexcept {
  return topology == Topology::central_stock || topology == Topology::central_sluice;
}

/// The hosts that share a resolver, for each resolver.
std::vector<std::vector<std::uint32_t>> cells_of(Topology topology, const Workload& workload) {
  std::vector<std::vector<std::uint32_t>> cells(is_central(topology) ? kCentralServers
                                                                     : workload.hosts);
  Random random{HashKey{workload.seed, ~std::uint64_t{0}}};
  for (std::uint32_t host = 0; host < workload.hosts; ++host)
    cells[is_central(topology) ? random.below(kCentralServers) : host].push_back(host);
  return cells;
}

}  // namespace

std::string_view to_string(Topology topology) noexcept {
  switch (topology) {
    case Topology::direct:
      return "hosts ask the VPC resolver";
    case Topology::central_stock:
      return "3 central stock resolvers";
    case Topology::central_sluice:
      return "3 central servers with Sluice";
    case Topology::host_sluice:
      return "Sluice on each host";
  }
  return "";
}

Tally simulate(Topology topology, const Workload& workload) {
  const NamePopularity popularity{workload.names};
  Tally tally;
  const Crowd::Scene scene{workload, popularity, TimePoint{std::chrono::seconds{1'000}}, tally};
  std::uint64_t number = 0;
  for (std::vector<std::uint32_t>& hosts : cells_of(topology, workload)) {
    const HashKey key{workload.seed, ++number << 32};
    const auto make_resolver = [&](Network& network) -> std::unique_ptr<Resolver> {
      switch (topology) {
        case Topology::direct:
          return std::make_unique<NoResolver>(network);
        case Topology::central_stock:
          return std::make_unique<StockResolver>(network);
        case Topology::central_sluice:
          return std::make_unique<SluiceResolver>(SluiceResolver::kServer, network, key);
        case Topology::host_sluice:
          return std::make_unique<SluiceResolver>(SluiceResolver::kHost, network, key);
      }
      return nullptr;
    };
    Cell cell{scene, std::move(hosts), is_central(topology) ? Cell::kHop : Duration::zero(),
              make_resolver};
    cell.run();
    tally.add(cell.interface());
  }
  return tally;
}

}  // namespace sluice::fleet
