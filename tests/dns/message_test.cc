#include "resolver/dns/message.h"

#include <gtest/gtest.h>

#include <array>

#include "resolver/dns/presentation.h"
#include "tests/support/wire.h"

namespace sluice::dns {
namespace {

// Malformed queries are in tests/corpus/query_fuzz, judged by corpus_test.cc.

TEST(ParseQuery, ReadsAPlainQuery) {
  const auto message = wire::query("www.example. AAAA", {.id = 0xbeef});

  const auto query = parse_query(message).value();

  EXPECT_EQ(query.id, 0xbeef);
  EXPECT_EQ(query.question, wire::question("www.example. AAAA"));
  EXPECT_TRUE(query.has(Header::kRd));
  EXPECT_FALSE(query.has(Header::kCd));
  EXPECT_FALSE(query.edns);
}

TEST(ParseQuery, FoldsTheNameAndKeepsItsLetters) {
  const auto lower = wire::query("www.example. A");
  const auto mixed = wire::query("wWw.Example. A");

  EXPECT_EQ(parse_query(mixed).value().key(), parse_query(lower).value().key());
  EXPECT_EQ(parse_query(lower).value().qname_case, LetterCase{});
  EXPECT_EQ(parse_query(mixed).value().qname_case, (LetterCase{1U << 2 | 1U << 5}));
}

TEST(ParseQuery, ReadsTheOptRecord) {
  const auto options = wire::option(10, "12345678");
  const auto message =
      wire::query("www.example. A",
                  {.edns = wire::Edns{.udp_size = 4096, .dnssec_ok = true, .options = options}});

  const auto query = parse_query(message).value();

  ASSERT_TRUE(query.edns);
  EXPECT_EQ(query.edns->udp_size, 4096);
  EXPECT_EQ(query.edns->version, 0);
  EXPECT_TRUE(query.edns->dnssec_ok);
  EXPECT_TRUE(std::equal(query.edns->options.begin(), query.edns->options.end(), options.begin(),
                         options.end()));
}

TEST(ParseQuery, CountsAUdpSizeBelow512As512) {
  for (const std::uint16_t offered : std::initializer_list<std::uint16_t>{0, 1, 511, 512}) {
    const auto message = wire::query("www.example. A", {.edns = wire::Edns{.udp_size = offered}});
    EXPECT_EQ(parse_query(message).value().edns->udp_size, 512) << offered;
  }
}

TEST(ParseQuery, KeysByQuestionDoAndCd) {
  const auto key = [](const wire::QueryOptions& options) {
    return parse_query(wire::query("www.example. A", options)).value().key();
  };

  EXPECT_EQ(key({.id = 1}), key({.id = 2, .recursion_desired = false}));
  EXPECT_EQ(key({}), key({.edns = wire::Edns{}})) << "EDNS alone changes no record";
  EXPECT_NE(key({}), key({.edns = wire::Edns{.dnssec_ok = true}}));
  EXPECT_NE(key({}), key({.checking_disabled = true}));
}

TEST(ParseQuery, SkipsRecordsItDoesNotKnow) {
  const wire::Records records{"other.example. 0 IN TXT \"not ours\"",
                              "x.example. 5 IN TYPE65280 \\# 0"};

  EXPECT_TRUE(parse_query(wire::query("www.example. A", {.additional = records})));
  const auto with_opt =
      wire::query("www.example. A", {.additional = records, .edns = wire::Edns{}});
  EXPECT_TRUE(parse_query(with_opt).value().edns);
}

TEST(ParseQuery, TakesTheSoaOfAnIxfr) {
  const auto message = wire::query(
      "example. IXFR", {.authority = {"example. 60 IN SOA ns.example. h.example. 1 2 3 4 5"}});

  EXPECT_EQ(parse_query(message).value().question.type, Type::ixfr);
}

TEST(ParseQuery, FindsEveryCutOfAQueryMalformed) {
  const auto message = wire::query(
      "www.example. A", {.additional = {"a.example. 0 IN TXT \"x\""}, .edns = wire::Edns{}});

  for (std::size_t size = 0; size < message.size(); ++size) {
    const wire::Bytes cut{message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)};
    EXPECT_FALSE(parse_query(cut)) << size << " octets";
  }
}

TEST(ParseQuery, ReportsQrBeforeAnythingElse) {
  auto message = wire::hex("1234 F800 0009 0009 0009 0009");  // QR, opcode 15 and absurd counts

  EXPECT_EQ(parse_query(message).error(), QueryError::is_response);
}

TEST(RcodeFor, AnswersEveryErrorButThoseThatWouldLoop) {
  EXPECT_EQ(rcode_for(QueryError::short_header), std::nullopt);
  EXPECT_EQ(rcode_for(QueryError::is_response), std::nullopt);
  EXPECT_EQ(rcode_for(QueryError::opcode), Rcode::notimp);
  EXPECT_EQ(rcode_for(QueryError::edns_version), Rcode::badvers);
  for (const QueryError error :
       {QueryError::question_count, QueryError::bad_question, QueryError::bad_record,
        QueryError::bad_opt, QueryError::trailing_garbage}) {
    EXPECT_EQ(rcode_for(error), Rcode::formerr);
  }
}

TEST(Header, ReadsTheTwelveOctets) {
  const auto header = Header::read(wire::hex("1234 AF93 0001 0203 0405 0607")).value();

  EXPECT_EQ(header.id, 0x1234);
  EXPECT_TRUE(header.has(Header::kQr) && header.has(Header::kAa) && header.has(Header::kTc));
  EXPECT_TRUE(header.has(Header::kRd) && header.has(Header::kRa) && header.has(Header::kCd));
  EXPECT_FALSE(header.has(Header::kAd));
  EXPECT_EQ(header.opcode(), 5);
  EXPECT_EQ(header.rcode(), 3);
  EXPECT_EQ(header.question_count, 1);
  EXPECT_EQ(header.answer_count, 0x0203);
  EXPECT_EQ(header.authority_count, 0x0405);
  EXPECT_EQ(header.additional_count, 0x0607);
}

TEST(Header, NeedsTwelveOctets) { EXPECT_FALSE(Header::read(wire::Bytes(11))); }

TEST(Numbers, AreWrittenAndReadInNetworkOrder) {
  std::array<std::byte, 6> bytes{};

  write_u32(bytes, 1, 0x01020384);

  EXPECT_EQ(bytes[1], std::byte{1});
  EXPECT_EQ(bytes[4], std::byte{0x84});
  EXPECT_EQ(read_u32(bytes, 1), 0x01020384U);
  EXPECT_EQ(read_u16(bytes, 3), 0x0384);
}

}  // namespace
}  // namespace sluice::dns
