#include "resolver/app/budget_files.h"

#include <algorithm>
#include <set>

#include "resolver/net/interfaces.h"
#include "resolver/net/log.h"

namespace sluice::app {

namespace {

/// The interfaces that the routes of this moment lead through to the servers that `budget` pays
/// for, each once.
std::set<std::string> egress_interfaces(const conf::Config& config, const conf::Budget& budget) {
  std::set<std::string> names;
  for (const conf::Upstream& upstream : config.upstreams) {
    if (upstream.budget != budget.name) continue;
    for (const Endpoint& server : upstream.servers)
      if (auto name = net::egress_interface(server.address)) names.insert(std::move(*name));
  }
  return names;
}

std::string text_of(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : " ").append(name);
  return text;
}

void warn_if_several(const std::set<std::string>& names, const conf::Budget& budget) {
  if (names.size() <= 1) return;
  log::warn("budget_spans_interfaces",
            {{"budget", budget.name},
             {"interfaces", names.size()},
             {"effect", "they share one limit"},
             {"remedy", "a budget for each upstream, or interface = [...]"}});
}

BudgetFiles open_files(const conf::Budget& budget) {
  BudgetFiles result;
  if (budget.shared.empty()) return result;
  std::vector<std::string> paths;
  const std::string base = budget.shared + "/" + budget.name;
  const std::string prefix = base + ".";
  for (const std::string& interface : budget.interfaces) paths.push_back(prefix + interface);
  if (paths.empty()) paths.push_back(base);
  for (const std::string& path : paths) {
    auto file = policy::BudgetFile::open(path);
    if (!file) {
      result.problem = file.error();
      log::warn("budget_private", {{"budget", budget.name},
                                   {"reason", result.problem},
                                   {"effect", "this process alone keeps to the limit"}});
      result.files.emplace_back();
      continue;
    }
    result.files.push_back({path, std::move(file).value()});
  }
  return result;
}

}  // namespace

std::map<std::string, BudgetFiles> open_budget_files(const conf::Config& config) {
  std::map<std::string, BudgetFiles> files;
  for (const conf::Budget& budget : config.budgets) {
    const bool is_used =
        std::any_of(config.upstreams.begin(), config.upstreams.end(),
                    [&](const conf::Upstream& upstream) { return upstream.budget == budget.name; });
    if (!is_used) continue;
    files[budget.name] = open_files(budget);
    if (!budget.interfaces.empty()) continue;
    const std::set<std::string> names = egress_interfaces(config, budget);
    warn_if_several(names, budget);
    files[budget.name].via = text_of(names);
  }
  return files;
}

void follow_routes(const conf::Config& config, const Routing& routing) {
  for (const auto& gate : routing.gates()) {
    if (gate->lanes.empty() || !gate->config.interfaces.empty()) continue;
    std::string via = text_of(egress_interfaces(config, gate->config));
    if (via == gate->via) continue;
    log::info("routes_changed", {{"budget", gate->name}, {"interfaces", via}});
    gate->via = std::move(via);
  }
}

}  // namespace sluice::app
