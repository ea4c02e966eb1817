#include "resolver/routing.h"

#include <algorithm>

#include "resolver/dns/presentation.h"
#include "resolver/local/private_answers.h"

namespace sluice {

namespace {

/// Packets a second for the penalty band while others wait: one in so many of the rate.
constexpr std::uint32_t kTrickleShare = 50;

/// What is kept for `name`, made at its first mention and kept, so that counters never run
/// backwards.
template <typename Block, typename Key>
Block* block_for(std::map<Key, std::unique_ptr<Block>>& blocks, const Key& name) {
  auto& block = blocks[name];
  if (!block) block = std::make_unique<Block>();
  return block.get();
}

policy::PacketBudget::Limits limits_of(const conf::Budget& budget) {
  return {.limit = budget.limit, .burst = budget.burst, .reserve = budget.reserve};
}

Duration trickle_of(const conf::Budget& budget) {
  return Duration{std::chrono::seconds{kTrickleShare}} / limits_of(budget).gcra().rate;
}

bool same_servers(const Rule& a, const Rule& b) {
  return std::equal(a.paths.begin(), a.paths.end(), b.paths.begin(), b.paths.end(),
                    [](const Path& x, const Path& y) { return x.server == y.server; });
}

}  // namespace

std::optional<std::uint16_t> Gate::take(std::uint32_t packets, TimePoint now) noexcept {
  if (lanes.empty()) return std::uint16_t{0};
  const auto best = std::max_element(lanes.begin(), lanes.end(), [&](const Lane& a, const Lane& b) {
    return a.budget.available(now) < b.budget.available(now);
  });
  if (!best->budget.take(packets, now)) return std::nullopt;
  return static_cast<std::uint16_t>(best - lanes.begin());
}

Duration Gate::retry_after(std::uint32_t packets, TimePoint now) const noexcept {
  Duration least = Duration::max();
  for (const Lane& lane : lanes) least = std::min(least, lane.budget.retry_after(packets, now));
  return lanes.empty() ? Duration::zero() : least;
}

policy::AdmissionQueue::Supply Gate::supply(TimePoint now) const noexcept {
  using Supply = policy::AdmissionQueue::Supply;
  return spare_after(now) == Duration::zero() ? Supply::spare : Supply::scarce;
}

Duration Gate::spare_after(TimePoint now) const noexcept {
  return retry_after(config.burst / 2, now);
}

void Gate::charge(std::uint16_t lane, std::uint32_t packets, TimePoint now) noexcept {
  if (lane < lanes.size()) lanes[lane].budget.charge(packets, now);
}

void Gate::charge_again(std::uint16_t lane, std::uint32_t packets, TimePoint now) noexcept {
  if (lane < lanes.size()) lanes[lane].budget.charge_again(packets, now);
}

Routing::Routing(std::size_t queue_capacity) : queue_capacity_{queue_capacity} {
  rules_.reserve(kMaxRules);
  gates_.push_back(std::make_unique<Gate>(Gate{.name = "",
                                               .config = {},
                                               .lanes = {},
                                               .queue = {queue_capacity_, kMaxRules},
                                               .counters = &unlimited_block_,
                                               .problem = {},
                                               .via = {},
                                               .retry_at = kNever}));
}

std::optional<std::string> Routing::configure(const conf::Config& config,
                                              const std::map<std::string, BudgetFiles>& files) {
  const auto running = static_cast<std::size_t>(std::count_if(
      rules_.begin(), rules_.end(), [](const auto& rule) { return rule->users > 0; }));
  if (running + config.zones.size() > kMaxRules)
    return "too many zones while questions of the old ones are still in flight; try again";
  const auto new_budgets = static_cast<std::size_t>(std::count_if(
      config.budgets.begin(), config.budgets.end(),
      [&](const conf::Budget& budget) { return gate_named(budget.name) == std::nullopt; }));
  if (gates_.size() + new_budgets > kMaxGates)
    return "too many budgets since the start; restart to forget the old ones";
  configure_gates(config, files);

  for (const auto& rule : rules_) rule->is_current = false;
  std::vector<Rule> wanted;
  std::vector<std::optional<RuleIndex>> slots;
  for (const conf::Zone& zone : config.zones) {
    wanted.push_back(make_rule(zone, config));
    slots.push_back(keep_slot(wanted.back()));
  }
  std::vector<policy::ZoneTable::Entry> entries;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const RuleIndex slot = slots[i] ? *slots[i] : new_slot(wanted[i]);
    gates_[wanted[i].gate]->queue.set_weight(slot, wanted[i].weight);
    if (!slots[i]) gates_[wanted[i].gate]->queue.release(slot);
    entries.push_back({.suffix = wanted[i].suffix, .rule = slot});
  }
  zones_ = policy::ZoneTable{std::move(entries)};
  return std::nullopt;
}

