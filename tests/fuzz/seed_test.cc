// Seeds are named by what they are: a name that begins with "good" promises that the input is
// accepted, any other that it is not. A seed that has come to mean something else tests nothing.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "conf/load.h"
#include "resolver/dns/message.h"
#include "resolver/dns/presentation.h"
#include "resolver/dns/response.h"
#include "tests/fuzz/ldns_message.h"
#include "tests/fuzz/script.h"

namespace sluice {
namespace {

std::string load(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Calls `check` with the name and the content of each seed of a target.
void for_each_seed(const std::string& target,
                   const std::function<void(const std::string&, const std::string&)>& check) {
  const auto folder = std::filesystem::path{SLUICE_SOURCE_DIR} / "tests/corpus" / target;
  int seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    const std::string name = entry.path().filename();
    SCOPED_TRACE(name);
    check(name, load(entry.path()));
    ++seeds;
  }
  EXPECT_GT(seeds, 0) << target;
}

TEST(NameSeeds, AreNamesWhereTheySayTheyAreGood) {
  for_each_seed("name_fuzz", [](const std::string& name, const std::string& content) {
    fuzz::Script script{std::as_bytes(std::span{content})};
    std::size_t first = script.next_u16();
    std::size_t second = script.next_u16();
    const auto message = script.rest();
    if (name.starts_with("text-")) {
      const auto text = content.substr(content.size() - message.size());
      EXPECT_EQ(dns::parse_name(text).has_value(), name.starts_with("text-good"));
      return;
    }
    const bool are_names =
        dns::Name::read(message, first).has_value() && dns::Name::read(message, second).has_value();
    EXPECT_EQ(are_names, name.starts_with("good-"));
  });
}

TEST(ConfigSeeds, AreTakenWhereTheySayTheyAreGood) {
  for_each_seed("config_fuzz", [](const std::string& name, const std::string& content) {
    EXPECT_EQ(conf::load_text(content, name).has_value(), name.starts_with("good-"));
  });
}

TEST(DifferentialSeeds, AreTakenByOneParserAloneWhereTheDifferenceIsWanted) {
  for_each_seed("dns_differential_fuzz", [](const std::string& name, const std::string& content) {
    const auto message = std::as_bytes(std::span{content});
    dns::Response response;
    const bool is_query = !dns::Header::read(message)->has(dns::Header::kQr);
    const bool ours =
        is_query ? dns::parse_query(message).has_value() : !dns::parse_response(message, response);
    const bool theirs = fuzz::read_with_ldns(message).has_value();
    EXPECT_TRUE(ours || theirs);
    EXPECT_EQ(ours && theirs, name.starts_with("good-")) << ours << theirs;
  });
}

}  // namespace
}  // namespace sluice
