// The shape of the source tree, as a test: who may include whom, one file for each dependency, and
// how long a file may be.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot{SLUICE_SOURCE_DIR};

/// Folder -> folders it may include, itself left out. The order of DESIGN: app, net, engine,
/// {cache, policy, metrics}, conf, local, dns, base.
const std::map<std::string, std::vector<std::string>> kAllowed{
    {"resolver/app",
     {"resolver/net", "resolver", "cache", "policy", "metrics", "resolver/local", "conf",
      "resolver/dns", "resolver/base"}},
    {"resolver/net",
     {"resolver", "cache", "policy", "metrics", "resolver/local", "conf", "resolver/dns",
      "resolver/base"}},
    {"resolver",
     {"cache", "policy", "metrics", "resolver/local", "conf", "resolver/dns", "resolver/base"}},
    {"cache", {"conf", "resolver/dns", "resolver/base"}},
    {"policy", {"conf", "resolver/dns", "resolver/base"}},
    {"metrics", {"conf", "resolver/dns", "resolver/base"}},
    {"conf", {"resolver/local", "resolver/dns", "resolver/base"}},
    {"resolver/local", {"resolver/dns", "resolver/base"}},
    {"resolver/dns", {"resolver/base"}},
    {"resolver/base", {}},
};

/// Third-party header -> the files (by prefix) that may include it. libmnl has two places, since
/// two of the kernel's services speak netlink.
const std::multimap<std::string, std::string> kPlaces{
    {"ares.h", "resolver/net/cares_"},
    {"ldns/", "resolver/dns/presentation"},
    {"toml++/", "conf/load"},
    {"prometheus/", "metrics/exporter"},
    {"spdlog/", "resolver/net/log"},
    {"libmnl/", "resolver/net/interfaces"},
    {"libmnl/", "resolver/net/client_sockets"},
    {"CLI/", "resolver/app/"},
    {"curses.h", "resolver/app/watch_screen"},
    {"ncurses", "resolver/app/watch_screen"},
    {"fstrm", "resolver/net/dnstap_writer"},
    {"dnstap.pb-c.h", "resolver/net/dnstap_message"},
};

constexpr int kMaxLines = 400;

struct Include {
  fs::path file;  ///< relative to the root
  int line;
  std::string target;
  bool is_ours;
};

std::vector<fs::path> product_files() {
  std::vector<fs::path> files;
  for (const char* top : {"resolver", "cache", "policy", "metrics", "conf"})
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / top))
      if (entry.path().extension() == ".h" || entry.path().extension() == ".cc")
        files.push_back(fs::relative(entry.path(), kRoot));
  return files;
}

std::vector<Include> includes_of(const fs::path& file) {
  static const std::regex kInclude{R"(^\s*#include\s+(["<])([^">]+)[">])"};
  std::vector<Include> includes;
  std::ifstream in{kRoot / file};
  std::string line;
  std::smatch match;
  for (int number = 1; std::getline(in, line); ++number)
    if (std::regex_search(line, match, kInclude))
      includes.push_back({file, number, match[2], match[1] == "\""});
  return includes;
}

std::vector<Include> all_includes() {
  std::vector<Include> all;
  for (const fs::path& file : product_files())
    for (Include& include : includes_of(file)) all.push_back(std::move(include));
  return all;
}

TEST(SourceTree, IncludesPointDownOnly) {
  for (const Include& include : all_includes()) {
    if (!include.is_ours) continue;
    const std::string from = include.file.parent_path().string();
    const std::string to = fs::path{include.target}.parent_path().string();
    if (from == to) continue;
    ASSERT_TRUE(kAllowed.contains(from)) << from << " is no folder of the design";
    const auto& allowed = kAllowed.at(from);
    EXPECT_NE(std::find(allowed.begin(), allowed.end(), to), allowed.end())
        << include.file << ":" << include.line << ": " << from << " must not include "
        << include.target;
  }
}

TEST(SourceTree, EachDependencyIsIncludedInItsPlace) {
  std::set<std::string> headers;
  for (const auto& [header, place] : kPlaces) headers.insert(header);
  for (const Include& include : all_includes())
    for (const std::string& header : headers) {
      if (!include.target.starts_with(header)) continue;
      const auto [begin, end] = kPlaces.equal_range(header);
      EXPECT_TRUE(std::any_of(
          begin, end,
          [&](const auto& each) { return include.file.string().starts_with(each.second); }))
          << include.file << ":" << include.line << ": <" << include.target << "> belongs in "
          << begin->second << "* alone";
    }
}

TEST(SourceTree, PureFoldersKnowNoSocketsClocksOrThreads) {
  const std::regex banned{
      R"(boost/asio|sys/socket\.h|<thread>|spdlog|Clock::now\(|steady_clock::now|system_clock::now)"};
  for (const fs::path& file : product_files()) {
    const std::string folder = file.parent_path().string();
    if (folder == "resolver/net" || folder == "resolver/app") continue;
    std::ifstream in{kRoot / file};
    std::string line;
    for (int number = 1; std::getline(in, line); ++number)
      EXPECT_FALSE(std::regex_search(line, banned)) << file << ":" << number << ": " << line;
  }
}

TEST(SourceTree, FilesStayShort) {
  for (const fs::path& file : product_files()) {
    std::ifstream in{kRoot / file};
    const auto lines = std::count(std::istreambuf_iterator<char>{in}, {}, '\n');
    EXPECT_LE(lines, kMaxLines) << file << ": a second noun may be hiding in it";
  }
}

TEST(SourceTree, EveryFolderHasItsPage) {
  for (const auto& [folder, allowed] : kAllowed)
    EXPECT_TRUE(fs::exists(kRoot / folder / "README.md")) << folder;
}

}  // namespace