void Routing::configure_gates(const conf::Config& config,
                              const std::map<std::string, BudgetFiles>& files) {
  for (const conf::Budget& budget : config.budgets) {
    if (const auto known = gate_named(budget.name)) {
      Gate& gate = *gates_[*known];
      gate.config = budget;
      if (const auto found = files.find(budget.name); found != files.end())
        gate.via = found->second.via;
      gate.queue.set_trickle(trickle_of(budget));
      for (Lane& lane : gate.lanes) lane.budget.set_limits(limits_of(budget));
      continue;
    }
    const auto found = files.find(budget.name);
    gates_.push_back(make_gate(budget, found == files.end() ? BudgetFiles{} : found->second));
  }
}

std::unique_ptr<Gate> Routing::make_gate(const conf::Budget& budget, const BudgetFiles& files) {
  std::vector<std::string> interfaces = budget.interfaces;
  if (interfaces.empty()) interfaces.emplace_back();
  auto gate = std::make_unique<Gate>(Gate{.name = budget.name,
                                          .config = budget,
                                          .lanes = {},
                                          .queue = {queue_capacity_, kMaxRules},
                                          .counters = block_for(budget_blocks_, budget.name),
                                          .problem = files.problem,
                                          .via = files.via,
                                          .retry_at = kNever});
  gate->queue.set_trickle(trickle_of(budget));
  gate->lanes.reserve(interfaces.size());
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    const bool is_shared = i < files.files.size() && files.files[i].file;
    policy::PacketBudget packets =
        is_shared ? policy::PacketBudget{limits_of(budget), files.files[i].file}
                  : policy::PacketBudget{limits_of(budget)};
    policy::Microburst microburst{packets.word()};
    gate->lanes.push_back({.budget = std::move(packets),
                           .microburst = std::move(microburst),
                           .interface = intern_interface(interfaces[i]),
                           .file = is_shared ? files.files[i].path : std::string{}});
  }
  return gate;
}

Rule Routing::make_rule(const conf::Zone& zone, const conf::Config& config) {
  const auto upstream =
      std::find_if(config.upstreams.begin(), config.upstreams.end(),
                   [&](const conf::Upstream& u) { return u.name == zone.upstream; });
  SLUICE_ASSERT(upstream != config.upstreams.end());
  Rule rule;
  rule.suffix = zone.name;
  rule.zone = dns::to_string(zone.name);
  rule.upstream = zone.upstream;
  rule.weight = zone.weight;
  rule.max_wait = zone.max_wait;
  rule.nxdomain_cut = zone.nxdomain_cut;
  rule.strip_private = zone.private_answers == conf::PrivateAnswers::strip;
  rule.search_tlds = local::TopLevelDomains{zone.search_tlds};
  rule.trust_ad = upstream->trust_ad ? dns::TrustAd::yes : dns::TrustAd::no;
  rule.mixed_case = upstream->mixed_case;
  rule.may_serve_private =
      std::any_of(upstream->servers.begin(), upstream->servers.end(),
                  [](const Endpoint& server) { return local::is_private(server.address); });
  rule.labels = zone.name.label_count();
  rule.gate = gate_named(upstream->budget).value_or(kUnlimitedGate);
  for (const Endpoint& server : upstream->servers) {
    if (rule.paths.size() == kMaxServersPerUpstream) break;
    rule.paths.emplace_back().server = server;
  }
  rule.counters = block_for(zone_blocks_, rule.zone);
  rule.upstream_counters = block_for(upstream_blocks_, std::pair{rule.upstream, rule.zone});
  rule.verdict = block_for(verdict_blocks_, rule.upstream);
  rule.retries = block_for(retry_budgets_, rule.upstream);
  rule.is_current = true;
  return rule;
}

