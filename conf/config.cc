#include "conf/config.h"

#include <string_view>

#include "resolver/base/assert.h"
#include "resolver/dns/presentation.h"

namespace sluice::conf {

namespace {

constexpr std::string_view kBudget = "eni";
constexpr std::string_view kUpstream = "system";

/// Of the default 100: a job that resolves every address in its logs must not slow down the names
/// that people wait for.
constexpr std::uint32_t kReverseWeight = 10;

Zone zone(std::string_view text, std::uint32_t weight = Zone{}.weight) {
  const auto name = dns::parse_name(text);
  SLUICE_ASSERT(name);
  Zone result;
  result.name = *name;
  result.upstream = kUpstream;
  result.weight = weight;
  return result;
}

/// The reverse zones of private addresses (RFC 1918, RFC 6303) are fast and wanted, those of all
/// other addresses slow and many: as separate rules neither spoils the other's time-outs.
std::vector<Zone> default_zones() {
  std::vector<Zone> zones{zone("10.in-addr.arpa"), zone("168.192.in-addr.arpa")};
  for (int octet = 16; octet <= 31; ++octet)
    zones.push_back(zone(std::to_string(octet) + ".172.in-addr.arpa"));
  zones.push_back(zone("in-addr.arpa", kReverseWeight));
  zones.push_back(zone("ip6.arpa", kReverseWeight));
  zones.push_back(zone("."));
  return zones;
}

}  // namespace

Config::Config() : zones{default_zones()} {
  const auto stub = Endpoint::parse("127.0.0.53:53", 53);
  SLUICE_ASSERT(stub);
  server.listen = {*stub};

  Budget& budget = budgets.emplace_back();
  budget.name = kBudget;

  Upstream& upstream = upstreams.emplace_back();
  upstream.name = kUpstream;
  upstream.follow_system = true;
  upstream.budget = kBudget;
}

}  // namespace sluice::conf
