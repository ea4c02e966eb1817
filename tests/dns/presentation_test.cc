#include "resolver/dns/presentation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

std::vector<std::byte> bytes(std::string_view octets) {
  const auto view = std::as_bytes(std::span{octets});
  return {view.begin(), view.end()};
}

TEST(Presentation, ReadsARecordFromOneLine) {
  const ZoneRecord address{.owner = parse_name("www.example").value(),
                           .type = Type::a,
                           .klass = Class::in,
                           .ttl = 60,
                           .rdata = bytes({"\xc0\x00\x02\x01", 4})};

  for (const char* line :
       {"www.example. 60 IN A 192.0.2.1", "WWW.example 60 A 192.0.2.1",
        "www.example\t1m\tIN\tA\t192.0.2.1", "www.example IN A 192.0.2.1",
        "www.example A 192.0.2.1 ; a comment", "www.example TYPE1 \\# 4 c0000201"}) {
    const auto record = parse_record(line, 60);
    ASSERT_TRUE(record) << line;
    EXPECT_EQ(record.value(), address) << line;
  }
}

TEST(Presentation, WritesNamesInRdataUncompressedWithTheirLetters) {
  const auto record = parse_record("example MX 10 Mail.example", 300);

  ASSERT_TRUE(record);
  EXPECT_EQ(record.value().ttl, 300U);
  EXPECT_EQ(record.value().rdata, bytes({"\0\x0a\4Mail\7example\0", 16}));
}

TEST(Presentation, ReadsRecordsOfOtherClassesAndOfNoData) {
  EXPECT_EQ(parse_record("example CH TXT x", 300).value().klass, Class{3});
  EXPECT_EQ(parse_record("example TYPE65280 \\# 0", 300).value().rdata, bytes(""));
}

TEST(Presentation, SaysWhyALineIsNoRecord) {
  const auto why = [](std::string_view line) {
    const auto record = parse_record(line, 300);
    return record ? "nothing" : record.error();
  };

  EXPECT_EQ(why(""), "does not begin with a name");
  EXPECT_EQ(why(" A 192.0.2.1"), "does not begin with a name");
  EXPECT_EQ(why("@ A 192.0.2.1"), "does not begin with a name");
  EXPECT_EQ(why("; a comment"), "does not begin with a name");
  EXPECT_EQ(why("www.example A 192.0.2.1\nx.example A 192.0.2.2"), "is not a single line");
  EXPECT_EQ(why({"www.example A 192.0.2.1\0", 24}), "is not a single line");
  EXPECT_EQ(why("www.example 2147483648 A 192.0.2.1"), "TTL over 2147483647");
  EXPECT_EQ(why("www.example 99999999999999999999 A 192.0.2.1"), "TTL over 2147483647");
  EXPECT_EQ(why("www.example 2147483647 A 192.0.2.1"), "nothing");
  EXPECT_EQ(why("www.example A 192.0.2.300"), "could not parse the RR's rdata");
  EXPECT_EQ(why("www.example A 192.0.2.1 192.0.2.2"), "superfluous text present");
  EXPECT_NE(why("www.example"), "nothing");
  EXPECT_NE(why("www.example A"), "nothing");
  EXPECT_NE(why("www.example NOSUCH x"), "nothing");
  EXPECT_NE(why("www..example A 192.0.2.1"), "nothing");
  EXPECT_NE(why("$TTL 300"), "nothing");
  EXPECT_NE(why(std::string(64, 'a') + ".example A 192.0.2.1"), "nothing");
}

/// "LINE OWNER TTL TYPE" or "LINE error" of all that is read.
std::vector<std::string> read_zone(std::string_view text) {
  std::vector<std::string> items;
  ZoneReader reader{text, 300};
  while (const auto item = reader.next()) {
    const std::string line = std::to_string(reader.line());
    if (!*item) {
      items.push_back(line + " " + item->error());
    } else {
      const ZoneRecord& record = item->value();
      items.push_back(line + " " + to_string(record.owner) + " " + std::to_string(record.ttl) +
                      " " + to_string(record.type));
    }
  }
  return items;
}

TEST(ZoneReader, ReadsAZoneFile) {
  EXPECT_EQ(read_zone("absolute.example. A 192.0.2.1\n"
                      "$ORIGIN example.\n"
                      "$TTL 1h\n"
                      "@ SOA ns admin 1 2 3 4 5\n"
                      "  NS ns ; blank owner\n"
                      "\n"
                      "; a comment\n"
                      "www 60 A (\n"
                      "  192.0.2.1 )\n"
                      "last A 192.0.2.1"),
            (std::vector<std::string>{"1 absolute.example. 300 A", "4 example. 3600 SOA",
                                      "5 example. 3600 NS", "8 www.example. 60 A",
                                      "10 last.example. 3600 A"}));
}

TEST(ZoneReader, ReportsWhatIsNoRecordAndReadsOn) {
  EXPECT_EQ(read_zone("a A 192.0.2.300\n"
                      "$INCLUDE other\n"
                      "b A 192.0.2.1\n"),
            (std::vector<std::string>{"1 could not parse the RR's rdata",
                                      "2 $INCLUDE is not followed", "3 b. 300 A"}));
}

TEST(ZoneReader, ComesToAnEndWhateverTheText) {
  EXPECT_EQ(read_zone(""), std::vector<std::string>{});
  EXPECT_EQ(read_zone("\n;\n"), std::vector<std::string>{});
  EXPECT_LE(read_zone(std::string(100'000, 'x')).size(), 20U);
  EXPECT_LE(read_zone("a A (\nb A 192.0.2.1\n").size(), 1U);
  EXPECT_LE(read_zone({"a A \0\nb A 192.0.2.1", 20}).size(), 2U);
  Random random{{.k0 = 9, .k1 = 10}};
  for (int i = 0; i < 2'000; ++i) {
    std::string text = "$ORIGIN example.\nwww 60 IN A ( 192.0.2.1 )\nx TXT \"a;b\" ; c\n";
    for (int j = 0; j < 5; ++j)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    EXPECT_LE(read_zone(text).size(), 5U);
  }
}

TEST(ZoneReader, KeepsItsOriginWhenTheNextIsNoName) {
  ZoneReader reader{"$ORIGIN example.\n$ORIGIN a..b.\nwww A 192.0.2.1\n", 300};

  EXPECT_FALSE(*reader.next());
  EXPECT_EQ(reader.origin(), parse_name("example"));
  EXPECT_EQ(reader.next()->value().owner, parse_name("www.example"));
}

TEST(ZoneReader, KnowsItsOrigin) {
  ZoneReader reader{"a A 192.0.2.1\n$ORIGIN example.\nb A 192.0.2.1\n", 300};

  EXPECT_EQ(reader.origin(), Name{});
  (void)reader.next();
  (void)reader.next();
  EXPECT_EQ(reader.origin(), parse_name("example"));
}

}  // namespace
}  // namespace sluice::dns
