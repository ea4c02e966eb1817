#include "resolver/app/budget_files.h"

#include <algorithm>
#include <set>

#include "resolver/net/interfaces.h"
#include "resolver/net/log.h"

namespace sluice::app {

namespace {

/// The interfaces that the routes of this moment lead through to the servers that `budget` pays
/// for, each once.
std::string egress_interfaces(const conf::Config& config, const conf::Budget& budget) {
  std::set<std::string> names;
  for (const conf::Upstream& upstream : config.upstreams) {
    if (upstream.budget != budget.name) continue;
    for (const Endpoint& server : upstream.servers)
      if (auto name = net::egress_interface(server.address)) names.insert(std::move(*name));
  }
  if (names.size() > 1)
    log::warn("budget_spans_interfaces",
              {{"budget", budget.name},
               {"interfaces", names.size()},
               {"effect", "they share one limit"},
               {"remedy", "a budget for each upstream, or interface = [...]"}});
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : " ").append(name);
  return text;
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
    if (budget.interfaces.empty()) files[budget.name].via = egress_interfaces(config, budget);
  }
  return files;
}

}  // namespace sluice::app
