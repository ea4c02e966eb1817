#include "conf/check.h"

#include <algorithm>
#include <map>
#include <optional>

#include "conf/nearest.h"
#include "resolver/dns/presentation.h"
#include "resolver/local/local_records.h"

namespace sluice::conf {

namespace {

/// True if a query to `server` would arrive at our own listener `listen`.
bool leads_to(const Endpoint& server, const Endpoint& listen) {
  if (server.port != listen.port || server.address.family != listen.address.family) return false;
  return server.address == listen.address ||
         (listen.address.is_unspecified() && server.address.is_loopback());
}

/// Names of one kind of section: each once, and found when referred to.
class Names {
 public:
  explicit Names(std::string_view kind) : kind_{kind} {}

  /// Why `name`, of a section on `line`, cannot be added; nullopt if it was.
  [[nodiscard]] std::optional<std::string> add(const std::string& name, std::uint32_t line) {
    const auto [it, is_new] = lines_.emplace(name, line);
    if (is_new) return std::nullopt;
    std::string reason = "\"" + name + "\" already names a " + kind_;
    if (it->second != 0) reason += " on line " + std::to_string(it->second);
    return reason + ": names must differ";
  }

  /// Why nothing is called `name`; nullopt if something is.
  [[nodiscard]] std::optional<std::string> missing(const std::string& name) const {
    if (lines_.contains(name)) return std::nullopt;
    std::string reason = "no " + kind_ + " is named \"" + name + "\"";
    std::vector<std::string_view> known;
    for (const auto& [text, line] : lines_) known.emplace_back(text);
    if (const auto near = nearest(name, known))
      reason += "; did you mean \"" + std::string{*near} + "\"?";
    return reason;
  }

 private:
  std::string kind_;
  std::map<std::string, std::uint32_t> lines_;
};

class Checker {
 public:
  Checker(const Config& config, const Origins& origins) : config_{config}, origins_{origins} {}

  Problems run() {
    check_admin();
    check_cache();
    check_records();
    check_blocklists();
    check_budgets();
    check_upstreams();
    check_zones();
    check_networks();
    return std::move(problems_);
  }

 private:
  void report(const Origin& origin, std::string_view key, std::string reason) {
    problems_.push_back({.file = origins_.file,
                         .line = origin.line_of(key),
                         .key = origin.section + "." + std::string{key},
                         .reason = std::move(reason)});
  }

  static Origin origin(const std::vector<Origin>& known, std::string_view section,
                       std::size_t index) {
    if (index < known.size()) return known[index];
    return {.section = std::string{section} + "[" + std::to_string(index) + "]"};
  }

  void check_count(const std::string& section, std::size_t count, std::size_t most,
                   const std::vector<Origin>& known) {
    if (count <= most) return;
    const bool is_known = most < known.size();
    problems_.push_back(
        {.file = origins_.file,
         .line = is_known ? known[most].line : 0,
         .key = is_known ? known[most].section : section,
         .reason = "there may be " + std::to_string(most) + ", not " + std::to_string(count)});
  }

  void check_admin() {
    const auto admin = Endpoint::parse(config_.admin.listen, 0);
    if (!admin || admin->port == 0 || origins_.admin.refused.contains("listen")) return;
    if (origins_.server.refused.contains("listen")) return;
    for (const Endpoint& listen : config_.server.listen)
      if (leads_to(*admin, listen) || leads_to(listen, *admin))
        report(origins_.admin, "listen",
               "\"" + listen.to_string() + "\" answers DNS (server.listen): take another port");
  }

  void check_cache() {
    const Origin& origin = origins_.cache;
    if (origin.refused.contains("min_ttl") || origin.refused.contains("max_ttl")) return;
    if (config_.cache.min_ttl > config_.cache.max_ttl)
      report(origin, "min_ttl",
             "must be at most cache.max_ttl, which is " +
                 std::to_string(config_.cache.max_ttl.count()) + "s");
  }

  void check_records() {
    check_count("record", config_.records.size(), kMaxRecords, origins_.records);
    std::vector<dns::ZoneRecord> records;
    std::vector<std::size_t> positions;  // in the configuration
    for (std::size_t i = 0; i < config_.records.size(); ++i) {
      if (origin(origins_.records, "record", i).refused.contains("data")) continue;
      records.push_back(config_.records[i].parsed);
      positions.push_back(i);
    }
    const local::LocalRecords table{records, HashKey{}};
    for (const local::RecordProblem& problem : table.problems())
      report(origin(origins_.records, "record", positions[problem.index]), "data",
             "\"" + config_.records[positions[problem.index]].data + "\": " + problem.text);
  }

  void check_blocklists() {
    check_count("blocklist", config_.blocklists.size(), kMaxBlocklists, origins_.blocklists);
    Names names{"[[blocklist]]"};
    for (std::size_t i = 0; i < config_.blocklists.size(); ++i) {
      const Origin from = origin(origins_.blocklists, "blocklist", i);
      if (from.refused.contains("name")) continue;
      if (auto reason = names.add(config_.blocklists[i].name, from.line_of("name")))
        report(from, "name", *reason);
    }
  }

