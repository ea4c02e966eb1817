#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "conf/load.h"
#include "conf/option_table.h"

namespace sluice::conf {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kFolder = std::filesystem::path{SLUICE_SOURCE_DIR} / "conf";
const std::filesystem::path kReference = kFolder / "sluice.toml";

std::string read(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string complaints(const Result<Config, Problems>& loaded) {
  std::string text;
  if (loaded) return text;
  for (const Problem& problem : loaded.error()) text += problem.to_string() + "\n";
  return text;
}

/// The lines of the reference from the section's header to the next section's.
std::string section_text(const std::string& header) {
  const std::string text = read(kReference);
  const std::size_t begin = text.find("\n" + header + "\n");
  if (begin == std::string::npos) return "";
  const std::size_t end = std::min(text.find("\n[", begin + 1), text.find("\n#[", begin + 1));
  return text.substr(begin, end - begin);
}

/// The text with its comments as running text.
std::string prose(std::string text) {
  constexpr std::string_view kLineBreak = "\n# ";
  for (std::size_t at = text.find(kLineBreak); at != std::string::npos;
       at = text.find(kLineBreak, at))
    text.replace(at, kLineBreak.size(), " ");
  return text;
}

/// `mark` is what keys of a section have in front that the default configuration has none of.
template <typename Section>
void expect_documented(const std::string& header, const std::string& mark = "") {
  const std::string text = section_text(mark + header);
  const std::string comments = prose(text);
  for (const Option<Section>& option : options<Section>()) {
    const std::string key{option.key};
    EXPECT_THAT(text, HasSubstr("\n" + mark + key + " = ")) << header;
    const std::string marked = "(restart) " + std::string{option.help};
    if (option.reload == Reload::restart) {
      EXPECT_THAT(comments, HasSubstr(marked)) << header << " " << key;
    } else {
      EXPECT_THAT(comments, AllOf(HasSubstr(option.help), Not(HasSubstr(marked)))) << key;
    }
  }
}

TEST(ReferenceFile, IsTheDefaultConfiguration) {
  const auto loaded = load_file(kReference);
  ASSERT_TRUE(loaded) << complaints(loaded);
  EXPECT_EQ(loaded.value(), Config{});
}

TEST(ReferenceFile, NamesEveryKeyWithItsHelpAndWhetherItNeedsARestart) {
  expect_documented<Server>("[server]");
  expect_documented<Admin>("[admin]");
  expect_documented<Log>("[log]");
  expect_documented<Cache>("[cache]");
  expect_documented<Local>("[local]");
  expect_documented<Recorder>("[recorder]");
  expect_documented<QueryLog>("[query_log]");
  expect_documented<Dnstap>("[dnstap]");
  expect_documented<Record>("[[record]]", "#");
  expect_documented<Blocklist>("[[blocklist]]", "#");
  expect_documented<Budget>("[[budget]]");
  expect_documented<Upstream>("[[upstream]]");
  expect_documented<Zone>("[[zone]]");
  expect_documented<Network>("[[network]]", "#");
}

class Preset : public ::testing::TestWithParam<const char*> {};

TEST_P(Preset, LoadsWithoutAProblem) {
  const auto loaded = load_file(kFolder / "presets" / GetParam());
  EXPECT_TRUE(loaded) << complaints(loaded);
}

TEST_P(Preset, PaysForWhatItAsksTheCloudsResolver) {
  const auto loaded = load_file(kFolder / "presets" / GetParam());
  ASSERT_TRUE(loaded) << complaints(loaded);

  const Config& config = loaded.value();
  ASSERT_EQ(config.budgets.size(), 1u);
  EXPECT_EQ(config.budgets[0].limit, 1024u);
  EXPECT_EQ(config.upstreams[0].budget, config.budgets[0].name);
  EXPECT_EQ(config.zones.back().name, dns::Name{});
  EXPECT_EQ(config.zones.back().upstream, config.upstreams[0].name);
}

INSTANTIATE_TEST_SUITE_P(Shipped, Preset,
                         ::testing::Values("aws-host.toml", "pod-sidecar.toml", "node.toml",
                                           "demo.toml"),
                         [](const auto& test) {
                           std::string name = std::filesystem::path{test.param}.stem();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(AwsHostPreset, DiffersFromTheDefaultInItsUpstreamAlone) {
  const auto loaded = load_file(kFolder / "presets/aws-host.toml");
  ASSERT_TRUE(loaded) << complaints(loaded);

  Config expected;
  expected.upstreams[0] = {.name = "vpc",
                           .servers = {*Endpoint::parse("169.254.169.253:53", 53)},
                           .follow_system = false,
                           .budget = "eni"};
  for (Zone& zone : expected.zones) zone.upstream = "vpc";
  EXPECT_EQ(loaded.value(), expected);
}

TEST(DemoPreset, NeedsNeitherPrivilegesNorACloud) {
  const auto loaded = load_file(kFolder / "presets/demo.toml");
  ASSERT_TRUE(loaded) << complaints(loaded);

  const Config& config = loaded.value();
  EXPECT_EQ(config.server.listen, std::vector{*Endpoint::parse("127.0.0.1:5353", 0)});
  EXPECT_EQ(config.admin.listen, "127.0.0.1:9353");
  EXPECT_EQ(config.upstreams[0].servers, std::vector{*Endpoint::parse("127.0.0.1:5300", 0)});
  EXPECT_EQ(config.budgets[0].shared, "");
}

}  // namespace
}  // namespace sluice::conf
