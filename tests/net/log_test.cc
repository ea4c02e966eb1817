#include "resolver/net/log.h"

#include <gtest/gtest.h>

#include <string_view>

namespace sluice::log {
namespace {

TEST(LogLine, IsKeysAndValues) {
  EXPECT_EQ(to_line("reloaded", {{"zones", 3}, {"path", "/etc/x.toml"}, {"ok", true}}),
            "event=reloaded zones=3 path=/etc/x.toml ok=yes");
}

TEST(LogLine, QuotesWhatCouldBeTakenForAnotherField) {
  EXPECT_EQ(to_line("e", {{"reason", "no route=yes"}, {"name", "a\"b\\c"}, {"empty", ""}}),
            R"(event=e reason="no route=yes" name="a\"b\\c" empty="")");
}

TEST(LogLine, StaysOneLineWhateverAStrangerSends) {
  using namespace std::string_view_literals;
  EXPECT_EQ(to_line("e", {{"name", "a\nlevel=error \x1b[31m\xff\0."sv}}),
            R"(event=e name="a\x0alevel=error \x1b[31m\xff\x00.")");
}

TEST(LogLevel, IsKeptUntilItIsSetAgain) {
  init(Level::warn);
  EXPECT_FALSE(is_enabled(Level::info));
  EXPECT_TRUE(is_enabled(Level::warn));
  set_level(Level::debug);
  EXPECT_TRUE(is_enabled(Level::debug));
}

}  // namespace
}  // namespace sluice::log
