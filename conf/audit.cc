#include "conf/audit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "conf/value_form.h"
#include "resolver/local/local_names.h"
#include "resolver/local/private_answers.h"

namespace sluice::conf {

namespace {

/// Descriptors for everything but exchanges and clients' connections.
constexpr std::uint64_t kOtherDescriptors = 512;

std::string show(milliseconds duration) { return form::Duration::show(duration.count()); }

std::string per_second(std::uint64_t exchanges) {
  return std::to_string(exchanges / static_cast<std::uint64_t>(kExchangeLinger.count())) +
         " a second";
}

/// fd00:ec2::/32, where the IPv6 addresses of EC2's services are.
constexpr Prefix kEc2Services{
    {.bytes = {0xfd, 0, 0x0e, 0xc2}, .scope = 0, .family = Address::Family::ipv6}, 32};

/// Such as 169.254.169.253 and fd00:ec2::253.
bool is_cloud_resolver(const Address& address) {
  return address.is_link_local() || kEc2Services.contains(address);
}

/// Whether queries to the upstream count against what an EC2 interface may send. The servers of
/// resolv.conf are the VPC's unless somebody has changed that.
bool is_limited_by_ec2(const Upstream& upstream) {
  return upstream.follow_system ||
         std::ranges::any_of(upstream.servers, [](const Endpoint& server) {
           return is_cloud_resolver(server.address);
         });
}

std::string key_of(std::string_view section, const std::string& name, std::string_view key) {
  return std::string{section} + "[" + name + "]." + std::string{key};
}

/// What a source of local names is in the file.
std::string_view section_of(local::Source source) {
  switch (source) {
    case local::Source::record:
      return "a [[record]]";
    case local::Source::hosts:
      return "the hosts file";
    case local::Source::own_name:
      return "local.own_name";
    case local::Source::blocklist:
      return "a [[blocklist]]";
    case local::Source::special_use:
      return "local.special_use";
  }
  return "the host itself";
}

class Auditor {
 public:
  Auditor(const Config& config, const HostFacts& host) : config_{config}, host_{host} {
    for (const Zone& zone : config.zones) zones_.emplace(dns::to_string(zone.name), &zone);
  }

  std::vector<Advice> run() {
    if (host_.asks_us) look_at_clients();
    if (host_.asks_us) look_at_search_list();
    look_at_tries();
    for (const Budget& budget : config_.budgets) look_at_budget(budget);
    look_at_unlimited();
    for (const Zone& zone : config_.zones) look_at_zone(zone);
    look_at_ports();
    look_at_files();
    return std::move(advice_);
  }

 private:
  void add(std::string key, std::string text) {
    advice_.push_back({.key = std::move(key), .text = std::move(text)});
  }

  [[nodiscard]] const Upstream* upstream_of(const Zone& zone) const {
    const auto it = std::ranges::find(config_.upstreams, zone.upstream, &Upstream::name);
    return it == config_.upstreams.end() ? nullptr : &*it;
  }

  /// With no other server to ask, a program repeats the query, which joins the first one; so it is
  /// the sum of its waits that counts.
  void look_at_clients() {
    const milliseconds deadline = config_.server.deadline;
    const milliseconds one = host_.stub.timeout;
    const bool has_others = !host_.asks_others.empty();
    const milliseconds wait = has_others ? one : one * host_.stub.attempts;
    if (deadline < wait) return;
    const std::string options =
        "resolv.conf: timeout:" + std::to_string(host_.stub.timeout.count()) +
        " attempts:" + std::to_string(host_.stub.attempts);
    if (has_others)
      add("server.deadline",
          "programs of this host go on to " + host_.asks_others.front().to_string() + " after " +
              show(wait) + " (" + options + "), but we work on a query for " + show(deadline) +
              ": what is slow is asked twice, the second time past our budget and cache; set it "
              "below " +
              show(wait) + ", or take the other nameserver out of resolv.conf");
    else
      add("server.deadline", "programs of this host give up after " + show(wait) + " (" + options +
                                 "), but we work on a query for " + show(deadline) +
                                 ": later answers, stale ones and the reasons of failures reach "
                                 "nobody; set it below " +
                                 show(wait) + ", or raise the options of resolv.conf");
  }

