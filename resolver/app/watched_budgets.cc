#include "resolver/app/watched_budgets.h"

#include <array>
#include <sstream>
#include <utility>

#include "resolver/net/background_allowance.h"

namespace sluice::app {

namespace {

using metrics::BudgetMetric;

/// In the order of net::Allowance.
constexpr std::array kOtherAllowances{BudgetMetric::bw_in_exceeded, BudgetMetric::bw_out_exceeded,
                                      BudgetMetric::pps_exceeded, BudgetMetric::conntrack_exceeded};
static_assert(kOtherAllowances.size() == static_cast<std::size_t>(net::Allowance::count_));

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

}  // namespace

void WatchedBudgets::watch(const conf::Config& config, const Routing& routing) {
  std::vector<net::WatchedLane> lanes;
  Sources sources;
  counters_.clear();
  for (const auto& gate : routing.gates()) {
    const auto servers = servers_paid_by(config, gate->name);
    if (gate->lanes.empty() || servers.empty()) continue;
    const std::string& setting = gate->config.allowance_counter;
    for (Lane& lane : gate->lanes) {
      const std::string key =
          setting + "\n" + gate->name + "\n" + routing.interface_names()[lane.interface];
      auto& source = sources[key] = std::move(sources_[key]);
      if (!source) source = net::in_background(net::make_allowance_source(setting));
      lanes.push_back({.name = gate->name,
                       .interfaces = interfaces_of(*gate, lane, routing),
                       .servers = servers,
                       .budget = &lane.budget,
                       .allowance = source,
                       .counts_others = gate->config.count_others});
      counters_.push_back(gate->counters);
    }
  }
  sources_ = std::move(sources);
  watch_.watch(std::move(lanes));
}

void WatchedBudgets::count() const {
  const std::vector<net::LaneReport> reports = watch_.report();
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const bool is_first = i == 0 || counters_[i] != counters_[i - 1];
    const auto add = [&](BudgetMetric metric, std::uint64_t value) {
      counters_[i]->set(metric, value + (is_first ? 0 : counters_[i]->get(metric)));
    };
    add(BudgetMetric::foreign_packets, reports[i].foreign_packets);
    add(BudgetMetric::allowance_exceeded, reports[i].allowance_dropped);
    for (std::size_t kind = 0; kind < kOtherAllowances.size(); ++kind)
      add(kOtherAllowances[kind], reports[i].others_dropped[kind]);
    add(BudgetMetric::rate_cuts, reports[i].cuts);
    add(BudgetMetric::is_counting_others, reports[i].is_counting ? 1 : 0);
  }
}

}  // namespace sluice::app
