#include "resolver/net/resolv_conf.h"

#include <net/if.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "resolver/dns/presentation.h"
#include "resolver/net/resolv_conf_watcher.h"

namespace sluice::net {
namespace {

std::vector<std::string> texts(const std::vector<Endpoint>& servers) {
  std::vector<std::string> all;
  for (const Endpoint& server : servers) all.push_back(server.to_string());
  return all;
}

std::vector<Endpoint> endpoints(const std::vector<std::string>& all) {
  std::vector<Endpoint> parsed;
  for (const std::string& text : all) parsed.push_back(*Endpoint::parse(text, 53));
  return parsed;
}

using Names = std::vector<std::string>;

TEST(ResolvConf, NamesItsServersInOrder) {
  struct Case {
    const char* text;
    Names servers;
  };
  const std::vector<Case> cases{
      {"", {}},
      {"\n\n", {}},
      {"nameserver 192.0.2.1\n", {"192.0.2.1:53"}},
      {"nameserver 192.0.2.1", {"192.0.2.1:53"}},
      {"nameserver 192.0.2.2\nnameserver 192.0.2.1\n", {"192.0.2.2:53", "192.0.2.1:53"}},
      {"  nameserver\t 192.0.2.1 \t\r\n", {"192.0.2.1:53"}},
      {"nameserver 2001:db8::1\n", {"[2001:db8::1]:53"}},
      {"nameserver fe80::1%1\n", {"[fe80::1%1]:53"}},
      {"nameserver fe80::1%lo\n", {"[fe80::1%" + std::to_string(::if_nametoindex("lo")) + "]:53"}},
      {"nameserver fe80::1%no-such-if\n", {}},
      {"nameserver 192.0.2.1%lo\n", {}},
      {"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n", {}},
      {"nameserver 192.0.2.1 # the first\n", {"192.0.2.1:53"}},
      {"nameserver 192.0.2.1 192.0.2.2\n", {"192.0.2.1:53"}},  // glibc takes the first, too
      {"nameserver 192.0.2.1\nnameserver 192.0.2.1\n", {"192.0.2.1:53"}},
      {"nameserver\nnameserver  \nnameserver resolver.example.\nnameserver 192.0.2.256\n", {}},
      {"nameservers 192.0.2.1\nNAMESERVER 192.0.2.2\nnameserver192.0.2.3\n", {}},
      {"search example.\noptions ndots:5 edns0\ndomain example.\nsortlist 192.0.2.0\n", {}},
  };
  for (const Case& each : cases)
    EXPECT_EQ(texts(parse_resolv_conf(each.text)), each.servers) << each.text;
}

TEST(ResolvConf, HasABoundOnServers) {
  std::string text;
  for (int i = 1; i <= 40; ++i) text += "nameserver 192.0.2." + std::to_string(i) + "\n";

  EXPECT_EQ(parse_resolv_conf(text).size(), kMaxSystemServers);
}

TEST(ResolvConf, NeverNamesUsOurselves) {
  const auto host = std::vector{*Address::parse("192.0.2.7"), *Address::parse("127.0.0.1")};
  struct Case {
    Names servers, own, left;
  };
  const std::vector<Case> cases{
      {{"127.0.0.53"}, {"127.0.0.53:53"}, {}},
      {{"127.0.0.53"}, {}, {"127.0.0.53:53"}},
      {{"127.0.0.53"}, {"127.0.0.53:5353"}, {"127.0.0.53:53"}},
      {{"127.0.0.1", "192.0.2.1"}, {"127.0.0.1:53"}, {"192.0.2.1:53"}},
      {{"192.0.2.7", "192.0.2.1"}, {"0.0.0.0:53"}, {"192.0.2.1:53"}},
      {{"127.0.0.99"}, {"0.0.0.0:53"}, {}},
      {{"0.0.0.0"}, {"0.0.0.0:53"}, {}},
      {{"192.0.2.7"}, {"[::]:53"}, {}},
      {{"::1"}, {"[::]:53"}, {}},
      {{"192.0.2.7"}, {"0.0.0.0:5353"}, {"192.0.2.7:53"}},
      {{"192.0.2.7"}, {"127.0.0.1:53"}, {"192.0.2.7:53"}},
  };
  for (const Case& each : cases)
    EXPECT_EQ(texts(without_own(endpoints(each.servers), endpoints(each.own), host)), each.left)
        << each.servers.front() << " at " << testing::PrintToString(each.own);
}

/// Two folders, as /etc and /run/systemd/resolve.
TEST(StubOptions, AreGlibcsUnlessTheFileSaysOtherwise) {
  EXPECT_EQ(parse_stub_options(""), conf::StubOptions{});
  EXPECT_EQ(parse_stub_options("nameserver 192.0.2.1\n# options timeout:1\noptions rotate edns0\n"),
            conf::StubOptions{});
}

TEST(StubOptions, AreWhatTheLastWordOnEachSays) {
  const auto name = [](const char* text) { return *dns::parse_name(text); };
  const conf::StubOptions options = parse_stub_options(
      "domain old.example\noptions timeout:3 ndots:5\n"
      " search\ta.example b.example. . \r\noptions attempts:4 timeout:2\n");
  EXPECT_EQ(options, (conf::StubOptions{.timeout = 2s,
                                        .attempts = 4,
                                        .ndots = 5,
                                        .search = {name("a.example"), name("b.example")}}));
}

TEST(StubOptions, AreCutToWhatGlibcTakes) {
  const conf::StubOptions most =
      parse_stub_options("options timeout:31 attempts:99 ndots:99999999999\n");
  EXPECT_EQ(most.timeout, 30s);
  EXPECT_EQ(most.attempts, 5u);
  EXPECT_EQ(most.ndots, 15u);
  const conf::StubOptions least = parse_stub_options("options timeout:0 attempts: ndots:x\n");
  EXPECT_EQ(least.timeout, 1s);
  EXPECT_EQ(least.attempts, 1u);
  EXPECT_EQ(least.ndots, 0u);
}

TEST(StubOptions, HaveABoundedSearchList) {
  std::string text = "search";
  for (int i = 0; i < 100; ++i) text += " s" + std::to_string(i) + ".example";
  EXPECT_EQ(parse_stub_options(text).search.size(), kMaxSearchSuffixes);
}

class ResolvConfFiles : public testing::Test {
 protected:
  ResolvConfFiles() {
    std::string pattern = testing::TempDir() + "resolv_conf_test.XXXXXX";
    folder = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder / "etc");
    std::filesystem::create_directories(folder / "run");
  }
  ~ResolvConfFiles() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{folder / name} << text;
  }
  [[nodiscard]] SystemServersSource source() const {
    return {.files = {folder / "etc/resolv.conf", folder / "run/resolv.conf"},
            .own = endpoints({"127.0.0.53:53"})};
  }

