#include "conf/audit.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "conf/load.h"
#include "resolver/dns/presentation.h"
#include "resolver/local/blocklist.h"
#include "resolver/local/local_names.h"
#include "resolver/local/local_records.h"

namespace sluice::conf {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr HashKey kHashKey{.k0 = 17, .k1 = 42};

Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text, 53); }
dns::Name name(std::string_view text) { return *dns::parse_name(text); }

/// What is answered on a host with this configuration and the names on a blocklist.
std::shared_ptr<const local::LocalNames> local_names(const Config& config,
                                                     std::string_view blocked = "") {
  std::vector<dns::ZoneRecord> records;
  for (const Record& record : config.records) records.push_back(record.parsed);
  local::Parts parts{.hash_key = kHashKey};
  parts.special_use = config.local.special_use;
  parts.records = std::make_shared<const local::LocalRecords>(records, kHashKey);
  parts.blocklists = {std::make_shared<const local::Blocklist>(
      local::Blocklist::Options{.name = "ads", .key = kHashKey}, std::string{blocked})};
  return std::make_shared<const local::LocalNames>(std::move(parts));
}

/// A host as they are: glibc's defaults, Linux' range of ports, systemd's limit of files.
HostFacts sane_host(const Config& config) {
  HostFacts host;
  host.asks_us = true;
  host.ports = 28'232;
  host.open_files = 524'288;
  host.local_names = local_names(config);
  return host;
}

/// "key: text" of each advice.
std::vector<std::string> advice(const Config& config, const HostFacts& host) {
  std::vector<std::string> lines;
  for (const Advice& each : audit(config, host)) lines.push_back(each.key + ": " + each.text);
  return lines;
}

Config parsed(std::string_view toml) {
  const auto loaded = load_text(toml, "test");
  EXPECT_TRUE(loaded);
  return loaded ? loaded.value() : Config{};
}

/// One upstream and the root's rule, and what is in `more`.
Config with(std::string_view more) {
  return parsed("[[zone]]\nname = \".\"\nupstream = \"system\"\n" + std::string{more});
}

TEST(Audit, SaysNothingOfTheDefaultsAndOfPresets) {
  const std::filesystem::path folder = std::filesystem::path{SLUICE_SOURCE_DIR} / "conf";
  for (const char* file : {"sluice.toml", "presets/aws-host.toml", "presets/pod-sidecar.toml",
                           "presets/node.toml", "presets/demo.toml"}) {
    const auto loaded = load_file(folder / file);
    ASSERT_TRUE(loaded) << file;
    HostFacts host = sane_host(loaded.value());
    EXPECT_THAT(advice(loaded.value(), host), IsEmpty()) << file;
    host.platform = Platform::ec2;
    EXPECT_THAT(advice(loaded.value(), host), IsEmpty()) << file << " on EC2";
  }
}

TEST(Audit, JudgesNothingByFactsThatAreNotKnown) {
  EXPECT_THAT(advice(with("[[zone]]\nname = \"a.example\"\nupstream = \"system\""), HostFacts{}),
              IsEmpty());
}

TEST(Audit, WritesOneLineForEachAdvice) {
  EXPECT_EQ((Advice{"server.deadline", "is long"}.to_string("f.toml")),
            "f.toml: warning: server.deadline: is long");
}

TEST(ClientAudit, ComparesTheDeadlineWithAllThatAProgramWaitsForUs) {
  const Config config;  // deadline 4500 ms
  HostFacts host = sane_host(config);
  host.stub = {.timeout = 2s, .attempts = 2};
  EXPECT_THAT(
      advice(config, host),
      ElementsAre(AllOf(StartsWith("server.deadline: programs of this host give up after 4s "
                                   "(resolv.conf: timeout:2 attempts:2)"),
                        HasSubstr("for 4500ms"), HasSubstr("set it below 4s"))));

  host.stub.attempts = 3;
  EXPECT_THAT(advice(config, host), IsEmpty()) << "its repeated queries join the first";
}

TEST(ClientAudit, ComparesTheDeadlineWithOneTryIfThereIsSomebodyElseToAsk) {
  Config config;
  HostFacts host = sane_host(config);
  host.asks_others = {endpoint("192.0.2.1")};
  EXPECT_THAT(advice(config, host), IsEmpty()) << "5 s are more than 4.5 s";

  host.stub.timeout = 3s;
  EXPECT_THAT(advice(config, host),
              ElementsAre(AllOf(StartsWith("server.deadline: programs of this host go on to "
                                           "192.0.2.1:53 after 3s"),
                                HasSubstr("past our budget"), HasSubstr("set it below 3s"))));

  config.server.deadline = 2'999ms;
  EXPECT_THAT(advice(config, host), IsEmpty());
  config.server.deadline = 3'000ms;
  EXPECT_THAT(advice(config, host), testing::SizeIs(1)) << "both at once";
}