  void check_budgets() {
    check_count("budget", config_.budgets.size(), kMaxBudgets, origins_.budgets);
    std::map<std::string, std::string> owners;  // of interfaces
    for (std::size_t i = 0; i < config_.budgets.size(); ++i) {
      const Budget& budget = config_.budgets[i];
      const Origin from = origin(origins_.budgets, "budget", i);
      if (!budget.name.empty())
        if (auto reason = budgets_.add(budget.name, from.line_of("name")))
          report(from, "name", std::move(*reason));
      check_sum(budget, from);
      for (const std::string& interface : budget.interfaces) {
        const auto [it, is_new] = owners.emplace(interface, budget.name);
        if (!is_new && it->second != budget.name)
          report(from, "interface",
                 "\"" + interface + "\" belongs to budget \"" + it->second +
                     "\" already: an interface has one budget");
      }
    }
  }

  void check_sum(const Budget& budget, const Origin& from) {
    for (const std::string_view key : {"limit", "burst", "reserve"})
      if (from.refused.contains(key)) return;
    const std::uint64_t apart = std::uint64_t{budget.burst} + budget.reserve;
    if (budget.limit > apart) return;
    report(from, "limit",
           "must be above burst + reserve, which is " + std::to_string(apart) +
               ": what is left is the steady rate");
  }

  void check_upstreams() {
    check_count("upstream", config_.upstreams.size(), kMaxUpstreams, origins_.upstreams);
    for (std::size_t i = 0; i < config_.upstreams.size(); ++i) {
      const Upstream& upstream = config_.upstreams[i];
      const Origin from = origin(origins_.upstreams, "upstream", i);
      if (!upstream.name.empty())
        if (auto reason = upstreams_.add(upstream.name, from.line_of("name")))
          report(from, "name", std::move(*reason));
      if (!upstream.budget.empty())
        if (auto reason = budgets_.missing(upstream.budget)) report_budget(from, *reason);
      check_servers(upstream, from);
    }
  }

  /// Without an upstream of its own, a file that has its own budgets has lost the default one's.
  void report_budget(const Origin& from, const std::string& reason) {
    if (origins_.budgets.empty() || !origins_.upstreams.empty())
      return report(from, "budget", reason);
    report_default("upstream", reason +
                                   ", which the default upstream is paid from: write an "
                                   "[[upstream]] of your own");
  }

  /// The same for its upstreams and the default zones.
  void report_upstream(const Origin& from, const std::string& reason) {
    if (origins_.upstreams.empty() || !origins_.zones.empty())
      return report(from, "upstream", reason);
    report_default("zone",
                   reason + ", which the default zones go to: write a [[zone]] of your own");
  }

  void report_default(const std::string& section, const std::string& reason) {
    problems_.push_back({.file = origins_.file, .line = 0, .key = section, .reason = reason});
  }

  void check_servers(const Upstream& upstream, const Origin& from) {
    if (origins_.server.refused.contains("listen")) return;
    for (const Endpoint& server : upstream.servers)
      for (const Endpoint& listen : config_.server.listen)
        if (leads_to(server, listen))
          report(from, "servers",
                 "\"" + server.to_string() + "\" is ourselves (server.listen has \"" +
                     listen.to_string() + "\"): queries would go round in a circle");
  }

  void check_zones() {
    check_count("zone", config_.zones.size(), kMaxZones, origins_.zones);
    std::map<std::string, std::uint32_t> lines;  // by name, folded
    for (std::size_t i = 0; i < config_.zones.size(); ++i) {
      const Zone& zone = config_.zones[i];
      const Origin from = origin(origins_.zones, "zone", i);
      if (!zone.upstream.empty())
        if (auto reason = upstreams_.missing(zone.upstream)) report_upstream(from, *reason);
      if (from.refused.contains("name")) continue;
      const auto [it, is_new] = lines.emplace(dns::to_string(zone.name), from.line_of("name"));
      if (is_new) continue;
      const std::string where =
          it->second == 0 ? "" : " (the other is on line " + std::to_string(it->second) + ")";
      report(from, "name", "\"" + it->first + "\" is given twice: keep one" + where);
    }
  }

  void check_networks() {
    check_count("network", config_.networks.size(), kMaxNetworks, origins_.networks);
    Names names{"[[network]]"};
    std::map<Prefix, std::string> owners;
    for (std::size_t i = 0; i < config_.networks.size(); ++i) {
      const Network& network = config_.networks[i];
      const Origin from = origin(origins_.networks, "network", i);
      if (network.name == kOtherNetwork)
        report(from, "name", "\"other\" stands for every address in no [[network]]: take another");
      if (!network.name.empty())
        if (auto reason = names.add(network.name, from.line_of("name")))
          report(from, "name", std::move(*reason));
      for (const Prefix& prefix : network.prefixes) {
        const auto [it, is_new] = owners.emplace(prefix, network.name);
        if (!is_new && it->second != network.name)
          report(from, "cidr",
                 "\"" + prefix.to_string() + "\" belongs to network \"" + it->second +
                     "\" already: keep one");
      }
    }
  }

  const Config& config_;
  const Origins& origins_;
  Problems problems_;
  Names budgets_{"[[budget]]"};
  Names upstreams_{"[[upstream]]"};
};

}  // namespace

Problems check(const Config& config, const Origins& origins) {
  return Checker{config, origins}.run();
}

}  // namespace sluice::conf
