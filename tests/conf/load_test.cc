#include "conf/load.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "resolver/dns/presentation.h"

namespace sluice::conf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> problems(const Result<Config, Problems>& loaded) {
  std::vector<std::string> texts;
  if (loaded) return texts;
  for (const Problem& problem : loaded.error()) texts.push_back(problem.to_string());
  return texts;
}

Config load(std::string_view text) {
  const auto loaded = load_text(text, "f");
  EXPECT_THAT(problems(loaded), ElementsAre());
  return loaded ? loaded.value() : Config{};
}

TEST(Load, OfAnEmptyFileGivesTheDefaults) { EXPECT_EQ(load(""), Config{}); }

TEST(Load, ChangesWhatTheFileNamesAndNothingElse) {
  Config expected;
  expected.server.threads = 4;
  expected.cache.max_ttl = seconds{60};
  EXPECT_EQ(load("server.threads = 4\n[cache]\nmax_ttl = \"60s\"\n"), expected);
}

TEST(Load, ReplacesADefaultListByTheListOfTheFile) {
  const Config config = load(R"(
    [[zone]]
    name = "a.example"
    upstream = "system"
    [[zone]]
    name = "b.example."
    upstream = "system"
    max_wait = "5s"
  )");

  ASSERT_EQ(config.zones.size(), 2u);
  EXPECT_EQ(dns::to_string(config.zones[0].name), "a.example.");
  EXPECT_EQ(config.zones[0].max_wait, milliseconds{1'800});
  EXPECT_EQ(dns::to_string(config.zones[1].name), "b.example.");
  EXPECT_EQ(config.zones[1].max_wait, milliseconds{5'000});
  EXPECT_EQ(config.upstreams, Config{}.upstreams);
}

TEST(Load, MakesARuleForEachNameOfAZone) {
  const Config config = load(R"(
    [[zone]]
    upstream = "system"
    name = ["a.example", "b.example"]
    weight = 7
  )");

  ASSERT_EQ(config.zones.size(), 2u);
  EXPECT_EQ(dns::to_string(config.zones[0].name), "a.example.");
  EXPECT_EQ(dns::to_string(config.zones[1].name), "b.example.");
  EXPECT_EQ(config.zones[0].weight, 7u);
  EXPECT_EQ(config.zones[1].weight, 7u);
}

TEST(Load, ReportsEveryProblemInTheOrderOfTheFile) {
  const auto loaded = load_text(
      "[server]\nthreads = 0\nlisten = []\n[cache]\nmax_byte = 1\n[[zone]]\nname = \"a.example\"\n",
      "f");
  EXPECT_THAT(problems(loaded),
              ElementsAre("f:2: server.threads: must be 1 to 64, not 0",
                          "f:3: server.listen: must have 1 to 16 entries, not 0",
                          "f:5: cache.max_byte: unknown key; did you mean \"max_bytes\"?",
                          HasSubstr("f:6: zone[0].upstream: is missing")));
}

TEST(Load, ReportsAProblemThatSeveralNamesShareOnce) {
  const auto loaded =
      load_text("[[zone]]\nname = [\"a.example\", \"b.example\"]\nupstream = \"nowhere\"\n", "f");
  EXPECT_THAT(problems(loaded),
              ElementsAre("f:3: zone[0].upstream: no [[upstream]] is named \"nowhere\""));
}

TEST(Load, DoesNotBlameWhatFollowsFromAnotherProblem) {
  const auto loaded = load_text(
      "[[budget]]\nname = \"eni\"\nlimit = 0\n[[zone]]\nname = \"a..b\"\nupstream = \"system\"\n"
      "[[zone]]\nname = \".\"\nupstream = \"system\"\n",
      "f");
  EXPECT_THAT(problems(loaded),
              ElementsAre(HasSubstr("f:3: budget[0].limit"), HasSubstr("f:5: zone[0].name")));
}

TEST(Load, DoesNotCompareWithADefaultInPlaceOfARefusedAddress) {
  const auto loaded = load_text(
      "[server]\nlisten = \"192.0.2.1\"\n[admin]\nlisten = \"127.0.0.53:53\"\n"
      "[[upstream]]\nname = \"system\"\nservers = [\"127.0.0.53\"]\n",
      "f");
  EXPECT_THAT(problems(loaded), ElementsAre(HasSubstr("f:2: server.listen: must be a list")));
}

TEST(Load, ExplainsADefaultThatTheFileTookTheGroundFrom) {
  const auto loaded =
      load_text("[[upstream]]\nname = \"vpc\"\nservers = [\"192.0.2.1\"]\nbudget = \"eni\"\n", "f");
  EXPECT_THAT(
      problems(loaded),
      ElementsAre("f: zone: no [[upstream]] is named \"system\", which the default zones go "
                  "to: write a [[zone]] of your own"));

  const auto other = load_text("[[budget]]\nname = \"eth1\"\n", "f");
  EXPECT_THAT(problems(other),
              ElementsAre("f: upstream: no [[budget]] is named \"eni\", which the default upstream "
                          "is paid from: write an [[upstream]] of your own"));
}

TEST(Load, BoundsTheNumberOfZonesByNames) {
  std::string text = "[[zone]]\nupstream = \"system\"\nname = [";
  for (std::size_t i = 0; i < kMaxZones; ++i) text += "\"z" + std::to_string(i) + ".example\",";
  text += "]\n";
  EXPECT_EQ(load(text).zones.size(), kMaxZones);

  text += "[[zone]]\nname = \".\"\nupstream = \"system\"\n";
  EXPECT_THAT(problems(load_text(text, "f")),
              ElementsAre("f:4: zone[1]: there may be 1024, not 1025"));
}

TEST(Load, SaysWhereTheSyntaxEnds) {
  const auto loaded = load_text("[server]\nthreads = 1\nlisten = [\n", "f");
  ASSERT_FALSE(loaded);
  ASSERT_EQ(loaded.error().size(), 1u);
  EXPECT_GE(loaded.error()[0].line, 3u);
  EXPECT_EQ(loaded.error()[0].file, "f");
  EXPECT_NE(loaded.error()[0].reason, "");
}

class LoadFile : public ::testing::Test {
 protected:
  LoadFile() { std::filesystem::create_directories(folder_); }
  ~LoadFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) {
    const std::string path = folder_ / "sluice.toml";
    std::ofstream{path} << text;
    return path;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path{::testing::TempDir()} /
      ("sluice_load_test." +
       std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()});
};

TEST_F(LoadFile, NamesTheFileInItsProblems) {
  const std::string path = write("[server]\nthreads = 0\n");
  EXPECT_THAT(problems(load_file(path)), ElementsAre(HasSubstr(path + ":2: server.threads: ")));
}

TEST_F(LoadFile, SaysThatAFileIsMissing) {
  const std::string path = folder_ / "missing.toml";
  EXPECT_THAT(problems(load_file(path)),
              ElementsAre(path + ": cannot be read: No such file or directory"));
}

TEST_F(LoadFile, SaysThatAFolderIsNoFile) {
  EXPECT_THAT(problems(load_file(folder_)), ElementsAre(HasSubstr("cannot be read: ")));
}

TEST_F(LoadFile, RefusesAFileThatIsTooLarge) {
  const std::string fits(kMaxFileBytes, '\n');
  EXPECT_THAT(problems(load_file(write(fits))), ElementsAre());
  EXPECT_THAT(problems(load_file(write(fits + "\n"))),
              ElementsAre(HasSubstr("it has more than 1048576 bytes")));
}

TEST(Problem, ReadsLikeACompilersError) {
  EXPECT_EQ((Problem{.file = "f", .line = 3, .key = "k", .reason = "r"}.to_string()), "f:3: k: r");
  EXPECT_EQ((Problem{.file = "f", .line = 0, .key = "k", .reason = "r"}.to_string()), "f: k: r");
  EXPECT_EQ((Problem{.file = "f", .line = 3, .key = "", .reason = "r"}.to_string()), "f:3: r");
}

TEST(Problem, IsOneLineOfWhateverTheFileSays) {
  EXPECT_EQ((Problem{.file = "f", .line = 3, .key = "a\nb", .reason = "\x1b[2J \x7f"}.to_string()),
            "f:3: a\\u000Ab: \\u001B[2J \\u007F");
  EXPECT_THAT(problems(load_text("[log]\n\"le\\nvel\" = 1", "f")),
              ElementsAre(HasSubstr("le\\u000Avel")));
}

}  // namespace
}  // namespace sluice::conf
