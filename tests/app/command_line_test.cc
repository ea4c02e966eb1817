#include "resolver/app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace sluice::app {
namespace {

using ::testing::HasSubstr;

Result<Command, Ending> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "sluicectl");
  return parse_command(static_cast<int>(words.size()), words.data());
}

std::string wrong(const std::vector<const char*>& words) {
  const auto command = parse(words);
  if (command) return "right";
  EXPECT_EQ(command.error().status, kWrongUse);
  return command.error().text;
}

std::string help(const std::vector<const char*>& words) {
  const auto command = parse(words);
  EXPECT_FALSE(command.has_value());
  EXPECT_EQ(command.error().status, kDone);
  return command.error().text;
}

// The words of `verb` with an operand for each that it needs.
std::vector<std::string> words_for(const Verb& verb) {
  const std::string name{verb.name};
  const std::size_t space = name.find(' ');
  std::vector<std::string> words{name.substr(0, space)};
  if (space != std::string::npos) words.push_back(name.substr(space + 1));
  for (const Argument& argument : verb.arguments)
    if (argument.need == Need::required) words.emplace_back("www.example");
  return words;
}

TEST(CommandLine, KnowsEveryVerbOfTheTable) {
  for (const Verb& verb : verbs()) {
    const auto words = words_for(verb);
    std::vector<const char*> typed;
    for (const std::string& word : words) typed.push_back(word.c_str());
    const auto command = parse(typed);
    ASSERT_TRUE(command.has_value()) << verb.name;
    EXPECT_EQ(command.value().verb->name, verb.name);
  }
}

TEST(CommandLine, HelpsWithEveryVerbAndItsArguments) {
  const std::string all = help({"--help"});
  for (const Verb& verb : verbs()) {
    EXPECT_THAT(all, HasSubstr(words_for(verb).front())) << verb.name;
    std::vector<std::string> words = words_for(verb);
    words.emplace_back("--help");
    std::vector<const char*> typed;
    for (const std::string& word : words) typed.push_back(word.c_str());
    const std::string own = help(typed);
    EXPECT_THAT(own, HasSubstr(std::string{verb.help}));
    for (const Argument& argument : verb.arguments) {
      EXPECT_THAT(own, HasSubstr(std::string{argument.name}));
      EXPECT_THAT(own, HasSubstr(std::string{argument.help}));
    }
  }
}

TEST(CommandLine, TakesCommonOptionsBeforeAndBehindTheVerb) {
  for (const auto& words : {std::vector<const char*>{"--json", "--socket", "/x", "cache", "dump"},
                            {"cache", "--json", "dump", "--socket", "/x"},
                            {"cache", "dump", "--socket", "/x", "--json"}}) {
    const auto command = parse(words);
    ASSERT_TRUE(command.has_value()) << command.error().text;
    EXPECT_EQ(command.value().socket, "/x");
    EXPECT_TRUE(command.value().as_json);
  }
  EXPECT_EQ(parse({"status"}).value().socket, "/run/sluice/control.sock");
}

TEST(CommandLine, TakesANameThatIsAVerbOrLooksLikeAnOption) {
  EXPECT_EQ(parse({"explain", "status"}).value().value("NAME"), "status.");
  EXPECT_EQ(parse({"cache", "show", "dump"}).value().value("NAME"), "dump.");
  EXPECT_EQ(parse({"explain", "--", "-x.example", "mx"}).value().value("NAME"), "-x.example.");
}

TEST(CommandLine, FillsInWhatIsNotGiven) {
  const Command top = parse({"top"}).value();
  EXPECT_EQ(top.value("--window"), "minute");
  EXPECT_EQ(top.value("--count"), "20");
  EXPECT_EQ(parse({"explain", "www.example"}).value().value("TYPE"), "A");
  EXPECT_EQ(parse({"log-level"}).value().value("LEVEL"), "");
}

TEST(CommandLine, SaysWhatIsWrongAndHowItShouldBe) {
  EXPECT_EQ(wrong({"top", "--window", "day"}),
            "sluicectl: top: --window: 'day' is none of minute, hour\n"
            "usage: sluicectl top [--window minute|hour] [--count N]\n");
  EXPECT_THAT(wrong({"top", "--count", "0"}), HasSubstr("'0' is no whole number from 1 to 100"));
  EXPECT_THAT(wrong({"top", "--count", "2x"}), HasSubstr("'2x' is no whole number"));
  EXPECT_THAT(wrong({"top", "--count"}), HasSubstr("--count takes one value"));
  EXPECT_THAT(wrong({"watch", "--interval", "nan"}), HasSubstr("'nan' is no number from 0.2"));
  EXPECT_THAT(wrong({"log-level", "loud"}), HasSubstr("none of debug, info, warn, error"));
  EXPECT_THAT(wrong({"cache", "show"}), HasSubstr("NAME is required\nusage: sluicectl cache show"));
  EXPECT_THAT(wrong({"explain", "A", "www.example"}), HasSubstr("behind the name"));
  EXPECT_THAT(wrong({"stats", "a", "b"}), HasSubstr("'b' is one word too many"));
  EXPECT_THAT(wrong({"zones", "--loud"}), HasSubstr("'--loud' is no option of it"));
  EXPECT_THAT(wrong({"status", "--socket", "/x", "--socket", "/y"}), HasSubstr("one value"));
}

TEST(CommandLine, GuessesTheVerbThatWasMeant) {
  EXPECT_THAT(wrong({"stauts"}), HasSubstr("no verb 'stauts'; did you mean status?"));
  EXPECT_THAT(wrong({"cache", "shwo", "x.example"}), HasSubstr("no verb 'cache shwo x.example'"));
  EXPECT_THAT(wrong({"cache"}), HasSubstr("cache show, cache dump, cache flush,"));
  EXPECT_THAT(wrong({}), HasSubstr("a verb is missing; there are status, "));
}

TEST(CommandLine, LetsNoOddOctetThroughToTheTerminal) {
  EXPECT_THAT(wrong({"\x1b[2J"}), HasSubstr("'\\027[2J'"));
}

}  // namespace
}  // namespace sluice::app
