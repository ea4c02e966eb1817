#include "resolver/dns/cacheability.h"

#include <gtest/gtest.h>

#include "tests/support/wire.h"

namespace sluice::dns {
namespace {

using namespace std::chrono_literals;

const std::string kSoa = "example. 900 IN SOA ns.example. host.example. 1 3600 600 86400 300";
const std::string kAddress = "www.example. 60 IN A 192.0.2.1";
const std::string kAlias = "www.example. 120 IN CNAME web.example.";

struct Judgement {
  ResponseKind kind;
  std::optional<std::chrono::seconds> storable;

  friend bool operator==(const Judgement&, const Judgement&) = default;
};

void PrintTo(const Judgement& judgement, std::ostream* out) {
  *out << "kind " << static_cast<int>(judgement.kind) << ", storable for "
       << (judgement.storable ? judgement.storable->count() : -1);
}

Judgement judge(const wire::Bytes& message, const TtlLimits& limits = {}) {
  Response response;
  EXPECT_EQ(parse_response(message, response), std::nullopt);
  return {classify(response), storable_for(response, limits)};
}

Judgement judge_ttl(std::uint32_t ttl, const TtlLimits& limits = {}) {
  const std::string record = "www.example. " + std::to_string(ttl) + " IN A 192.0.2.1";
  return judge(wire::response("www.example. A", {record}), limits);
}

constexpr Judgement positive(std::optional<std::chrono::seconds> ttl) {
  return {ResponseKind::positive, ttl};
}
constexpr Judgement nodata(std::optional<std::chrono::seconds> ttl) {
  return {ResponseKind::nodata, ttl};
}
constexpr Judgement nxdomain(std::optional<std::chrono::seconds> ttl) {
  return {ResponseKind::nxdomain, ttl};
}

TEST(Cacheability, StoresAPositiveAnswerForItsLeastTtl) {
  EXPECT_EQ(judge(wire::response("www.example. A", {kAddress})), positive(60s));
  EXPECT_EQ(judge(wire::response("www.example. A", {kAlias, "web.example. 90 IN A 192.0.2.1"})),
            positive(90s));
  EXPECT_EQ(judge(wire::response("www.example. A", {kAddress},
                                 {.authority = {"example. 50 IN NS ns.example."},
                                  .additional = {"ns.example. 40 IN A 192.0.2.53"}})),
            positive(40s));
}

TEST(Cacheability, DoesNotCountTheOptRecordsTtlField) {
  EXPECT_EQ(judge(wire::response("www.example. A", {kAddress}, {.edns = wire::Edns{}})),
            positive(60s));
}

TEST(Cacheability, TakesANameThatADnameMakesTooLongForAnAnswer) {
  const wire::Records dname{"example. 90 IN DNAME a-much-longer-name.example."};

  EXPECT_EQ(judge(wire::response("www.example. A", dname, {.rcode = Rcode::yxdomain})),
            positive(90s));
  EXPECT_EQ(judge(wire::response("www.example. A", {}, {.rcode = Rcode::yxdomain})).kind,
            ResponseKind::failure);
}

TEST(Cacheability, IgnoresAnSoaBesideAPositiveAnswer) {
  const std::string soa = "example. 900 IN SOA ns.example. host.example. 1 3600 600 86400 5";

  EXPECT_EQ(judge(wire::response("www.example. A", {kAddress}, {.authority = {soa}})),
            positive(60s));
}

TEST(Cacheability, StoresNegativeAnswersByTheirSoa) {
  EXPECT_EQ(judge(wire::response("www.example. A", {}, {.authority = {kSoa}})), nodata(300s));
  EXPECT_EQ(
      judge(wire::response("www.example. A", {}, {.rcode = Rcode::nxdomain, .authority = {kSoa}})),
      nxdomain(300s));
}

TEST(Cacheability, NeverStoresANegativeAnswerWithoutSoa) {
  EXPECT_EQ(judge(wire::response("www.example. A", {})), nodata(std::nullopt));
  EXPECT_EQ(judge(wire::response("www.example. A", {}, {.rcode = Rcode::nxdomain})),
            nxdomain(std::nullopt));
  EXPECT_EQ(judge(wire::response("www.example. A", {}, {.additional = {kSoa}})),
            nodata(std::nullopt));
}

TEST(Cacheability, NeverStoresAReferral) {
  EXPECT_EQ(judge(wire::response("www.example. A", {},
                                 {.authority = {"example. 300 IN NS ns.example."},
                                  .additional = {"ns.example. 300 IN A 192.0.2.53"}})),
            nodata(std::nullopt));
}

TEST(Cacheability, TakesACnameChainToNothingForNodata) {
  EXPECT_EQ(judge(wire::response("www.example. A", {kAlias}, {.authority = {kSoa}})), nodata(120s))
      << "the CNAME is stored with it";
  EXPECT_EQ(judge(wire::response("www.example. A", {kAlias},
                                 {.rcode = Rcode::nxdomain, .authority = {kSoa}})),
            nxdomain(120s));
}

TEST(Cacheability, NeverStoresACnameChainBrokenOff) {
  EXPECT_EQ(judge(wire::response("www.example. A", {kAlias})), nodata(std::nullopt));
  EXPECT_EQ(judge(wire::response("www.example. CNAME", {kAlias})), positive(120s))
      << "unless the CNAME is what was asked for";
}

TEST(Cacheability, IsNotConfusedByDnssecRecords) {
  const std::string signature =
      "www.example. 45 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 example. AAAA";
  const std::string soa_signature =
      "example. 250 IN RRSIG SOA 8 1 900 20300101000000 20200101000000 1 example. AAAA";
  const std::string denial = "www.example. 200 IN NSEC x.example. TXT RRSIG NSEC";

  EXPECT_EQ(judge(wire::response("www.example. A", {kAddress, signature})), positive(45s));
  EXPECT_EQ(
      judge(wire::response("www.example. A", {}, {.authority = {soa_signature, kSoa, denial}})),
      nodata(200s));
  EXPECT_EQ(judge(wire::response("www.example. A", {signature})), nodata(std::nullopt));
}

TEST(Cacheability, NeverStoresFailures) {
  for (const Rcode rcode : {Rcode::formerr, Rcode::servfail, Rcode::notimp, Rcode::refused,
                            Rcode{7}, Rcode{11}, Rcode::badvers, Rcode{19}}) {
    const auto message = wire::response(
        "www.example. A", {kAddress}, {.rcode = rcode, .authority = {kSoa}, .edns = wire::Edns{}});
    EXPECT_EQ(judge(message), (Judgement{ResponseKind::failure, std::nullopt}));
  }
}

TEST(Cacheability, NeverStoresTruncatedResponses) {
  for (const Rcode rcode : {Rcode::noerror, Rcode::nxdomain, Rcode::servfail}) {
    const auto message = wire::response("www.example. A", {kAddress},
                                        {.rcode = rcode, .truncated = true, .authority = {kSoa}});
    EXPECT_EQ(judge(message), (Judgement{ResponseKind::truncated, std::nullopt}));
  }
}

TEST(Cacheability, NeverStoresTtlZero) {
  EXPECT_EQ(judge_ttl(0), positive(std::nullopt));
  EXPECT_EQ(judge_ttl(0, {.min = 30s}), positive(std::nullopt)) << "not even with a minimum";
  EXPECT_EQ(judge(wire::response("www.example. A", {kAddress},
                                 {.additional = {"ns.example. 0 IN A 192.0.2.53"}})),
            positive(std::nullopt));
  const std::string soa = "example. 900 IN SOA ns.example. host.example. 1 3600 600 86400 0";
  EXPECT_EQ(judge(wire::response("www.example. A", {}, {.authority = {soa}})),
            nodata(std::nullopt));
}

TEST(Cacheability, KeepsTtlsWithinTheLimits) {
  const TtlLimits limits{.min = 10s, .max = 100s, .max_negative = 50s};

  EXPECT_EQ(judge_ttl(9, limits), positive(10s));
  EXPECT_EQ(judge_ttl(10, limits), positive(10s));
  EXPECT_EQ(judge_ttl(100, limits), positive(100s));
  EXPECT_EQ(judge_ttl(101, limits), positive(100s));
  EXPECT_EQ(judge(wire::response("www.example. A", {}, {.authority = {kSoa}}), limits),
            nodata(50s));
}

TEST(Cacheability, LetsTheMaximumWinAContradiction) {
  EXPECT_EQ(judge_ttl(60, {.min = 200s, .max = 100s}), positive(100s));
  EXPECT_EQ(judge(wire::response("www.example. A", {}, {.authority = {kSoa}}),
                  {.min = 200s, .max = 20s, .max_negative = 50s}),
            nodata(20s));
  EXPECT_EQ(
      judge(wire::response("www.example. A", {}, {.authority = {kSoa}}), {.max_negative = 0s}),
      nodata(std::nullopt))
      << "a negative maximum of 0 turns negative caching off";
}

TEST(Cacheability, TakesATtlWithItsTopBitSetForALargeOne) {
  EXPECT_EQ(judge_ttl(0x80000000), positive(86'400s));
  EXPECT_EQ(judge_ttl(0xffffffff), positive(86'400s));
}

TEST(Cacheability, NeverStoresMoreRecordsThanItCanAge) {
  const auto message_with = [](std::size_t records) {
    return wire::response("www.example. A", wire::Records(records, kAddress));
  };

  EXPECT_EQ(judge(message_with(kMaxAgedRecords)), positive(60s));
  EXPECT_EQ(judge(message_with(kMaxAgedRecords + 1)), positive(std::nullopt));
}

}  // namespace
}  // namespace sluice::dns