  /// A name that is tried in the search list first is asked for once more for each suffix.
  void look_at_search_list() {
    const StubOptions& stub = host_.stub;
    if (stub.ndots <= 1) return;
    const auto asked = static_cast<std::size_t>(std::ranges::count_if(
        stub.search, [this](const dns::Name& suffix) { return !is_cut_short(suffix); }));
    if (asked == 0) return;
    add("zone.search_tlds",
        "resolv.conf has ndots:" + std::to_string(stub.ndots) + " and a search list of " +
            std::to_string(stub.search.size()) + ", so a name with fewer dots is asked for up to " +
            std::to_string(stub.search.size() + 1) + " times, and as often again for IPv6; " +
            std::to_string(asked) +
            " of these suffixes cost packets each time: give each a [[zone]] with search_tlds or "
            "nxdomain_cut, set ndots:1, or write names with a final dot");
  }

  /// Whether a public name below the suffix is answered without asking, most of the time.
  [[nodiscard]] bool is_cut_short(const dns::Name& suffix) {
    const Zone* const zone = zone_above(suffix);
    if (zone == nullptr) return true;  // REFUSED
    return zone->nxdomain_cut || (zone->name == suffix && !zone->search_tlds.empty()) ||
           answered_here(suffix, *zone).has_value();
  }

  void look_at_tries() {
    const milliseconds deadline = config_.server.deadline;
    if (deadline < 2 * kShortestTry)
      add("server.deadline", show(deadline) +
                                 " leaves no time to ask again, since an answer is "
                                 "waited for at least " +
                                 show(kShortestTry) +
                                 ": one lost packet ends in SERVFAIL; set it to " +
                                 show(2 * kShortestTry) + " or more");
    const auto in_time = static_cast<std::size_t>(deadline / kShortestTry);
    for (const Upstream& upstream : config_.upstreams)
      if (upstream.servers.size() > std::max<std::size_t>(in_time, 1))
        add(key_of("upstream", upstream.name, "servers"),
            "of " + std::to_string(upstream.servers.size()) + " servers at most " +
                std::to_string(std::max<std::size_t>(in_time, 1)) + " can be asked within " +
                show(deadline) + " (server.deadline), since each is waited for at least " +
                show(kShortestTry) +
                ": while the first are silent, the others cannot help; list fewer");
  }

  void look_at_budget(const Budget& budget) {
    const bool is_limited = std::ranges::any_of(config_.upstreams, [&](const Upstream& upstream) {
      return upstream.budget == budget.name && is_limited_by_ec2(upstream);
    });
    if (host_.platform == Platform::ec2 && is_limited && budget.limit > kEc2LinkLocalPackets)
      add(key_of("budget", budget.name, "limit"),
          std::to_string(budget.limit) + " is above the " + std::to_string(kEc2LinkLocalPackets) +
              " packets per second that an interface of EC2 may send to link-local services: what "
              "is above vanishes without a trace; set it to " +
              std::to_string(kEc2LinkLocalPackets) + ", and list more interfaces if you have them");
    if (budget.reserve == 0)
      add(key_of("budget", budget.name, "reserve"),
          "rate and burst take the whole limit of " + std::to_string(budget.limit) +
              ", so that any packet of other programs (metadata, time), or of a process that was "
              "stalled, is above it and lost; leave " +
              std::to_string(budget.burst) + ", the burst, or more");
  }

  void look_at_unlimited() {
    if (host_.platform != Platform::ec2) return;
    for (const Upstream& upstream : config_.upstreams)
      if (upstream.budget.empty() && is_limited_by_ec2(upstream))
        add(key_of("upstream", upstream.name, "budget"),
            "it has none, but an interface of EC2 may send " +
                std::to_string(kEc2LinkLocalPackets) +
                " packets per second to link-local services, and what is above vanishes without a "
                "trace; name a [[budget]]");
  }

  void look_at_zone(const Zone& zone) {
    if (const auto source = answered_here(zone.name, zone)) {
      add(zone_key(zone), "every name in it is answered by " + std::string{section_of(*source)} +
                              ", which comes first: the rule is never used; remove one of the two");
      return;
    }
    if (zone.name.is_root()) return;
    const Zone* const above = zone_above(zone.name.parent());
    if (above == nullptr || !is_alike(zone, *above) || keeps_from_special_use(zone, *above)) return;
    add(zone_key(zone),
        "has the same upstream and options as \"" + dns::to_string(above->name) +
            "\" above it: only its time-outs and its turn in the queue are its own; "
            "remove it, or give it what it should have");
  }