TEST(ClientAudit, DoesNotJudgeAHostThatAsksSomebodyElse) {
  const Config config;
  HostFacts host = sane_host(config);
  host.asks_us = false;
  host.stub = {.timeout = 1s, .attempts = 1, .ndots = 5, .search = {name("corp.example")}};
  EXPECT_THAT(advice(config, host), IsEmpty());
}

TEST(ClientAudit, TellsByHowMuchASearchListMultipliesQueries) {
  const Config config;
  HostFacts host = sane_host(config);
  host.stub.search = {name("ns.svc.cluster.example"), name("svc.cluster.example"),
                      name("cluster.example")};
  EXPECT_THAT(advice(config, host), IsEmpty()) << "with ndots:1 a full name is tried first";

  host.stub.ndots = 5;
  EXPECT_THAT(advice(config, host),
              ElementsAre(AllOf(StartsWith("zone.search_tlds: resolv.conf has ndots:5"),
                                HasSubstr("up to 4 times"), HasSubstr("3 of these suffixes"))));
}

TEST(ClientAudit, LeavesOutSuffixesThatCostNoPacket) {
  const Config config = with(R"(
    [[zone]]
    name = ["svc.cluster.example", "ns.svc.cluster.example"]
    upstream = "system"
    weight = 50
    search_tlds = ["com", "net"]
    [[zone]]
    name = "cluster.example"
    upstream = "system"
    nxdomain_cut = true
  )");
  HostFacts host = sane_host(config);
  host.stub.ndots = 5;
  host.stub.search = {name("ns.svc.cluster.example"), name("svc.cluster.example"),
                      name("cluster.example"), name("home.arpa")};
  EXPECT_THAT(advice(config, host), Not(Contains(StartsWith("zone.search_tlds"))));

  host.stub.search.push_back(name("x.svc.cluster.example"));
  EXPECT_THAT(advice(config, host), Contains(HasSubstr("1 of these suffixes")))
      << "search_tlds is for the zone's own name alone";
}

TEST(TryAudit, WantsTimeToAskAgain) {
  Config config;
  config.server.deadline = 799ms;
  EXPECT_THAT(advice(config, sane_host(config)),
              ElementsAre(AllOf(StartsWith("server.deadline: 799ms leaves no time to ask again"),
                                HasSubstr("at least 400ms"), HasSubstr("set it to 800ms"))));

  config.server.deadline = 800ms;
  EXPECT_THAT(advice(config, sane_host(config)), IsEmpty());
}

TEST(TryAudit, TellsWhichServersComeTooLate) {
  Config config;
  Upstream& upstream = config.upstreams[0];
  upstream.follow_system = false;
  for (int i = 1; i <= 11; ++i)
    upstream.servers.push_back(endpoint("192.0.2." + std::to_string(i)));
  EXPECT_THAT(advice(config, sane_host(config)), IsEmpty()) << "11 times 400 ms are 4.4 s";

  upstream.servers.push_back(endpoint("192.0.2.12"));
  EXPECT_THAT(advice(config, sane_host(config)),
              ElementsAre(AllOf(StartsWith("upstream[system].servers: of 12 servers at most 11"),
                                HasSubstr("4500ms"))));
}

TEST(BudgetAudit, ComparesTheLimitWithWhatEc2Lets) {
  Config config;
  config.budgets[0].limit = 1'025;
  HostFacts host = sane_host(config);
  EXPECT_THAT(advice(config, host), IsEmpty()) << "elsewhere it is the operator's to know";

  host.platform = Platform::ec2;
  EXPECT_THAT(advice(config, host),
              ElementsAre(AllOf(StartsWith("budget[eni].limit: 1025 is above the 1024 packets"),
                                HasSubstr("set it to 1024"))));

  config.upstreams[0].follow_system = false;
  for (const char* resolver : {"169.254.169.253", "[fd00:ec2::253]"}) {
    config.upstreams[0].servers = {endpoint(resolver)};
    EXPECT_THAT(advice(config, host), testing::SizeIs(1)) << resolver;
  }
  config.upstreams[0].servers = {endpoint("192.0.2.1")};
  EXPECT_THAT(advice(config, host), IsEmpty()) << "no link-local service";
}

TEST(BudgetAudit, WantsABudgetForTheCloudsResolver) {
  Config config;
  config.upstreams[0].budget = "";
  HostFacts host = sane_host(config);
  EXPECT_THAT(advice(config, host), IsEmpty());

  host.platform = Platform::ec2;
  EXPECT_THAT(advice(config, host),
              ElementsAre(AllOf(StartsWith("upstream[system].budget: it has none"),
                                HasSubstr("1024"), HasSubstr("name a [[budget]]"))));
}

TEST(BudgetAudit, WantsAReserve) {
  Config config;
  config.budgets[0].reserve = 0;
  EXPECT_THAT(advice(config, sane_host(config)),
              ElementsAre(AllOf(StartsWith("budget[eni].reserve: rate and burst take the whole "
                                           "limit of 1024"),
                                HasSubstr("leave 60"))));

  config.budgets[0].reserve = 1;
  EXPECT_THAT(advice(config, sane_host(config)), IsEmpty());
}

