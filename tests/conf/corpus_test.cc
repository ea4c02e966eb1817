#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "conf/load.h"

/// tests/corpus/conf has one file for each thing that can be wrong with a configuration. A line
/// with a problem says so itself, at its end:
///
///   weight = 0  #! zone[0].weight: must be 1 to 10000
///
/// The problem must have that line and that key, and a reason that contains what follows. A line
/// with several problems has several such marks. "#!0" marks a problem without a line.
namespace sluice::conf {
namespace {

struct Expectation {
  std::uint32_t line = 0;
  std::string key;
  std::string reason;
};

std::string trim(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Expectation parse_mark(const std::string& mark, std::uint32_t line) {
  const bool without_line = mark.starts_with("0");
  const std::string text = without_line ? mark.substr(1) : mark;
  const std::size_t colon = text.find(':');
  return {.line = without_line ? 0 : line,
          .key = trim(text.substr(0, colon)),
          .reason = colon == std::string::npos ? "" : trim(text.substr(colon + 1))};
}

std::vector<Expectation> expectations(const std::filesystem::path& path) {
  std::vector<Expectation> all;
  std::ifstream file{path};
  std::uint32_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    for (std::size_t at = line.find("#!"); at != std::string::npos;) {
      const std::size_t next = line.find("#!", at + 2);
      all.push_back(parse_mark(line.substr(at + 2, next - at - 2), number));
      at = next;
    }
  }
  return all;
}

std::vector<std::filesystem::path> corpus() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{
           std::filesystem::path{SLUICE_SOURCE_DIR} / "tests/corpus/conf"})
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

bool meets(const Problem& problem, const Expectation& expected) {
  return problem.line == expected.line && problem.key == expected.key &&
         problem.reason.find(expected.reason) != std::string::npos;
}

class BadFile : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(BadFile, YieldsTheProblemsThatItIsMarkedWith) {
  const auto expected = expectations(GetParam());
  ASSERT_FALSE(expected.empty()) << "no line is marked with #!";

  const auto loaded = load_file(GetParam());

  ASSERT_FALSE(loaded) << "the file was taken";
  std::string found;
  for (const Problem& problem : loaded.error()) found += problem.to_string() + "\n";
  EXPECT_EQ(loaded.error().size(), expected.size()) << found;
  for (const Expectation& mark : expected)
    EXPECT_TRUE(std::ranges::any_of(loaded.error(),
                                    [&](const Problem& problem) { return meets(problem, mark); }))
        << "line " << mark.line << ": " << mark.key << ": " << mark.reason << "\nfound only:\n"
        << found;
  for (const Problem& problem : loaded.error()) EXPECT_EQ(problem.file, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Corpus, BadFile, ::testing::ValuesIn(corpus()), [](const auto& test) {
  std::string name = test.param.stem();
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace sluice::conf