  static std::string zone_key(const Zone& zone) {
    return key_of("zone", dns::to_string(zone.name), "name");
  }

  static bool is_alike(Zone zone, const Zone& other) {
    zone.name = other.name;
    return zone == other;
  }

  /// Whether a rule is there so that its names are asked for although they are special-use names,
  /// which yield to rules as specific as they are.
  [[nodiscard]] bool keeps_from_special_use(const Zone& zone, const Zone& above) {
    if (!host_.local_names || answered_here(zone.name, above)) return true;
    // The reverse zones of private addresses, below this one, yield to every rule but the root's.
    return above.name.is_root() && zone.name.is_at_or_below(*dns::parse_name("arpa"));
  }

  /// The rule that covers the name.
  [[nodiscard]] const Zone* zone_above(dns::Name name) const {
    for (;; name = name.parent()) {
      if (const auto it = zones_.find(dns::to_string(name)); it != zones_.end()) return it->second;
      if (name.is_root()) return nullptr;
    }
  }

  /// By what the host answers both the name and a name below it that nobody has thought of, if
  /// `rule` covers them; nullopt if it does not answer one of them.
  [[nodiscard]] std::optional<local::Source> answered_here(const dns::Name& name,
                                                           const Zone& rule) {
    if (!host_.local_names) return std::nullopt;
    const Upstream* const upstream = upstream_of(rule);
    local::Covering covering{.rule_labels = rule.name.label_count()};
    if (upstream != nullptr)
      covering.may_serve_private = std::ranges::any_of(
          upstream->servers,
          [](const Endpoint& server) { return local::is_private(server.address); });
    const std::string suffix = name.is_root() ? "" : dns::to_string(name);
    const auto below = dns::parse_name("sluice-audit." + suffix);
    const auto ask = [&](const dns::Name& asked) {
      const dns::Question question{.name = asked, .type = dns::Type::a};
      return host_.local_names->answer(question, covering, room_);
    };
    if (!ask(name)) return std::nullopt;
    const auto answer = ask(below.value_or(name));
    return answer ? std::optional{answer->source} : std::nullopt;
  }

  void look_at_ports() {
    const std::uint32_t wanted = config_.server.max_exchanges;
    if (!host_.ports || *host_.ports >= wanted) return;
    add("server.max_exchanges",
        std::to_string(wanted) + " exchanges need a port each, but this host has " +
            std::to_string(*host_.ports) +
            " (net.ipv4.ip_local_port_range without ip_local_reserved_ports): one more fails; an "
            "exchange that is not answered keeps its port for " +
            show(kExchangeLinger) + ", so a silent upstream is asked " + per_second(*host_.ports) +
            " at most; widen the range, or lower max_exchanges");
  }

  void look_at_files() {
    if (!host_.open_files) return;
    const std::uint32_t wanted = config_.server.max_exchanges;
    const std::uint64_t room = exchanges_within(*host_.open_files, config_.server);
    if (room >= wanted) return;
    add("server.max_exchanges",
        std::to_string(wanted) + " exchanges need a socket each, but the limit of open files, " +
            std::to_string(*host_.open_files) + ", has room for " + std::to_string(room) +
            ": they are what is used; an exchange that is not answered keeps its socket for " +
            show(kExchangeLinger) + ", so a silent upstream is asked " + per_second(room) +
            " at most; raise LimitNOFILE, or lower max_exchanges");
  }

  const Config& config_;
  const HostFacts& host_;
  std::map<std::string, const Zone*> zones_;  // by name
  std::vector<Advice> advice_;
  std::vector<std::byte> room_ = std::vector<std::byte>(local::kMaxLocalAnswer);  // for answers
};

}  // namespace

std::string Advice::to_string(const std::string& file) const {
  return file + ": warning: " + key + ": " + text;
}

std::vector<Advice> audit(const Config& config, const HostFacts& host) {
  return Auditor{config, host}.run();
}

std::uint64_t exchanges_within(std::uint64_t open_files, const Server& server) noexcept {
  const std::uint64_t others = kOtherDescriptors + server.tcp_connections;
  return open_files > 2 * others ? open_files - others : open_files / 2;
}

}  // namespace sluice::conf
