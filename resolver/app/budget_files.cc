#include "resolver/app/budget_files.h"

#include "resolver/net/log.h"

namespace sluice::app {

namespace {

BudgetFiles open_files(const conf::Budget& budget) {
  BudgetFiles result;
  if (budget.shared.empty()) return result;
  std::vector<std::string> paths;
  const std::string base = budget.shared + "/" + budget.name;
  for (const std::string& interface : budget.interfaces) paths.push_back(base + "." + interface);
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
  for (const conf::Budget& budget : config.budgets) files[budget.name] = open_files(budget);
  return files;
}

}  // namespace sluice::app
