#include "resolver/app/asked_name.h"

#include <gtest/gtest.h>

namespace sluice::app {
namespace {

std::string name_of(std::string_view typed) {
  const auto name = asked_name(typed);
  return name ? name.value() : "wrong: " + name.error().reason;
}

TEST(AskedName, GetsTheFinalDotThatPeopleLeaveOut) {
  EXPECT_EQ(name_of("www.example"), "www.example.");
  EXPECT_EQ(name_of("www.example."), "www.example.");
  EXPECT_EQ(name_of("."), ".");
}

TEST(AskedName, TellsAFinalDotFromOneInALabel) {
  EXPECT_EQ(name_of("a\\."), "a\\..");
  EXPECT_EQ(name_of("a\\\\."), "a\\\\.");
  EXPECT_EQ(name_of("a\\046"), "a\\046.");
  EXPECT_EQ(name_of("\\."), "\\..");
}

TEST(AskedName, EscapesOctetsThatAreNoPrintableAscii) {
  EXPECT_EQ(name_of("b\xc3\xbc.example"), "b\\195\\188.example.");
  EXPECT_EQ(name_of("a b.example"), "a\\032b.example.");
  EXPECT_EQ(name_of("\x1b[2J.example"), "\\027[2J.example.");
}

TEST(AskedName, RefusesWhatNoNameCanBe) {
  EXPECT_EQ(name_of(""), "wrong: a name is missing; the root's is '.'");
  EXPECT_EQ(name_of(std::string(1'020, 'a')),
            "wrong: no name is that long; 255 octets are the most");
}

TEST(AskedType, IsInCapitals) {
  EXPECT_EQ(asked_type("aaaa").value(), "AAAA");
  EXPECT_EQ(asked_type("type65").value(), "TYPE65");
}

TEST(AskedType, IsNotTheNamePutBehindIt) {
  EXPECT_FALSE(asked_type("www.example").has_value());
  EXPECT_FALSE(asked_type("").has_value());
  EXPECT_FALSE(asked_type("A\x1b").has_value());
}

}  // namespace
}  // namespace sluice::app
