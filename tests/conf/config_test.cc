#include "conf/config.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "conf/check.h"
#include "resolver/dns/presentation.h"

namespace sluice::conf {
namespace {

const Zone* find_zone(const Config& config, std::string_view text) {
  const auto name = dns::parse_name(text);
  const auto it =
      std::ranges::find_if(config.zones, [&](const Zone& zone) { return zone.name == name; });
  return it == config.zones.end() ? nullptr : &*it;
}

TEST(DefaultConfig, ListensWhereTheStubResolverDoes) {
  const Config config;

  ASSERT_EQ(config.server.listen.size(), 1u);
  EXPECT_EQ(config.server.listen[0].to_string(), "127.0.0.53:53");
}

TEST(DefaultConfig, ForwardsEverythingToTheSystemsResolversUnderOneBudget) {
  const Config config;

  ASSERT_EQ(config.budgets.size(), 1u);
  EXPECT_EQ(config.budgets[0].name, "eni");
  ASSERT_EQ(config.upstreams.size(), 1u);
  EXPECT_TRUE(config.upstreams[0].follow_system);
  EXPECT_TRUE(config.upstreams[0].servers.empty());
  EXPECT_EQ(config.upstreams[0].budget, "eni");
  for (const Zone& zone : config.zones) EXPECT_EQ(zone.upstream, config.upstreams[0].name);
  ASSERT_NE(find_zone(config, "."), nullptr);
}

TEST(DefaultConfig, WeighsPrivateReverseZonesLikeOrdinaryNamesAndAllOthersATenth) {
  const Config config;

  for (const char* name : {"10.in-addr.arpa", "168.192.in-addr.arpa", "16.172.in-addr.arpa",
                           "31.172.in-addr.arpa", "."}) {
    ASSERT_NE(find_zone(config, name), nullptr) << name;
    EXPECT_EQ(find_zone(config, name)->weight, 100u) << name;
  }
  for (const char* name : {"in-addr.arpa", "ip6.arpa"}) {
    ASSERT_NE(find_zone(config, name), nullptr) << name;
    EXPECT_EQ(find_zone(config, name)->weight, 10u) << name;
  }
  EXPECT_EQ(find_zone(config, "15.172.in-addr.arpa"), nullptr);
  EXPECT_EQ(find_zone(config, "32.172.in-addr.arpa"), nullptr);
}

TEST(DefaultConfig, HasNoProblem) { EXPECT_EQ(check(Config{}, Origins{}), Problems{}); }

}  // namespace
}  // namespace sluice::conf
