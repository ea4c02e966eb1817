#include "resolver/net/allowance_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

class FileAllowance : public ::testing::Test {
 protected:
  static std::filesystem::path make_folder() {
    std::string pattern = ::testing::TempDir() + "sluice-allowance-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    return pattern;
  }
  ~FileAllowance() override { std::filesystem::remove_all(folder); }
  std::optional<std::uint64_t> read(const std::string& content) {
    std::ofstream{folder / "dropped", std::ios::binary} << content;
    return source.read({"eth0", "eth1"});
  }

  const std::filesystem::path folder = make_folder();
  FileAllowanceSource source{folder / "dropped"};
};

TEST_F(FileAllowance, IsTheNumberInTheFileAtThatMoment) {
  EXPECT_EQ(read("0\n"), 0U);
  EXPECT_EQ(read("17"), 17U);
  EXPECT_EQ(read("  18446744073709551615 \n"), ~std::uint64_t{0});
  EXPECT_EQ(read("3\n"), 3U) << "a counter may begin anew";
}

TEST_F(FileAllowance, WhatIsNoNumberIsNoCount) {
  for (const char* text : {"", "\n", "x", "-1", "12x", "1.5", "0x10", "18446744073709551616"})
    EXPECT_EQ(read(text), std::nullopt) << text;
}

TEST_F(FileAllowance, NoFileIsNoCount) {
  EXPECT_EQ(source.read({}), std::nullopt);
  EXPECT_EQ(FileAllowanceSource{folder}.read({}), std::nullopt) << "a folder";
  ASSERT_EQ(::mkfifo((folder / "dropped").c_str(), 0600), 0);
  EXPECT_EQ(source.read({}), std::nullopt) << "and a FIFO does not hang us";
}

TEST(AllowanceSource, IsChosenByTheSetting) {
  EXPECT_EQ(make_allowance_source(""), nullptr);
  EXPECT_NE(dynamic_cast<EthtoolAllowanceSource*>(make_allowance_source("auto").get()), nullptr);
  EXPECT_NE(dynamic_cast<FileAllowanceSource*>(make_allowance_source("/run/x").get()), nullptr);
}

TEST(EthtoolAllowance, AnInterfaceWithoutCountersHasNone) {
  EthtoolAllowanceSource source;

  EXPECT_EQ(source.read({"lo"}), std::nullopt);
  EXPECT_EQ(source.read({"no-such-if0"}), std::nullopt);
  EXPECT_EQ(source.read({"a-name-longer-than-any-interface-has"}), std::nullopt);
  EXPECT_EQ(source.read({""}), std::nullopt);
  EXPECT_EQ(source.read({}), std::nullopt);
}

/// A pair of virtual interfaces has driver counters, though not ENA's; peer_ifindex is one whose
/// value we know.
TEST(EthtoolAllowance, ReadsTheDriversCounterOfThatName) {
  const bool has_run = in_private_network([] {
    if (std::system("ip link add one type veth peer name other 2>/dev/null") != 0) GTEST_SKIP();
    const std::uint64_t one = ::if_nametoindex("one");
    const std::uint64_t other = ::if_nametoindex("other");
    EthtoolAllowanceSource source{{"peer_ifindex", "rx_queue_0_drops", "no_such", "", ""}};

    EXPECT_EQ(source.read({"one"}), other);
    EXPECT_EQ(source.read({"one"}), other) << "again, from the place it remembers";
    EXPECT_EQ(source.read({"other"}), one);
    EXPECT_EQ(source.others()[static_cast<std::size_t>(Allowance::bw_in)], 0U);
    EXPECT_EQ(source.others()[static_cast<std::size_t>(Allowance::bw_out)], std::nullopt);
    EXPECT_EQ(source.read({"one", "other"}), one + other);
    EXPECT_EQ(source.read({"one", "lo"}), other) << "of those that have it";
    EXPECT_EQ((EthtoolAllowanceSource{{"peer_ifinde", "", "", "", ""}}.read({"one"})),
              std::nullopt);
    EXPECT_EQ(EthtoolAllowanceSource{}.read({"one"}), std::nullopt);

    ASSERT_EQ(std::system("ip link del one"), 0);
    EXPECT_EQ(source.read({"one"}), std::nullopt);
    // The same name with more queues, hence more counters.
    ASSERT_EQ(std::system("ip link add one numrxqueues 4 numtxqueues 4 type veth peer name other"),
              0);
    EXPECT_EQ(source.read({"one"}), ::if_nametoindex("other"));
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

}  // namespace
}  // namespace sluice::net