  std::filesystem::path folder;
};

TEST_F(ResolvConfFiles, TheFirstThatNamesOthersIsTaken) {
  write("etc/resolv.conf", "nameserver 192.0.2.1\n");
  write("run/resolv.conf", "nameserver 192.0.2.2\n");

  EXPECT_EQ(texts(system_servers(source())), Names{"192.0.2.1:53"});
}

TEST_F(ResolvConfFiles, OneThatNamesOnlyUsIsPassedOver) {
  write("etc/resolv.conf", "nameserver 127.0.0.53\n");
  write("run/resolv.conf", "nameserver 192.0.2.2\nnameserver 127.0.0.53\n");

  EXPECT_EQ(texts(system_servers(source())), Names{"192.0.2.2:53"});
}

TEST_F(ResolvConfFiles, NoFilesAreNoServers) { EXPECT_TRUE(system_servers(source()).empty()); }

class ResolvConfWatching : public ResolvConfFiles {
 protected:
  ResolvConfWatching() { write("etc/resolv.conf", "nameserver 192.0.2.1\n"); }

  void replace(const std::string& name, const std::string& text) const {
    write(name + ".new", text);
    std::filesystem::rename(folder / (name + ".new"), folder / name);
  }
  bool run_until_reports(std::size_t count) {
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    while (reports.size() < count && std::chrono::steady_clock::now() < give_up) {
      loop.restart();
      loop.run_one_for(5ms);
    }
    return reports.size() >= count;
  }

  boost::asio::io_context loop;
  std::vector<Names> reports;
  ResolvConfWatcher::Changed note = [this](const std::vector<Endpoint>& servers) {
    reports.push_back(texts(servers));
  };
};

TEST_F(ResolvConfWatching, ReportsWhatReplacedTheFile) {
  const ResolvConfWatcher watcher{loop, source(), note, 1ms};
  EXPECT_EQ(texts(watcher.servers()), Names{"192.0.2.1:53"});

  replace("etc/resolv.conf", "nameserver 192.0.2.2\n");
  ASSERT_TRUE(run_until_reports(1));
  replace("etc/resolv.conf", "nameserver 192.0.2.3\n");
  ASSERT_TRUE(run_until_reports(2));

  EXPECT_EQ(reports, (std::vector<Names>{{"192.0.2.2:53"}, {"192.0.2.3:53"}}));
  EXPECT_EQ(texts(watcher.servers()), Names{"192.0.2.3:53"});
}

TEST_F(ResolvConfWatching, ReportsAChangeInTheFileThatALinkLeadsTo) {
  std::filesystem::create_directories(folder / "elsewhere");
  write("elsewhere/real.conf", "nameserver 192.0.2.1\n");
  std::filesystem::remove(folder / "etc/resolv.conf");
  std::filesystem::create_symlink("../elsewhere/real.conf", folder / "etc/resolv.conf");
  const ResolvConfWatcher watcher{loop, source(), note, 1ms};

  replace("elsewhere/real.conf", "nameserver 192.0.2.2\n");

  ASSERT_TRUE(run_until_reports(1));
  EXPECT_EQ(reports, std::vector<Names>{{"192.0.2.2:53"}});
}

TEST_F(ResolvConfWatching, ReportsABurstOfChangesOnce) {
  const ResolvConfWatcher watcher{loop, source(), note, 50ms};
  for (int i = 2; i < 20; ++i)
    replace("etc/resolv.conf", "nameserver 192.0.2." + std::to_string(i) + "\n");

  ASSERT_TRUE(run_until_reports(1));
  loop.restart();
  loop.poll();
  EXPECT_EQ(reports, std::vector<Names>{{"192.0.2.19:53"}});
}

TEST_F(ResolvConfWatching, KeepsItsServersWhileTheFileNamesNone) {
  const ResolvConfWatcher watcher{loop, source(), note, 1ms};
  std::filesystem::remove(folder / "etc/resolv.conf");
  loop.run_for(20ms);
  EXPECT_TRUE(reports.empty());
  EXPECT_EQ(texts(watcher.servers()), Names{"192.0.2.1:53"});

  write("etc/resolv.conf", "nameserver 192.0.2.2\n");
  ASSERT_TRUE(run_until_reports(1));
  EXPECT_EQ(reports, std::vector<Names>{{"192.0.2.2:53"}});
}

}  // namespace
}  // namespace sluice::net
