#include "resolver/app/watched_lanes.h"

#include <sstream>
#include <string>

#include "resolver/net/background_allowance.h"

namespace sluice::app {

namespace {

using metrics::BudgetMetric;

std::vector<Endpoint> servers_paid_by(const conf::Config& config, const std::string& budget) {
  std::vector<Endpoint> servers;
  for (const conf::Upstream& upstream : config.upstreams)
    if (upstream.budget == budget)
      servers.insert(servers.end(), upstream.servers.begin(), upstream.servers.end());
  return servers;
}

std::vector<std::string> interfaces_of(const Gate& gate, const Lane& lane, const Routing& routing) {
  if (lane.interface != 0) return {routing.interface_names()[lane.interface]};
  std::vector<std::string> names;  // those that the routes choose
  std::istringstream via{gate.via};
  for (std::string name; via >> name;) names.push_back(name);
  return names;
}

/// Calls `use` with each lane that packets leave by, and its budget's gate.
template <typename F>
void for_each_lane(const conf::Config& config, const Routing& routing, F&& use) {
  for (const auto& gate : routing.gates()) {
    if (gate->lanes.empty()) continue;
    const auto servers = servers_paid_by(config, gate->name);
    if (servers.empty()) continue;
    for (Lane& lane : gate->lanes) use(*gate, lane, servers);
  }
}

}  // namespace

std::vector<net::WatchedLane> watched_lanes(const conf::Config& config, const Routing& routing) {
  std::vector<net::WatchedLane> lanes;
  for_each_lane(config, routing, [&](Gate& gate, Lane& lane, const auto& servers) {
    lanes.push_back(
        {.name = gate.name,
         .interfaces = interfaces_of(gate, lane, routing),
         .servers = servers,
         .budget = &lane.budget,
         .allowance = net::in_background(net::make_allowance_source(gate.config.allowance_counter)),
         .counts_others = gate.config.count_others});
  });
  return lanes;
}

void count_watch(const std::vector<net::LaneReport>& reports, const conf::Config& config,
                 const Routing& routing) {
  std::size_t next = 0;
  const Gate* before = nullptr;
  for_each_lane(config, routing, [&](Gate& gate, Lane&, const auto&) {
    if (next == reports.size()) return;  // of a configuration that is no more
    const net::LaneReport& report = reports[next++];
    const bool is_first = &gate != before;
    before = &gate;
    const auto count = [&](BudgetMetric metric, std::uint64_t value) {
      gate.counters->set(metric, value + (is_first ? 0 : gate.counters->get(metric)));
    };
    count(BudgetMetric::foreign_packets, report.foreign_packets);
    count(BudgetMetric::allowance_exceeded, report.allowance_dropped);
    count(BudgetMetric::rate_cuts, report.cuts);
    count(BudgetMetric::is_counting_others, report.is_counting ? 1 : 0);
  });
}

}  // namespace sluice::app
