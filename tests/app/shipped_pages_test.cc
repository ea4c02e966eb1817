// The manual and the completions of sluicectl say what its table of verbs says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "resolver/app/verbs.h"
#include "resolver/app/verdicts.h"

namespace sluice::app {
namespace {

using ::testing::HasSubstr;

std::string read(const std::string& path) {
  std::ifstream in{SLUICE_SOURCE_DIR "/conf/" + path};
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}

// Each verb's name and each argument, and those that every verb takes.
std::vector<Argument> all_options() {
  std::vector<Argument> options{common_options().begin(), common_options().end()};
  for (const Verb& verb : verbs())
    for (const Argument& argument : verb.arguments)
      if (argument.is_option()) options.push_back(argument);
  return options;
}

bool has_word(const std::string& text, std::string_view word) {
  return std::regex_search(text, std::regex{"(^|[^a-z-])" + std::string{word} + "($|[^a-z-])"});
}

TEST(Manual, DescribesEveryVerbWithItsOperands) {
  const std::string manual = read("man/sluicectl.1");
  for (const Verb& verb : verbs()) {
    std::string item = ".It Cm " + std::string{verb.name};
    for (const Argument& argument : verb.arguments) {
      if (argument.is_option()) continue;
      const std::string operand = "Ar " + std::string{argument.name};
      item += (argument.need == Need::required ? " " : " Op ") + operand;
    }
    EXPECT_THAT(manual, HasSubstr(item)) << verb.name;
  }
}

TEST(Manual, DescribesEveryOptionWithItsBoundsAndFallback) {
  const std::string manual = read("man/sluicectl.1");
  for (const Argument& option : all_options()) {
    EXPECT_THAT(manual, HasSubstr("Fl -" + std::string{option.name.substr(2)})) << option.name;
    EXPECT_THAT(manual, HasSubstr(std::string{option.fallback})) << option.name;
  }
}

TEST(Manual, SaysWhatEveryVerdictMeans) {
  const std::string manual = read("man/sluicectl.1");
  for (const Verdict& verdict : verdicts())
    EXPECT_THAT(manual, HasSubstr(".It Sy " + std::string{verdict.name} + "\n")) << verdict.name;
}

TEST(Completions, KnowEveryVerbAndOption) {
  for (const char* path : {"completion/sluicectl.bash", "completion/_sluicectl"}) {
    const std::string text = read(path);
    for (const Verb& verb : verbs()) {
      const std::string_view last = verb.name.substr(verb.name.find(' ') + 1);
      EXPECT_TRUE(has_word(text, last)) << path << " lacks " << verb.name;
    }
    for (const Argument& option : all_options())
      EXPECT_THAT(text, HasSubstr(std::string{option.name})) << path;
    for (const char* word : {"minute", "hour", "debug", "info", "warn", "error", "--help"})
      EXPECT_THAT(text, HasSubstr(word)) << path;
  }
}

}  // namespace
}  // namespace sluice::app
