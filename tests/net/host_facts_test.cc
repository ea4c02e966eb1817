#include "resolver/net/host_facts.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "conf/audit.h"
#include "policy/rtt_estimator.h"
#include "resolver/net/cares_exchange.h"
#include "tests/policy/temporary_folder.h"

namespace sluice::net {
namespace {

class HostFactsTest : public ::testing::Test {
 protected:
  void write(const std::filesystem::path& path, const std::string& text) const {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text;
  }
  [[nodiscard]] conf::HostFacts read(const std::string& own = "127.0.0.53:53") const {
    const std::vector listen{*Endpoint::parse(own, 53)};
    return read_host_facts(listen, paths);
  }
  /// How many ports are left of a range.
  [[nodiscard]] std::optional<std::uint32_t> ports(const std::string& range,
                                                   const std::string& reserved) const {
    write(paths.ipv4 / "ip_local_port_range", range);
    write(paths.ipv4 / "ip_local_reserved_ports", reserved);
    return read().ports;
  }

  const policy::TemporaryFolder folder;
  const HostPaths paths{.resolv_conf = std::filesystem::path{folder.path()} / "resolv.conf",
                        .dmi = std::filesystem::path{folder.path()} / "dmi",
                        .ipv4 = std::filesystem::path{folder.path()} / "ipv4"};
};

TEST_F(HostFactsTest, OfAHostThatSaysNothingAreNotKnown) {
  const conf::HostFacts facts = read();
  EXPECT_FALSE(facts.asks_us);
  EXPECT_TRUE(facts.asks_others.empty());
  EXPECT_EQ(facts.stub, conf::StubOptions{});
  EXPECT_EQ(facts.platform, conf::Platform::unknown);
  EXPECT_EQ(facts.ports, std::nullopt);
  EXPECT_EQ(facts.local_names, nullptr);
}

TEST_F(HostFactsTest, TellWhomItsProgramsAsk) {
  write(paths.resolv_conf, "nameserver 127.0.0.53\noptions timeout:1\n");
  EXPECT_TRUE(read().asks_us);
  EXPECT_TRUE(read().asks_others.empty());
  EXPECT_EQ(read().stub.timeout, std::chrono::seconds{1});
  EXPECT_FALSE(read("127.0.0.1:53").asks_us);
  EXPECT_FALSE(read("127.0.0.53:5353").asks_us) << "programs ask port 53";
  EXPECT_TRUE(read("0.0.0.0:53").asks_us);

  write(paths.resolv_conf,
        "nameserver 192.0.2.1\nnameserver 127.0.0.53\nnameserver 192.0.2.2\n"
        "nameserver 192.0.2.3\n");
  EXPECT_TRUE(read().asks_us);
  EXPECT_EQ(read().asks_others,
            (std::vector{*Endpoint::parse("192.0.2.1", 53), *Endpoint::parse("192.0.2.2", 53)}))
      << "glibc asks the first three";
}

TEST_F(HostFactsTest, KnowEc2ByTheMakersName) {
  write(paths.dmi / "sys_vendor", "Amazon EC2\n");
  EXPECT_EQ(read().platform, conf::Platform::ec2);
  write(paths.dmi / "sys_vendor", "Xen\n");
  EXPECT_EQ(read().platform, conf::Platform::unknown);
  write(paths.dmi / "board_vendor", "Amazon EC2\n");
  EXPECT_EQ(read().platform, conf::Platform::ec2);
}

TEST_F(HostFactsTest, CountPortsThatAreNotReserved) {
  EXPECT_EQ(ports("32768\t60999\n", "\n"), 28'232u);
  EXPECT_EQ(ports("1000\t1999\n", "80,999-1009,1500,1999-2100\n"), 1'000u - 10 - 1 - 1);
  EXPECT_EQ(ports("1000\t1000\n", "1000\n"), 0u);
  EXPECT_EQ(ports("1000\t1999\n", "1500-"), 1'000u) << "cut off";
  EXPECT_EQ(ports("", ""), std::nullopt);
  EXPECT_EQ(ports("nonsense\n", ""), std::nullopt);
}

TEST_F(HostFactsTest, HaveTheHardLimitOfFiles) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(read().open_files, limit.rlim_max);
}

TEST(Audit, CountsWithTheTimesThatTheEngineTakes) {
  EXPECT_EQ(conf::kShortestTry, policy::RttEstimator::kFloor);
  EXPECT_EQ(conf::kExchangeLinger, CaresExchange::Limits{}.linger);
}

}  // namespace
}  // namespace sluice::net