std::optional<RuleIndex> Routing::keep_slot(const Rule& wanted) noexcept {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    Rule& rule = *rules_[i];
    if (!(rule.suffix == wanted.suffix) || rule.upstream != wanted.upstream ||
        rule.gate != wanted.gate || !same_servers(rule, wanted))
      continue;
    rule.weight = wanted.weight;
    rule.max_wait = wanted.max_wait;
    rule.nxdomain_cut = wanted.nxdomain_cut;
    rule.mixed_case = wanted.mixed_case;
    rule.may_serve_private = wanted.may_serve_private;
    rule.forgets_stored |= rule.strip_private != wanted.strip_private ||
                           rule.trust_ad != wanted.trust_ad ||
                           rule.search_tlds != wanted.search_tlds;
    rule.strip_private = wanted.strip_private;
    rule.trust_ad = wanted.trust_ad;
    rule.search_tlds = wanted.search_tlds;
    rule.is_current = true;
    return static_cast<RuleIndex>(i);
  }
  return std::nullopt;
}

RuleIndex Routing::new_slot(Rule rule) {
  for (const auto& before : rules_) {  // what is known of a server outlives its neighbours
    if (!(before->suffix == rule.suffix)) continue;
    for (Path& path : rule.paths)
      for (const Path& known : before->paths)
        if (known.server == path.server) path.rtt = known.rtt;
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i]->is_current || rules_[i]->users > 0) continue;
    *rules_[i] = std::move(rule);
    return static_cast<RuleIndex>(i);
  }
  SLUICE_ASSERT(rules_.size() < kMaxRules);
  rules_.push_back(std::make_unique<Rule>(std::move(rule)));
  return static_cast<RuleIndex>(rules_.size() - 1);
}

std::optional<std::uint16_t> Routing::gate_named(const std::string& name) const noexcept {
  for (std::size_t i = 0; i < gates_.size(); ++i)
    if (gates_[i]->name == name) return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

std::uint16_t Routing::intern_interface(const std::string& name) {
  const auto found = std::find(interface_names_.begin(), interface_names_.end(), name);
  if (found != interface_names_.end())
    return static_cast<std::uint16_t>(found - interface_names_.begin());
  interface_names_.push_back(name);
  return static_cast<std::uint16_t>(interface_names_.size() - 1);
}

bool Routing::must_forget() const noexcept {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const auto& rule) { return rule->forgets_stored; });
}

void Routing::has_forgotten() noexcept {
  for (const auto& rule : rules_) rule->forgets_stored = false;
}

void Routing::add_sources(metrics::Sources& sources) const {
  for (const auto& [name, block] : zone_blocks_)
    sources.zones.push_back({{{"zone", name}}, block.get()});
  for (const auto& [name, block] : upstream_blocks_)
    sources.upstreams.push_back({{{"upstream", name.first}, {"zone", name.second}}, block.get()});
  for (const auto& [name, block] : verdict_blocks_)
    sources.verdicts.push_back({{{"upstream", name}}, block.get()});
  for (const auto& [name, block] : budget_blocks_)
    sources.budgets.push_back({{{"budget", name}}, block.get()});
}

}  // namespace sluice
