#include "resolver/dns/response.h"

#include <gtest/gtest.h>

#include "tests/support/wire.h"

namespace sluice::dns {
namespace {

// Malformed responses are in tests/corpus/response_fuzz, judged by corpus_test.cc.

Response parse(const wire::Bytes& message) {
  Response response;
  EXPECT_EQ(parse_response(message, response), std::nullopt);
  return response;
}

std::vector<std::uint32_t> ttls(const wire::Bytes& message, const Response& response) {
  std::vector<std::uint32_t> ttls;
  for (std::size_t i = 0; i < response.ttl_count; ++i) {
    ttls.push_back(read_u32(message, response.ttl_offsets[i]));
  }
  return ttls;
}

TEST(ParseResponse, NotesTheTtlOfEveryRecordButOpt) {
  const auto message =
      wire::response("www.example. A",
                     {"www.example. 100 IN CNAME web.example.", "web.example. 60 IN A 192.0.2.1",
                      "web.example. 61 IN A 192.0.2.2"},
                     {.authority = {"example. 300 IN NS ns.example."},
                      .additional = {"ns.example. 30 IN AAAA 2001:db8::1"},
                      .edns = wire::Edns{}});

  const Response response = parse(message);

  EXPECT_EQ(ttls(message, response), (std::vector<std::uint32_t>{100, 60, 61, 300, 30}));
  EXPECT_EQ(response.min_answer_ttl, 60U);
  EXPECT_EQ(response.min_record_ttl, 30U);
  EXPECT_EQ(response.negative_ttl, std::nullopt);
  EXPECT_EQ(response.question, wire::question("www.example. A"));
  EXPECT_EQ(response.question_end, 12U + 13 + 4);
  EXPECT_EQ(response.additional_before_opt, 1);
  EXPECT_EQ(response.opt_offset, message.size() - kBareOptSize);
  EXPECT_FALSE(response.too_many_records);
}

TEST(ParseResponse, HasNoTtlsWithoutRecords) {
  const Response response = parse(wire::response("www.example. A", {}, {.edns = wire::Edns{}}));

  EXPECT_EQ(response.ttl_count, 0U);
  EXPECT_EQ(response.min_record_ttl, std::nullopt);
  EXPECT_EQ(response.min_answer_ttl, std::nullopt);
}

TEST(ParseResponse, TakesTheRcodesUpperBitsFromTheOptRecord) {
  const auto plain = wire::response("www.example. A", {}, {.rcode = Rcode::refused});
  const auto badvers =
      wire::response("www.example. A", {}, {.rcode = Rcode::badvers, .edns = wire::Edns{}});

  EXPECT_EQ(parse(plain).rcode, 5);
  EXPECT_EQ(parse(badvers).rcode, 16);
  EXPECT_EQ(parse(badvers).header.rcode(), 0);
}

TEST(ParseResponse, SeesDo) {
  const auto with = wire::response("www.example. A", {}, {.edns = wire::Edns{.dnssec_ok = true}});
  const auto without = wire::response("www.example. A", {}, {.edns = wire::Edns{}});

  EXPECT_TRUE(parse(with).dnssec_ok);
  EXPECT_FALSE(parse(without).dnssec_ok);
  EXPECT_NE(parse(without).opt_offset, 0U);
}

TEST(ParseResponse, TakesTheLesserOfSoaTtlAndMinimum) {
  const auto negative_ttl = [](const std::string& soa) {
    return parse(wire::response("www.example. A", {}, {.authority = {soa}})).negative_ttl;
  };

  EXPECT_EQ(negative_ttl("example. 900 IN SOA ns.example. host.example. 1 2 3 4 300"), 300U);
  EXPECT_EQ(negative_ttl("example. 60 IN SOA ns.example. host.example. 1 2 3 4 300"), 60U);
  EXPECT_EQ(negative_ttl(". 60 IN SOA . . 1 2 3 4 5"), 5U);
}

TEST(ParseResponse, LooksForTheSoaInAuthorityAlone) {
  const std::string soa = "example. 900 IN SOA ns.example. host.example. 1 2 3 4 300";

  EXPECT_EQ(parse(wire::response("example. SOA", {soa})).negative_ttl, std::nullopt);
  EXPECT_EQ(parse(wire::response("example. A", {}, {.additional = {soa}})).negative_ttl,
            std::nullopt);
}

TEST(ParseResponse, KnowsWhetherTheTypeAskedForIsInTheAnswer) {
  const std::string cname = "www.example. 60 IN CNAME web.example.";
  const std::string address = "web.example. 60 IN A 192.0.2.1";
  const std::string rrsig =
      "web.example. 60 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 example. AAAA";
  const auto has_answer = [](const char* question, const wire::Records& answer) {
    return parse(wire::response(question, answer)).has_answer_of_type;
  };

  EXPECT_TRUE(has_answer("www.example. A", {cname, address}));
  EXPECT_TRUE(has_answer("www.example. A", {address, cname})) << "in any order";
  EXPECT_TRUE(has_answer("www.example. A", {cname, rrsig, address}));
  EXPECT_FALSE(has_answer("www.example. A", {cname}));
  EXPECT_FALSE(has_answer("web.example. A", {rrsig}));
  EXPECT_FALSE(has_answer("www.example. AAAA", {cname, address}));
  EXPECT_FALSE(has_answer("www.example. A", {}));
  EXPECT_TRUE(has_answer("www.example. CNAME", {cname}));
  EXPECT_TRUE(has_answer("web.example. RRSIG", {rrsig}));
  EXPECT_TRUE(has_answer("www.example. ANY", {rrsig}));
  EXPECT_FALSE(has_answer("www.example. ANY", {}));
  EXPECT_FALSE(has_answer("web.example. CH A", {address})) << "another class";
  EXPECT_TRUE(has_answer("web.example. ANY A", {address}));
}

TEST(ParseResponse, AgesAsManyRecordsAsItSaysAndNoMore) {
  const auto message_with = [](std::size_t records) {
    return wire::response("www.example. A",
                          wire::Records(records, "www.example. 60 IN A 192.0.2.1"));
  };

  const Response most = parse(message_with(kMaxAgedRecords));
  EXPECT_EQ(most.ttl_count, kMaxAgedRecords);
  EXPECT_FALSE(most.too_many_records);
  const Response more = parse(message_with(kMaxAgedRecords + 1));
  EXPECT_EQ(more.ttl_count, kMaxAgedRecords);
  EXPECT_TRUE(more.too_many_records);
}

TEST(ParseResponse, ForgetsTheMessageBefore) {
  Response response;
  const auto full = wire::response("www.example. A", {"www.example. 60 IN A 192.0.2.1"},
                                   {.edns = wire::Edns{.dnssec_ok = true}});
  const auto empty = wire::response("other.example. A", {});

  ASSERT_FALSE(parse_response(full, response));
  ASSERT_FALSE(parse_response(empty, response));

  EXPECT_EQ(response.ttl_count, 0U);
  EXPECT_EQ(response.opt_offset, 0U);
  EXPECT_FALSE(response.has_answer_of_type);
  EXPECT_FALSE(response.dnssec_ok);
}

TEST(ParseResponse, TakesErrorsOfOldServersWithoutAQuestion) {
  for (const char* message : {"1234 8181 0000 0000 0000 0000", "1234 8182 0000 0000 0000 0000",
                              "1234 8184 0000 0000 0000 0000"}) {
    EXPECT_EQ(parse(wire::hex(message)).question, Question{}) << message;
  }
  Response response;
  for (const char* message : {"1234 8180 0000 0000 0000 0000", "1234 8183 0000 0000 0000 0000"}) {
    EXPECT_EQ(parse_response(wire::hex(message), response), ResponseError::question_count);
  }
}

TEST(ParseResponse, SeesTcHoweverTheRecordsWereCutOff) {
  auto message =
      wire::response("www.example. A", {"www.example. 60 IN A 192.0.2.1"}, {.truncated = true});
  const std::size_t question_end = 12 + 13 + 4;

  for (; message.size() >= question_end; message.pop_back()) {
    EXPECT_TRUE(parse(message).header.has(Header::kTc)) << message.size() << " octets";
  }
  Response response;
  EXPECT_EQ(parse_response(message, response), ResponseError::bad_question);
}

TEST(ParseResponse, FindsEveryCutOfAResponseMalformed) {
  const auto message =
      wire::response("www.example. A", {"www.example. 60 IN A 192.0.2.1"},
                     {.authority = {"example. 60 IN SOA ns.example. host.example. 1 2 3 4 5"},
                      .edns = wire::Edns{}});

  for (std::size_t size = 0; size < message.size(); ++size) {
    Response response;
    const wire::Bytes cut{message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)};
    EXPECT_TRUE(parse_response(cut, response)) << size << " octets";
  }
}

}  // namespace
}  // namespace sluice::dns
