#include "conf/reload.h"

#include <algorithm>

#include "conf/option_table.h"

namespace sluice::conf {

namespace {

template <typename Section>
void append_changes(std::vector<std::string>& changes, const std::string& name,
                    const Section& current, const Section& next) {
  for (const Option<Section>& option : options<Section>())
    if (option.reload == Reload::restart && !option.equal(current, next))
      changes.push_back(name + "." + std::string{option.key});
}

template <typename Section>
void keep(const Section& current, Section& next) {
  for (const Option<Section>& option : options<Section>())
    if (option.reload == Reload::restart) option.copy(current, next);
}

const Budget* find_budget(const Config& config, const std::string& name) {
  const auto it = std::ranges::find(config.budgets, name, &Budget::name);
  return it == config.budgets.end() ? nullptr : &*it;
}

}  // namespace

std::vector<std::string> restart_only_changes(const Config& current, const Config& next) {
  std::vector<std::string> changes;
  append_changes(changes, "server", current.server, next.server);
  append_changes(changes, "admin", current.admin, next.admin);
  append_changes(changes, "log", current.log, next.log);
  append_changes(changes, "cache", current.cache, next.cache);
  append_changes(changes, "recorder", current.recorder, next.recorder);
  append_changes(changes, "dnstap", current.dnstap, next.dnstap);
  for (const Budget& budget : next.budgets)
    if (const Budget* const before = find_budget(current, budget.name))
      append_changes(changes, "budget[" + budget.name + "]", *before, budget);
  return changes;
}

Config keep_restart_only(const Config& current, Config next) {
  keep(current.server, next.server);
  keep(current.admin, next.admin);
  keep(current.log, next.log);
  keep(current.cache, next.cache);
  keep(current.recorder, next.recorder);
  keep(current.dnstap, next.dnstap);
  for (Budget& budget : next.budgets)
    if (const Budget* const before = find_budget(current, budget.name)) keep(*before, budget);
  return next;
}

}  // namespace sluice::conf
