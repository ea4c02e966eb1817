#include "conf/check.h"

#include <gmock/gmock.h>

#include "resolver/dns/presentation.h"

namespace sluice::conf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> problems(const Config& config) {
  std::vector<std::string> texts;
  for (const Problem& problem : check(config, Origins{.file = "f"}))
    texts.push_back(problem.to_string());
  return texts;
}

Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text, 53); }

/// A configuration whose only upstream has this server.
Config asking(std::string_view server) {
  Config config;
  config.upstreams[0].follow_system = false;
  config.upstreams[0].servers = {endpoint(server)};
  return config;
}

TEST(Check, LeavesOnePacketPerSecondAtLeast) {
  Config config;
  config.budgets[0].limit = 124;
  config.budgets[0].burst = 60;
  config.budgets[0].reserve = 64;
  EXPECT_THAT(problems(config), ElementsAre(HasSubstr("above burst + reserve, which is 124")));

  config.budgets[0].limit = 125;
  EXPECT_THAT(problems(config), IsEmpty());
}

TEST(Check, AddsUpABudgetWithoutWrappingRound) {
  Config config;
  config.budgets[0].burst = 0xffff'ffff;
  config.budgets[0].reserve = 2'000;
  EXPECT_THAT(problems(config), testing::SizeIs(1));
}

TEST(Check, RefusesAnUpstreamThatIsOurselves) {
  Config config = asking("127.0.0.53");
  EXPECT_THAT(problems(config), ElementsAre(HasSubstr("is ourselves")));

  config = asking("127.0.0.53:5300");
  EXPECT_THAT(problems(config), IsEmpty()) << "another port is another program";
}

TEST(Check, RefusesALoopbackUpstreamBehindAnUnspecifiedListener) {
  Config config = asking("127.0.0.1");
  config.server.listen = {endpoint("0.0.0.0")};
  EXPECT_THAT(problems(config), ElementsAre(HasSubstr("is ourselves")));

  config = asking("::1");
  config.server.listen = {endpoint("[::]:53")};
  EXPECT_THAT(problems(config), ElementsAre(HasSubstr("is ourselves")));

  config.server.listen = {endpoint("0.0.0.0:53")};
  EXPECT_THAT(problems(config), IsEmpty()) << "a listener has one family";
}

TEST(Check, TakesAnUpstreamOnLoopbackBesideAFreePort) {
  Config config = asking("127.0.0.1");
  config.server.listen = {endpoint("127.0.0.1:0")};
  EXPECT_THAT(problems(config), IsEmpty());
}

TEST(Check, KeepsAnInterfaceToOneBudget) {
  Config config;
  config.budgets[0].interfaces = {"eth0"};
  config.budgets.push_back(config.budgets[0]);
  config.budgets[1].name = "second";
  EXPECT_THAT(problems(config),
              ElementsAre(HasSubstr("budget[1].interface: \"eth0\" belongs to budget \"eni\"")));
}

TEST(Check, KeepsTheAdminServerOffTheDnsPort) {
  Config config;
  config.server.listen = {endpoint("127.0.0.1:9353")};
  EXPECT_THAT(problems(config), ElementsAre(HasSubstr("admin.listen")));

  config.server.listen = {endpoint("0.0.0.0:9353")};
  EXPECT_THAT(problems(config), ElementsAre(HasSubstr("admin.listen")));

  config.admin.listen = "";
  EXPECT_THAT(problems(config), IsEmpty());
}

TEST(Check, AllowsZonesWithoutTheRoot) {
  Config config;
  config.zones = {config.zones.front()};
  EXPECT_THAT(problems(config), IsEmpty());
}

/// A configuration with two networks.
Config with_networks(Network first, Network second) {
  Config config;
  config.networks = {std::move(first), std::move(second)};
  return config;
}

Prefix prefix(std::string_view text) { return *Prefix::parse(text); }

TEST(Check, KeepsAPrefixToOneNetwork) {
  EXPECT_THAT(problems(with_networks({"a", {prefix("192.0.2.0/24")}},
                                     {"b", {prefix("2001:db8::/32"), prefix("192.0.2.0/24")}})),
              ElementsAre("f: network[1].cidr: \"192.0.2.0/24\" belongs to network \"a\" already: "
                          "keep one"));
  EXPECT_THAT(
      problems(with_networks({"a", {prefix("192.0.2.0/24")}}, {"b", {prefix("192.0.2.0/25")}})),
      IsEmpty())
      << "the longer one is part of it, and wins";
}

TEST(Check, KeepsTheNameOfWhatIsInNoNetwork) {
  EXPECT_THAT(problems(with_networks({"a", {prefix("192.0.2.0/24")}},
                                     {"other", {prefix("2001:db8::/32")}})),
              ElementsAre(HasSubstr("network[1].name: \"other\" stands for every address in no")));
}

TEST(Check, BoundsTheNumberOfNetworks) {
  Config config;
  for (std::size_t i = 0; i < kMaxNetworks; ++i)
    config.networks.push_back(
        {"n" + std::to_string(i), {prefix("192.0.2." + std::to_string(i))}, 0});
  EXPECT_THAT(problems(config), IsEmpty());

  config.networks.push_back({"extra", {prefix("2001:db8::/32")}, 0});
  EXPECT_THAT(problems(config), ElementsAre("f: network: there may be 64, not 65"));
}

TEST(Check, BoundsTheNumberOfBudgetsUpstreamsAndZones) {
  Config config;
  for (std::size_t i = 1; i < kMaxBudgets; ++i)
    config.budgets.emplace_back().name = "b" + std::to_string(i);
  for (std::size_t i = 1; i < kMaxUpstreams; ++i)
    config.upstreams.emplace_back().name = "u" + std::to_string(i);
  while (config.zones.size() < kMaxZones) {
    config.zones.push_back(config.zones.front());
    config.zones.back().name =
        *dns::parse_name("z" + std::to_string(config.zones.size()) + ".example");
  }
  EXPECT_THAT(problems(config), IsEmpty());

  config.budgets.emplace_back().name = "extra";
  config.upstreams.emplace_back().name = "extra";
  config.zones.push_back(config.zones.front());
  config.zones.back().name = *dns::parse_name("extra.example");
  EXPECT_THAT(problems(config), ElementsAre("f: budget: there may be 16, not 17",
                                            "f: upstream: there may be 256, not 257",
                                            "f: zone: there may be 1024, not 1025"));
}

}  // namespace
}  // namespace sluice::conf