TEST(RuleAudit, FindsARuleThatARecordHides) {
  const Config config = with(R"(
    [[zone]]
    name = "sub.dev.example"
    upstream = "system"
    weight = 10
    [[record]]
    data = "*.dev.example. A 127.0.0.1"
  )");
  EXPECT_THAT(advice(config, sane_host(config)),
              ElementsAre(AllOf(StartsWith("zone[sub.dev.example.].name: every name in it is "
                                           "answered by a [[record]]"),
                                HasSubstr("never used"))));
}

TEST(RuleAudit, LeavesARuleOfWhichARecordTakesOneName) {
  const Config config = with(R"(
    [[zone]]
    name = "dev.example"
    upstream = "system"
    weight = 10
    [[record]]
    data = ["dev.example. A 127.0.0.1", "*.other.example. A 127.0.0.1"]
  )");
  EXPECT_THAT(advice(config, sane_host(config)), IsEmpty());
}

TEST(RuleAudit, FindsARuleBelowABlockedName) {
  const Config config =
      with("[[zone]]\nname = \"cdn.ads.example\"\nupstream = \"system\"\nweight = 10");
  HostFacts host = sane_host(config);
  EXPECT_THAT(advice(config, host), IsEmpty());

  host.local_names = local_names(config, "ads.example\n");
  EXPECT_THAT(advice(config, host), ElementsAre(AllOf(StartsWith("zone[cdn.ads.example.].name"),
                                                      HasSubstr("answered by a [[blocklist]]"))));
}

TEST(RuleAudit, FindsARuleThatIsLikeTheOneAboveIt) {
  constexpr std::string_view kRules = R"(
    [[zone]]
    name = "corp.example"
    upstream = "system"
    weight = 10
    [[zone]]
    name = "a.very.corp.example"
    upstream = "system"
    weight = 10
  )";
  const Config config = with(kRules);
  EXPECT_THAT(advice(config, sane_host(config)),
              ElementsAre(AllOf(StartsWith("zone[a.very.corp.example.].name: has the same upstream "
                                           "and options as \"corp.example.\""),
                                HasSubstr("remove it"))));

  for (const char* option : {"max_wait = \"1s\"", "nxdomain_cut = true",
                             "private_answers = \"strip\"", "search_tlds = [\"com\"]"}) {
    const Config other = with(std::string{kRules} + option);
    EXPECT_THAT(advice(other, sane_host(other)), IsEmpty()) << option;
  }
}

TEST(RuleAudit, LeavesARuleByWhichASpecialUseNameIsAskedFor) {
  const Config config = with(
      "[[zone]]\nname = [\"home.arpa\", \"10.in-addr.arpa\", \"in-addr.arpa\"]\n"
      "upstream = \"system\"");
  const auto lines = advice(config, sane_host(config));
  EXPECT_THAT(lines, ElementsAre(StartsWith("zone[10.in-addr.arpa.].name")))
      << "in-addr.arpa has done it already";

  const Config plain = with("[[zone]]\nname = \"corp.example\"\nupstream = \"system\"");
  EXPECT_THAT(advice(plain, sane_host(plain)), ElementsAre(StartsWith("zone[corp.example.].name")));
}

TEST(CapacityAudit, TellsHowManyQuestionsThePortsAllow) {
  const Config config;  // max_exchanges 4096
  HostFacts host = sane_host(config);
  host.ports = 4'096;
  EXPECT_THAT(advice(config, host), IsEmpty());

  host.ports = 1'000;
  EXPECT_THAT(advice(config, host),
              ElementsAre(AllOf(StartsWith("server.max_exchanges: 4096 exchanges need a port each, "
                                           "but this host has 1000"),
                                HasSubstr("for 10s"), HasSubstr("100 a second"))));
}

TEST(CapacityAudit, TellsHowManyQuestionsTheLimitOfFilesAllows) {
  const Config config;  // 256 connections of clients
  HostFacts host = sane_host(config);
  host.open_files = 4'096 + 512 + 256;
  EXPECT_THAT(advice(config, host), IsEmpty());

  host.open_files = 1'024;
  EXPECT_THAT(
      advice(config, host),
      ElementsAre(AllOf(StartsWith("server.max_exchanges: 4096 exchanges need a socket each, "
                                   "but the limit of open files, 1024, has room for 512"),
                        HasSubstr("51 a second"), HasSubstr("LimitNOFILE"))));
}

TEST(CapacityAudit, LeavesHalfOfAFewFilesToTheRest) {
  const Server server;  // 256 connections
  EXPECT_EQ(exchanges_within(100, server), 50u);
  EXPECT_EQ(exchanges_within(1'536, server), 768u);
  EXPECT_EQ(exchanges_within(10'000, server), 9'232u);
}

}  // namespace
}  // namespace sluice::conf
