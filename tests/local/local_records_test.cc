#include "resolver/local/local_records.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/local/asked.h"

namespace sluice::local {
namespace {

LocalNames names_of(const wire::Records& lines) {
  Parts parts = no_parts();
  parts.records = local_records(lines);
  return LocalNames{std::move(parts)};
}

std::vector<std::string> problems_of(const wire::Records& lines) {
  std::vector<std::string> texts;
  const auto table = local_records(lines);
  for (const RecordProblem& problem : table->problems())
    texts.push_back(std::to_string(problem.index) + " " + problem.text);
  return texts;
}

TEST(LocalRecords, AnswerTheTypesThatTheyHave) {
  const LocalNames names =
      names_of({"www.example. 60 IN A 192.0.2.1", "www.example. A 192.0.2.2",
                "www.example. 30 AAAA 2001:db8::1", "www.example. TXT \"a b\" c",
                "mail.example. MX 10 www.example"});

  const auto asked = ask(names, "www.example. A");
  EXPECT_EQ(asked->source, Source::record);
  EXPECT_EQ(asked->ede, "");
  // RFC 2181 section 5.2: the least TTL of the set is that of all.
  EXPECT_EQ(asked->answer(),
            (wire::Records{"www.example. 60 IN A 192.0.2.1", "www.example. 60 IN A 192.0.2.2"}));
  EXPECT_EQ(ask(names, "WWW.example. AAAA")->answer(),
            wire::Records{"www.example. 30 IN AAAA 2001:db8::1"});
  EXPECT_EQ(ask(names, "www.example. TXT")->answer(),
            wire::Records{"www.example. 300 IN TXT \"a b\" \"c\""});
  EXPECT_EQ(ask(names, "mail.example. MX")->answer(),
            wire::Records{"mail.example. 300 IN MX 10 www.example."});
}

TEST(LocalRecords, OwnTheirNameWhole) {
  const auto asked = ask(names_of({"www.example. A 192.0.2.1"}), "www.example. AAAA");

  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->is_nodata());
  EXPECT_EQ(asked->message.authority, wire::Records{soa("www.example.", 60)});
  EXPECT_EQ(asked->ede, "0 local records have this name, but not this type");
}

TEST(LocalRecords, LeaveOtherNamesAlone) {
  const LocalNames names = names_of({"www.example. A 192.0.2.1"});

  for (const char* question : {"example. A", "a.www.example. A", "ww.example. A", "w.example. A",
                               ". NS", "www.example.example. A"}) {
    EXPECT_FALSE(ask(names, question)) << question;
  }
}

TEST(LocalRecords, AnswerAnyWithOneSet) {
  const LocalNames names = names_of({"www.example. A 192.0.2.1", "www.example. TXT x"});

  EXPECT_EQ(ask(names, "www.example. ANY")->answer(),
            wire::Records{"www.example. 300 IN A 192.0.2.1"});
}

TEST(LocalRecords, MayBeOfAnyTypeOfData) {
  const LocalNames names = names_of({"a.example. TYPE65280 \\# 3 010203",
                                     "a.example. HTTPS 1 . alpn=h2", "a.example. TYPE65281 \\# 0"});

  EXPECT_EQ(ask(names, "a.example. TYPE65280")->answer(),
            wire::Records{"a.example. 300 IN TYPE65280 \\# 3 010203"});
  EXPECT_EQ(ask(names, "a.example. HTTPS")->answer(),
            wire::Records{"a.example. 300 IN HTTPS 1 . alpn=h2"});
  EXPECT_EQ(ask(names, "a.example. TYPE65281")->answer().size(), 1U);
}

TEST(LocalRecords, ThatAreWrittenTwiceAreAnsweredOnce) {
  const wire::Records twice{"www.example. 300 IN A 192.0.2.1", "www.example. 60 IN A 192.0.2.1"};

  EXPECT_EQ(ask(names_of(twice), "www.example. A")->answer(),
            wire::Records{"www.example. 60 IN A 192.0.2.1"});
  EXPECT_EQ(problems_of(twice), std::vector<std::string>{});
}

TEST(LocalRecords, ExpandWildcardsBelowTheClosestName) {
  // The cases of RFC 4592 section 2.2.1.
  const LocalNames names =
      names_of({"*.example. TXT wild", "sub.*.example. TXT below", "host1.example. A 192.0.2.1",
                "_ssh._tcp.host1.example. SRV 0 0 22 host1.example",
                "_ssh._tcp.host2.example. SRV 0 0 22 host1.example"});

  EXPECT_EQ(ask(names, "host3.example. TXT")->answer(),
            wire::Records{"host3.example. 300 IN TXT \"wild\""});
  EXPECT_TRUE(ask(names, "host3.example. A")->is_nodata());
  EXPECT_EQ(ask(names, "foo.bar.example. TXT")->answer(),
            wire::Records{"foo.bar.example. 300 IN TXT \"wild\""});
  EXPECT_TRUE(ask(names, "host1.example. TXT")->is_nodata());
  EXPECT_FALSE(ask(names, "sub.host1.example. TXT"));
  EXPECT_FALSE(ask(names, "_telnet._tcp.host1.example. SRV"));
  EXPECT_FALSE(ask(names, "host2.example. TXT"));    // an empty non-terminal
  EXPECT_FALSE(ask(names, "x.host2.example. TXT"));  // and what is below it
  EXPECT_FALSE(ask(names, "ghost.*.example. TXT"));  // "*" is the closest encloser
  EXPECT_EQ(ask(names, "sub.*.example. TXT")->answer(),
            wire::Records{"sub.*.example. 300 IN TXT \"below\""});
  EXPECT_FALSE(ask(names, "example. TXT"));
}

TEST(LocalRecords, AnswerForTheWildcardItself) {
  EXPECT_EQ(ask(names_of({"*.example. A 192.0.2.1"}), "*.example. A")->answer(),
            wire::Records{"*.example. 300 IN A 192.0.2.1"});
}

TEST(LocalRecords, MayHaveAWildcardBelowTheRoot) {
  const LocalNames names = names_of({"*. A 192.0.2.1", "www.example. A 192.0.2.2"});

  EXPECT_EQ(ask(names, "a.b.c. A")->answer(), wire::Records{"a.b.c. 300 IN A 192.0.2.1"});
  EXPECT_FALSE(ask(names, "other.example. A"));
}

TEST(LocalRecords, FollowCnamesToTheirEnd) {
  const LocalNames names =
      names_of({"www.example. 60 CNAME Web.example", "web.example. CNAME a.example",
                "a.example. A 192.0.2.1", "a.example. A 192.0.2.2"});

  EXPECT_EQ(ask(names, "www.example. A")->answer(),
            (wire::Records{"www.example. 60 IN CNAME Web.example.",
                           "Web.example. 300 IN CNAME a.example.", "a.example. 300 IN A 192.0.2.1",
                           "a.example. 300 IN A 192.0.2.2"}));
}

TEST(LocalRecords, EndACnameChainWithNoData) {
  const auto asked =
      ask(names_of({"www.example. CNAME a.example", "a.example. A 192.0.2.1"}), "www.example. MX");

  EXPECT_EQ(asked->rcode(), dns::Rcode::noerror);
  EXPECT_EQ(asked->answer(), wire::Records{"www.example. 300 IN CNAME a.example."});
  EXPECT_EQ(asked->message.authority, wire::Records{soa("a.example.", 60)});
}

TEST(LocalRecords, DoNotFollowACnameThatIsAskedFor) {
  const LocalNames names = names_of({"www.example. CNAME a.example", "a.example. A 192.0.2.1"});

  const wire::Records cname{"www.example. 300 IN CNAME a.example."};
  EXPECT_EQ(ask(names, "www.example. CNAME")->answer(), cname);
  EXPECT_EQ(ask(names, "www.example. ANY")->answer(), cname);
}

TEST(LocalRecords, FollowCnamesThroughWildcards) {
  const LocalNames names =
      names_of({"*.app.example. CNAME x.pool.example", "*.pool.example. A 192.0.2.1"});

  EXPECT_EQ(ask(names, "www.app.example. A")->answer(),
            (wire::Records{"www.app.example. 300 IN CNAME x.pool.example.",
                           "x.pool.example. 300 IN A 192.0.2.1"}));
}

wire::Records chain_of(std::size_t links) {
  wire::Records lines;
  for (std::size_t i = 0; i < links; ++i) {
    lines.push_back("n" + std::to_string(i) + ".example. CNAME n" + std::to_string(i + 1) +
                    ".example");
  }
  lines.push_back("n" + std::to_string(links) + ".example. A 192.0.2.1");
  return lines;
}

TEST(LocalRecords, FollowTheLongestChainAndRefuseALongerOne) {
  EXPECT_EQ(problems_of(chain_of(kMaxCnameLinks)), std::vector<std::string>{});
  EXPECT_EQ(ask(names_of(chain_of(kMaxCnameLinks)), "n0.example. A")->answer().size(),
            kMaxCnameLinks + 1);

  EXPECT_EQ(problems_of(chain_of(kMaxCnameLinks + 1)),
            std::vector<std::string>{"0 the CNAME leads in a circle, or over more than 8 links"});
  EXPECT_FALSE(ask(names_of(chain_of(kMaxCnameLinks + 1)), "n0.example. A"));
  EXPECT_TRUE(ask(names_of(chain_of(kMaxCnameLinks + 1)), "n1.example. A"));
}

TEST(LocalRecords, RefuseACnameThatLeadsOutOfThem) {
  const wire::Records lines{"www.example. A 192.0.2.1", "a.example. CNAME cdn.example",
                            "b.example. CNAME a.example"};

  EXPECT_EQ(problems_of(lines),
            (std::vector<std::string>{
                "1 the CNAME leads to cdn.example., which has no local record: clients would not "
                "follow it",
                "2 the CNAME leads to cdn.example., which has no local record: clients would not "
                "follow it"}));
  EXPECT_FALSE(ask(names_of(lines), "a.example. A"));
  EXPECT_FALSE(ask(names_of(lines), "b.example. A"));
  EXPECT_TRUE(ask(names_of(lines), "www.example. A"));
}

TEST(LocalRecords, RefuseCnamesInACircle) {
  EXPECT_EQ(problems_of({"a.example. CNAME b.example", "b.example. CNAME a.example"}).size(), 2U);
  EXPECT_EQ(problems_of({"a.example. CNAME a.example"}).size(), 1U);
}

TEST(LocalRecords, RefuseACnameBesideOtherData) {
  for (const wire::Records& lines :
       {wire::Records{"a.example. CNAME b.example", "a.example. A 192.0.2.1",
                      "b.example. A 192.0.2.2"},
        wire::Records{"*.a.example. CNAME b.example", "*.a.example. A 192.0.2.1",
                      "b.example. A 192.0.2.2"}}) {
    EXPECT_EQ(problems_of(lines),
              std::vector<std::string>{"0 a CNAME stands alone: its name has other records, too "
                                       "(RFC 1034 section 3.6.2)"});
  }
  EXPECT_EQ(problems_of({"a.example. CNAME b.example", "a.example. CNAME c.example",
                         "b.example. A 192.0.2.2", "c.example. A 192.0.2.3"}),
            std::vector<std::string>{"1 a name has one CNAME at most (RFC 2181 section 10.1)"});
}

TEST(LocalRecords, RefuseWhatIsNoDataOfClassIn) {
  EXPECT_EQ(
      problems_of({"a.example. CH TXT x", "a.example. TYPE41 \\# 0", "a.example. TYPE255 \\# 0",
                   "a.example. TYPE0 \\# 0", "a.example. DNAME b.example",
                   "a.example. TYPE128 \\# 0", "a.example. TYPE256 \\# 0"}),
      (std::vector<std::string>{
          "0 only class IN is answered from local records", "1 OPT is no type of data",
          "2 ANY is no type of data", "3 TYPE0 is no type of data",
          "4 DNAME is not supported: no CNAMEs are made from it", "5 TYPE128 is no type of data"}));
}

TEST(LocalRecords, RefuseASetThatFitsNoMessage) {
  wire::Records lines;
  const std::string text(250, 'x');
  const std::size_t each = kRecordHeadSize + 3 + 1 + text.size();
  for (std::size_t i = 0; i <= kMaxRrsetSize / each; ++i)
    lines.push_back("a.example. TXT " + std::to_string(100 + i).substr(0, 3) + text);
  // Numbers of three digits: the octets of each are the same.
  const auto problems = problems_of(lines);

  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front(), std::to_string(kMaxRrsetSize / each) +
                                  " too many records of one name and type to fit a message");
}

