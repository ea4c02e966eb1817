#include "resolver/dns/presentation.h"

#include <gtest/gtest.h>

#include <string>

#include "resolver/base/random.h"

namespace sluice::dns {
namespace {

TEST(Presentation, TakesNamesWithAndWithoutTheFinalDot) {
  EXPECT_EQ(parse_name("www.example"), parse_name("www.example."));
  EXPECT_EQ(to_string(parse_name("WWW.Example").value()), "www.example.");
  EXPECT_EQ(parse_name("."), Name{});
  EXPECT_EQ(to_string(Name{}), ".");
}

TEST(Presentation, RefusesWhatIsNoName) {
  for (const char* text :
       {"", "..", "www..example", ".example", "www example", "www.example. ", "\twww.example",
        "www.example\n", "caf\xc3\xa9.example", "a\\", "a\\25", "a\\256.example"}) {
    EXPECT_FALSE(parse_name(text)) << '"' << text << '"';
  }
  EXPECT_FALSE(parse_name(std::string(64, 'a') + ".example"));
  EXPECT_FALSE(parse_name(std::string_view{"www\0.example", 12}));
}

TEST(Presentation, TakesTheLongestNameAndNoLonger) {
  const std::string label(63, 'a');
  const std::string three = label + "." + label + "." + label + ".";

  EXPECT_TRUE(parse_name(three + std::string(61, 'b')));
  EXPECT_FALSE(parse_name(three + std::string(62, 'b')));
}

TEST(Presentation, EscapesWhatIsNoPlainText) {
  const Name name = parse_name("a\\.b\\000\\255.example").value();

  EXPECT_EQ(name.label_count(), 2U);
  EXPECT_EQ(to_string(name), "a\\.b\\000\\255.example.");
}

TEST(Presentation, TextOfAnyNameParsesBackToIt) {
  Random random{{.k0 = 7, .k1 = 8}};
  for (int i = 0; i < 5'000; ++i) {
    std::vector<std::byte> wire;
    for (std::uint64_t labels = random.below(6); labels > 0; --labels) {
      const std::uint64_t size = 1 + random.below(40);
      wire.push_back(static_cast<std::byte>(size));
      for (std::uint64_t j = 0; j < size; ++j) wire.push_back(std::byte(random.below(256)));
    }
    wire.push_back(std::byte{0});
    std::size_t offset = 0;
    const Name name = Name::read(wire, offset).value();

    ASSERT_EQ(parse_name(to_string(name)), name) << to_string(name);
  }
}

TEST(Presentation, NamesTypesByMnemonicOrNumber) {
  EXPECT_EQ(parse_type("A"), Type::a);
  EXPECT_EQ(parse_type("aaaa"), Type::aaaa);
  EXPECT_EQ(parse_type("ANY"), Type::any);
  EXPECT_EQ(parse_type("TYPE1"), Type::a);
  EXPECT_EQ(parse_type("TYPE65280"), Type{65'280});
  EXPECT_EQ(parse_type("TYPE65535"), Type{65'535});
  EXPECT_EQ(to_string(Type::ptr), "PTR");
  EXPECT_EQ(to_string(Type{65'280}), "TYPE65280");
}

TEST(Presentation, RefusesWhatIsNoType) {
  for (const char* text : {"", "NOSUCH", "TYPE", "TYPE65536", "TYPE1x", "TYPE-1", "TYPE 1", "A "}) {
    EXPECT_FALSE(parse_type(text)) << '"' << text << '"';
  }
}

TEST(Presentation, NamesClassesAndRcodes) {
  EXPECT_EQ(to_string(Class::in), "IN");
  EXPECT_EQ(to_string(Class{3}), "CH");
  EXPECT_EQ(to_string(Class{42}), "CLASS42");
  EXPECT_EQ(to_string(Rcode::noerror), "NOERROR");
  EXPECT_EQ(to_string(Rcode::servfail), "SERVFAIL");
  EXPECT_EQ(to_string(Rcode::badvers), "BADVERS");
  EXPECT_EQ(to_string(Rcode{11}), "RCODE11");
  EXPECT_EQ(to_string(Rcode{23}), "RCODE23");
}

}  // namespace
}  // namespace sluice::dns
