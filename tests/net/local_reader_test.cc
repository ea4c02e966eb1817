#include "resolver/net/local_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "resolver/dns/presentation.h"
#include "resolver/net/local_files.h"
#include "tests/net/private_network.h"

namespace sluice::net {
namespace {

namespace fs = std::filesystem;

using Reading = std::shared_ptr<const LocalReading>;

dns::Question question(const std::string& name) {
  return {.name = *dns::parse_name(name), .type = dns::Type::a, .klass = dns::Class::in};
}

bool is_local(const Reading& reading, const std::string& name) {
  return reading->names->covers(question(name), {});
}

class LocalReaderOnFiles : public testing::Test {
 protected:
  LocalReaderOnFiles() {
    std::string pattern = testing::TempDir() + "local_reader_test.XXXXXX";
    folder = ::mkdtemp(pattern.data());
    write("hosts", "192.0.2.1 printer.example\n");
    write("ads", "ads.example\n");
    spec.hash_key = {.k0 = 1, .k1 = 2};
    spec.hosts = folder / "hosts";
    spec.blocklists = {{.file = folder / "ads", .name = "ads"}};
  }
  ~LocalReaderOnFiles() override {
    reader.reset();
    fs::remove_all(folder);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{folder / "new"} << text;
    fs::rename(folder / "new", folder / name);
  }
  void read() {
    reader.emplace(
        loop, spec, [this](Reading reading) { readings.push_back(std::move(reading)); },
        FileWatcher::Pace{.settle = 1ms, .longest_settle = 20ms, .look_again = 20ms});
  }
  bool run_until(const std::function<bool()>& done) {
    const auto give_up = Clock::now() + 10s;
    while (!done()) {
      if (Clock::now() > give_up) return false;
      loop.restart();
      loop.run_one_for(5ms);
    }
    return true;
  }
  bool run_until_readings(std::size_t count) {
    return run_until([&] { return readings.size() >= count; });
  }

