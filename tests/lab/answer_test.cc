#include "tests/lab/answer.h"

#include <gtest/gtest.h>

#include "resolver/dns/presentation.h"
#include "resolver/dns/response.h"

namespace sluice::lab {
namespace {

constexpr std::uint16_t kId = 0x1234;

dns::Query query(std::string_view name, dns::Type type = dns::Type::a) {
  return {.id = kId,
          .flags = dns::Header::kRd,
          .question = {.name = dns::parse_name(name).value(), .type = type},
          .qname_case = {},
          .edns = std::nullopt};
}

dns::Query with_edns(dns::Query query, std::uint16_t udp_size) {
  query.edns.emplace().udp_size = udp_size;
  return query;
}

ZoneBehaviour zone(const std::string& behaviour) {
  return parse_zone("example=" + behaviour).value();
}

/// The only reply, parsed.
dns::Response reply(const std::string& behaviour, const dns::Query& query,
                    Transport transport = Transport::udp) {
  const auto replies = make_replies(zone(behaviour), query, transport);
  EXPECT_EQ(replies.size(), 1U);
  dns::Response response;
  EXPECT_EQ(dns::parse_response(replies.at(0), response), std::nullopt);
  EXPECT_EQ(response.header.id, kId);
  EXPECT_EQ(response.question, query.question);
  EXPECT_TRUE(response.header.has(dns::Header::kRa));
  return response;
}

std::uint16_t code(dns::Rcode rcode) { return static_cast<std::uint16_t>(rcode); }

TEST(MakeReplies, AnswersEveryUsualTypeWithTheZonesTtl) {
  for (const int type : {1, 5, 12, 15, 16, 28, 33}) {
    const auto response =
        reply("answer,ttl=77", query("www.example", static_cast<dns::Type>(type)));
    EXPECT_EQ(response.rcode, code(dns::Rcode::noerror));
    EXPECT_TRUE(response.has_answer_of_type) << type;
    EXPECT_EQ(response.min_answer_ttl, 77U);
  }
}

TEST(MakeReplies, AnswersOtherTypesWithNodata) {
  const auto response = reply("answer,ttl=77", query("www.example", dns::Type::ns));
  EXPECT_EQ(response.header.answer_count, 0);
  EXPECT_EQ(response.negative_ttl, 77U);
}

TEST(MakeReplies, GivesTheSameNameTheSameRecords) {
  const auto once = make_replies(zone("answer"), query("www.example"), Transport::udp);
  EXPECT_EQ(once, make_replies(zone("answer"), query("www.example"), Transport::udp));
  EXPECT_NE(once, make_replies(zone("answer"), query("ww2.example"), Transport::udp));
}

TEST(MakeReplies, CarriesAnOptRecordExactlyWhenTheQueryDid) {
  EXPECT_EQ(reply("answer", query("www.example")).opt_offset, 0U);
  EXPECT_GT(reply("answer", with_edns(query("www.example"), 1'232)).opt_offset, 0U);
}

TEST(MakeReplies, PutsAnSoaIntoNegativeResponses) {
  const auto nxdomain = reply("nxdomain,ttl=30", query("www.example"));
  EXPECT_EQ(nxdomain.rcode, code(dns::Rcode::nxdomain));
  EXPECT_EQ(nxdomain.negative_ttl, 30U);

  const auto nodata = reply("nodata,ttl=30", query("www.example"));
  EXPECT_EQ(nodata.rcode, code(dns::Rcode::noerror));
  EXPECT_EQ(nodata.header.answer_count, 0);
  EXPECT_EQ(nodata.negative_ttl, 30U);
}

TEST(MakeReplies, FailsOnRequest) {
  EXPECT_EQ(reply("servfail", query("www.example")).rcode, code(dns::Rcode::servfail));
  EXPECT_EQ(reply("refused", query("www.example")).rcode, code(dns::Rcode::refused));
}

TEST(MakeReplies, StaysSilentOnRequest) {
  EXPECT_TRUE(make_replies(zone("silent"), query("www.example"), Transport::udp).empty());
}

TEST(MakeReplies, TruncatesOverUdpAloneInATcZone) {
  const auto udp = reply("tc", query("www.example"));
  EXPECT_TRUE(udp.header.has(dns::Header::kTc));
  EXPECT_EQ(udp.header.answer_count, 0);

  const auto tcp = reply("tc", query("www.example"), Transport::tcp);
  EXPECT_FALSE(tcp.header.has(dns::Header::kTc));
  EXPECT_TRUE(tcp.has_answer_of_type);
}

TEST(MakeReplies, TruncatesALargeResponseToWhatTheQueryOffers) {
  for (const dns::Type type : {dns::Type::a, dns::Type::txt}) {
    const dns::Query plain = query("www.example", type);
    EXPECT_TRUE(reply("large", plain).header.has(dns::Header::kTc));
    EXPECT_TRUE(reply("large", with_edns(plain, 1'232)).header.has(dns::Header::kTc));
    EXPECT_FALSE(reply("large", with_edns(plain, 4'096)).header.has(dns::Header::kTc));

    const auto tcp = make_replies(zone("large"), plain, Transport::tcp);
    EXPECT_GT(tcp.at(0).size(), 2'800U);
    EXPECT_LT(tcp.at(0).size(), 3'200U);
  }
}

TEST(MakeReplies, ForgesTheIdFirst) {
  const auto replies = make_replies(zone("wrongid"), query("www.example"), Transport::udp);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_NE(dns::read_u16(replies[0], 0), kId);
  EXPECT_EQ(dns::read_u16(replies[1], 0), kId);
}

TEST(MakeReplies, ForgesTheQuestionFirst) {
  const auto replies = make_replies(zone("wrongquestion"), query("www.example"), Transport::udp);
  ASSERT_EQ(replies.size(), 2U);
  dns::Response response;
  ASSERT_EQ(dns::parse_response(replies[0], response), std::nullopt);
  EXPECT_EQ(response.header.id, kId);
  EXPECT_EQ(dns::to_string(response.question.name), "forged.example.");
  ASSERT_EQ(dns::parse_response(replies[1], response), std::nullopt);
  EXPECT_EQ(dns::to_string(response.question.name), "www.example.");
}

TEST(MakeReplies, KnowsNoEdnsInAFormerrZone) {
  const auto refused = reply("formerr", with_edns(query("www.example"), 1'232));
  EXPECT_EQ(refused.rcode, code(dns::Rcode::formerr));
  EXPECT_EQ(refused.opt_offset, 0U);
  EXPECT_TRUE(reply("formerr", query("www.example")).has_answer_of_type);
}

TEST(MakeReplies, BreaksARecordInAMalformedZone) {
  for (const dns::Query& asked : {query("www.example"), with_edns(query("www.example"), 1'232)}) {
    const auto replies = make_replies(zone("malformed"), asked, Transport::udp);
    ASSERT_EQ(replies.size(), 1U);
    dns::Response response;
    EXPECT_EQ(dns::parse_response(replies[0], response), dns::ResponseError::bad_record);
  }
}

TEST(MakeReplies, LeadsThroughACnameChainToTheRecord) {
  const auto response = reply("cname", query("www.example"));
  EXPECT_EQ(response.header.answer_count, 4);
  EXPECT_TRUE(response.has_answer_of_type);
  EXPECT_EQ(reply("cname", query("www.example", dns::Type::cname)).header.answer_count, 3);

  const auto nodata = reply("cname", query("www.example", dns::Type::ns));
  EXPECT_EQ(nodata.header.answer_count, 3);
  EXPECT_TRUE(nodata.negative_ttl);
}

TEST(MakeReplies, TakesTheLongestName) {
  const std::string label(61, 'x');
  const std::string name = label + '.' + label + '.' + label + '.' + label + ".example";
  const auto parsed = dns::parse_name(name.substr(3));
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 254U);
  for (const char* behaviour : {"answer", "nodata", "cname", "large", "servfail"})
    EXPECT_EQ(reply(behaviour, query(name.substr(3)), Transport::tcp).header.id, kId);
}

TEST(MakeReplies, FailsTheSameShareOfNamesEachTime) {
  int failures = 0;
  for (int i = 0; i < 1'000; ++i) {
    const dns::Query asked = query("www-" + std::to_string(i) + ".example");
    const auto first = reply("answer,fail=0.3", asked);
    EXPECT_EQ(reply("answer,fail=0.3", asked).rcode, first.rcode);
    failures += first.rcode == code(dns::Rcode::servfail) ? 1 : 0;
  }
  EXPECT_GT(failures, 250);
  EXPECT_LT(failures, 350);
}

}  // namespace
}  // namespace sluice::lab