TEST(LocalRecords, FitAMessageBehindTheLongestNamesAndChain) {
  const std::string label(63, 'a');
  const auto long_name = [&](int i) {
    return std::to_string(i) + std::string(60, 'b') + "." + label + "." + label + "." + label + ".";
  };
  std::vector<dns::ZoneRecord> records;
  for (int i = 0; i < static_cast<int>(kMaxCnameLinks); ++i)
    records.push_back(dns::parse_record(long_name(i) + " CNAME " + long_name(i + 1), 300).value());
  dns::ZoneRecord large{.owner = name(long_name(kMaxCnameLinks)),
                        .type = dns::Type{65'280},
                        .klass = dns::Class::in,
                        .ttl = 300,
                        .rdata = std::vector<std::byte>(kMaxRrsetSize - kRecordHeadSize)};
  records.push_back(large);
  large.rdata.emplace_back();
  large.type = dns::Type{65'281};
  records.push_back(large);
  Parts parts = no_parts();
  parts.records = std::make_shared<const LocalRecords>(records, kHashKey);
  ASSERT_EQ(parts.records->problems().size(), 1U);
  EXPECT_EQ(parts.records->problems()[0].index, records.size() - 1);
  const LocalNames names{std::move(parts)};

  std::vector<std::byte> out(kMaxLocalAnswer);
  const auto answer =
      names.answer({.name = name(long_name(0)), .type = dns::Type{65'280}}, {}, out);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->size, kMaxLocalAnswer - kSoaSize);
  EXPECT_EQ(wire::read(std::span{out}.first(answer->size)).answer.size(), kMaxCnameLinks + 1);
}

TEST(LocalRecords, AreBounded) {
  std::vector<dns::ZoneRecord> records(
      kMaxRecords, {.owner = name("a.example"), .type = dns::Type::a, .rdata = {4, std::byte{1}}});
  records.push_back(dns::parse_record("b.example. A 192.0.2.1", 300).value());
  const LocalRecords table{records, kHashKey};

  ASSERT_EQ(table.problems().size(), 1U);
  EXPECT_EQ(table.problems()[0].index, kMaxRecords);
  EXPECT_EQ(table.problems()[0].text, "more than 100000 records");
}

}  // namespace
}  // namespace sluice::local