  boost::asio::io_context loop;
  fs::path folder;
  LocalSpec spec;
  std::vector<Reading> readings;
  std::optional<LocalReader> reader;
};

TEST_F(LocalReaderOnFiles, IsMadeOfAllFiles) {
  write("tracking", "0.0.0.0 tracker.example\nnonsense\n192.0.2.7 other.example\n");
  spec.blocklists.push_back({.file = folder / "tracking",
                             .name = "tracking",
                             .format = local::ListFormat::hosts,
                             .action = local::ListAction::nodata});
  read();

  ASSERT_TRUE(run_until_readings(1));
  const Reading& reading = readings[0];
  EXPECT_TRUE(is_local(reading, "printer.example"));
  EXPECT_TRUE(is_local(reading, "www.ads.example"));
  EXPECT_TRUE(is_local(reading, "tracker.example"));
  EXPECT_TRUE(is_local(reading, "localhost"));
  EXPECT_TRUE(is_local(reading, "_gateway"));
  EXPECT_FALSE(is_local(reading, "www.example"));
  ASSERT_EQ(reading->files.size(), 3U);
  EXPECT_EQ(reading->files[0].path, folder / "hosts");
  EXPECT_EQ(reading->files[0].list, "");
  EXPECT_EQ(reading->files[0].names, 1U);
  EXPECT_EQ(reading->files[1].list, "ads");
  EXPECT_EQ(reading->files[2].list, "tracking");
  EXPECT_EQ(reading->files[2].names, 1U);
  EXPECT_EQ(reading->files[2].skipped.count(), 2U);
  EXPECT_EQ(reading->files[2].reads, 1U);
  EXPECT_EQ(reading->files[2].failures, 0U);
}

TEST_F(LocalReaderOnFiles, IsMadeOfNothingButWhatIsAskedFor) {
  spec.hosts.clear();
  spec.blocklists.clear();
  spec.names_itself = false;
  spec.special_use.reset();
  read();

  ASSERT_TRUE(run_until_readings(1));
  EXPECT_TRUE(readings[0]->files.empty());
  for (const char* name : {"printer.example", "ads.example", "localhost", "_gateway"})
    EXPECT_FALSE(is_local(readings[0], name)) << name;
}

TEST_F(LocalReaderOnFiles, FollowsTheFilesAndReadsThatAloneWhichHasChanged) {
  read();
  ASSERT_TRUE(run_until_readings(1));

  write("ads", "other.example\nthird.example\n");

  ASSERT_TRUE(run_until_readings(2));
  EXPECT_TRUE(is_local(readings[1], "other.example"));
  EXPECT_FALSE(is_local(readings[1], "ads.example"));
  EXPECT_TRUE(is_local(readings[1], "printer.example"));
  EXPECT_EQ(readings[1]->files[0].reads, 1U);
  EXPECT_EQ(readings[1]->files[1].reads, 2U);
  EXPECT_TRUE(is_local(readings[0], "ads.example")) << "who still holds the old one keeps it";
}

TEST_F(LocalReaderOnFiles, KeepsWhatAFileSaidThatIsGone) {
  read();
  ASSERT_TRUE(run_until_readings(1));

  fs::remove(folder / "ads");
  ASSERT_TRUE(run_until_readings(2));
  EXPECT_TRUE(is_local(readings[1], "ads.example"));
  EXPECT_EQ(readings[1]->files[1].problem, "No such file or directory");
  EXPECT_EQ(readings[1]->files[1].failures, 1U);
  EXPECT_EQ(readings[1]->files[1].names, 1U);

  write("ads", "other.example\n");
  ASSERT_TRUE(run_until_readings(3));
  EXPECT_FALSE(is_local(readings[2], "ads.example"));
  EXPECT_EQ(readings[2]->files[1].problem, "");
}

TEST_F(LocalReaderOnFiles, DoesWithoutAFileThatCannotBeReadUntilItCan) {
  fs::remove(folder / "ads");
  ASSERT_EQ(::mkfifo((folder / "ads").c_str(), 0600), 0);
  fs::resize_file(folder / "hosts", kMaxLocalFileBytes + 1);  // a hole: it takes no room
  read();

  ASSERT_TRUE(run_until_readings(1));
  EXPECT_FALSE(is_local(readings[0], "printer.example"));
  EXPECT_FALSE(is_local(readings[0], "ads.example"));
  for (const LocalFile& file : readings[0]->files) {
    EXPECT_NE(file.problem, "");
    EXPECT_EQ(file.reads, 0U);
    EXPECT_EQ(file.failures, 1U);
  }

  write("hosts", "192.0.2.1 printer.example\n");
  ASSERT_TRUE(run_until_readings(2));
  EXPECT_TRUE(is_local(readings[1], "printer.example"));
}

TEST_F(LocalReaderOnFiles, IsMadeAnewAfterAReload) {
  read();
  ASSERT_TRUE(run_until_readings(1));
  fs::remove(folder / "hosts");
  ASSERT_TRUE(run_until_readings(2));

  write("tracking", "tracker.example\n");
  spec.blocklists = {{.file = folder / "tracking", .name = "tracking"}};
  reader->use(spec);

  ASSERT_TRUE(run_until_readings(3));
  EXPECT_TRUE(is_local(readings[2], "printer.example")) << "of a file that was read before";
  EXPECT_EQ(readings[2]->files[0].failures, 2U);
  EXPECT_TRUE(is_local(readings[2], "tracker.example"));
  EXPECT_FALSE(is_local(readings[2], "ads.example")) << "of a list that is no longer there";
}

TEST_F(LocalReaderOnFiles, ReadsFilesThatSeemUnchangedAfterAReload) {
  read();
  ASSERT_TRUE(run_until_readings(1));

  reader->use(spec);

  ASSERT_TRUE(run_until_readings(2));
  EXPECT_EQ(readings[1]->files[0].reads, 2U);
  EXPECT_EQ(readings[1]->files[1].reads, 2U);
}

TEST_F(LocalReaderOnFiles, TakesAListAnewThatIsToBeReadInAnotherWay) {
  read();
  ASSERT_TRUE(run_until_readings(1));

  fs::remove(folder / "ads");
  ASSERT_TRUE(run_until_readings(2));
  spec.blocklists[0].format = local::ListFormat::hosts;
  reader->use(spec);

  ASSERT_TRUE(run_until_readings(3));
  EXPECT_FALSE(is_local(readings[2], "ads.example"));
  EXPECT_EQ(readings[2]->files[1].reads, 1U) << "the counts go on";
  EXPECT_EQ(readings[2]->files[1].failures, 2U);
  EXPECT_EQ(readings[2]->files[1].names, 0U);
}

TEST_F(LocalReaderOnFiles, FollowsTheHostsAddresses) {
  const bool has_run = in_private_network([&] {
    read();
    ASSERT_TRUE(run_until_readings(1));
    EXPECT_TRUE(readings[0]->network.attached.empty());
    ASSERT_TRUE(set_up("lo", true));

    reader->refresh_network();
    ASSERT_TRUE(run_until_readings(2));
    EXPECT_EQ(readings[1]->network.attached.size(), 2U);
    EXPECT_EQ(readings[1]->files[0].reads, 1U) << "no file is read";

    reader->refresh_network();  // nothing has changed: nothing is said
    reader->use(spec);
    ASSERT_TRUE(run_until_readings(3));
    EXPECT_EQ(readings[2]->files[0].reads, 2U);
  });
  if (!has_run) GTEST_SKIP() << "no network namespace of our own";
}

TEST_F(LocalReaderOnFiles, IsFreedWhenNobodyUsesItAnyLonger) {
  read();
  ASSERT_TRUE(run_until_readings(1));
  const std::weak_ptr first = readings[0]->names;
  const auto in_use = readings[0]->names;
  readings[0].reset();
  for (std::size_t i = 2; i <= 4; ++i) {
    write("ads", std::to_string(i) + ".example\n");
    ASSERT_TRUE(run_until_readings(i));
  }
  const std::weak_ptr third = readings[2]->names;
  readings[2].reset();

  EXPECT_TRUE(run_until([&] { return third.expired(); }));
  EXPECT_FALSE(first.expired()) << "not before";
}

TEST_F(LocalReaderOnFiles, IsNotReportedAfterTheReadersEnd) {
  for (int i = 0; i < 50; ++i) {
    read();
    if (i % 2 == 0) std::this_thread::yield();
    reader.reset();
  }
  loop.restart();
  loop.run_for(20ms);

  EXPECT_TRUE(readings.empty());
}

std::vector<std::string> texts(const std::vector<local::OwnName>& names) {
  std::vector<std::string> all;
  for (const local::OwnName& each : names) {
    std::string text = dns::to_string(each.name);
    for (const Address& address : each.addresses) text += " " + address.to_string();
    all.push_back(std::move(text));
  }
  return all;
}

TEST(OwnNames, AreTheHostsNameItsFirstLabelAndItsGateway) {
  const HostNetwork network{
      .attached = {},
      .own = {*Address::parse("192.0.2.7"), *Address::parse("2001:db8::7")},
      .gateways = {*Address::parse("192.0.2.1"), *Address::parse("fe80::1%2")}};
  using Names = std::vector<std::string>;

  EXPECT_EQ(texts(own_names_of("box.example", network)),
            (Names{"_gateway. 192.0.2.1", "box.example. 192.0.2.7 2001:db8::7",
                   "box. 192.0.2.7 2001:db8::7"}))
      << "an address with a scope cannot be told";
  EXPECT_EQ(texts(own_names_of("Box", HostNetwork{})), (Names{"_gateway.", "box.", "box."}));
}

TEST(OwnNames, LeaveLocalhostAlone) {
  for (const char* name :
       {"localhost", "LocalHost", "box.localhost", "localhost.localdomain", "", "."})
    for (const local::OwnName& each : own_names_of(name, HostNetwork{}))
      EXPECT_TRUE(each.name == *dns::parse_name("_gateway") || each.name == *dns::parse_name("box"))
          << name;
}

}  // namespace
}  // namespace sluice::net
