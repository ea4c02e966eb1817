#include <gtest/gtest.h>

#include <string>

#include "tests/dns/stored.h"

// How a response is stored: without OPT, with TTLs that age.

namespace sluice::dns {
namespace {

TEST(CopyWithoutOpt, CutsTheLastRecordOut) {
  const auto plain = wire::response("www.example. A", {kAddress},
                                    {.additional = {"ns.example. 30 IN A 192.0.2.53"}});
  const auto with_opt =
      wire::response("www.example. A", {kAddress},
                     {.additional = {"ns.example. 30 IN A 192.0.2.53"},
                      .edns = wire::Edns{.options = wire::option(10, "a cookie")}});

  EXPECT_EQ(stored(with_opt), plain);
  EXPECT_EQ(stored(plain), plain);
}

TEST(CopyWithoutOpt, DropsWhatStandsBehindTheOpt) {
  auto message = wire::response("www.example. A", {kAddress}, {.edns = wire::Edns{}});
  // "ns" with a pointer to "example." in the question: legal where it stands.
  message = wire::concat(message, wire::hex("02 6E73 C010 0001 0001 0000001E 0004 C0000235"));
  write_u16(message, 10, 2);
  ASSERT_EQ(wire::read(message).additional, wire::Records{"ns.example. 30 IN A 192.0.2.53"});

  Response response = parse(message);
  wire::Bytes copy(message.size());
  copy.resize(copy_without_opt(message, response, copy));

  EXPECT_EQ(copy, wire::response("www.example. A", {kAddress}));
  EXPECT_EQ(response.ttl_count, 1U) << "the dropped record's TTL is not aged";
}

TEST(CopyWithoutOpt, KeepsWhatStandsBeforeTheOpt) {
  const auto message = wire::response("www.example. MX", {"www.example. 60 IN MX 10 mail.example."},
                                      {.authority = {"example. 50 IN NS ns.example."},
                                       .additional = {"mail.example. 40 IN A 192.0.2.25"},
                                       .edns = wire::Edns{}});

  const auto copy = wire::read(stored(message));

  EXPECT_EQ(copy.answer, wire::Records{"www.example. 60 IN MX 10 mail.example."});
  EXPECT_EQ(copy.authority, wire::Records{"example. 50 IN NS ns.example."});
  EXPECT_EQ(copy.additional, wire::Records{"mail.example. 40 IN A 192.0.2.25"});
  EXPECT_FALSE(copy.edns);
}

TEST(CopyWithoutOpt, ClaimsNeitherAuthorityNorAuthenticity) {
  const auto message =
      wire::response("www.example. A", {kAddress}, {.authoritative = true, .authentic_data = true});

  const auto copy = wire::read(stored(message));

  EXPECT_FALSE(copy.authoritative);
  EXPECT_FALSE(copy.authentic_data);
}

TEST(CopyWithoutOpt, FoldsTheQuestion) {
  EXPECT_EQ(wire::read(stored(wire::response("wWw.eXample. A", {}))).question, "www.example. A");
}

TEST(CopyWithoutOpt, TurnsAnRcodeThatNeedsTheOptIntoServfail) {
  for (const Rcode rcode : {Rcode::badvers, Rcode{23}}) {
    const auto message =
        wire::response("www.example. A", {}, {.rcode = rcode, .edns = wire::Edns{}});
    EXPECT_EQ(wire::read(stored(message)).rcode, 2);
  }
  const auto message = wire::response("www.example. A", {}, {.rcode = Rcode::nxdomain});
  EXPECT_EQ(wire::read(stored(message)).rcode, 3);
}

TEST(CopyWithoutOpt, KeepsOnlyTheQuestionOfATruncatedResponse) {
  auto message = wire::response("www.example. A", {kAddress}, {.truncated = true});
  message.pop_back();

  const auto copy = wire::read(stored(message));

  EXPECT_TRUE(copy.truncated);
  EXPECT_EQ(copy.question, "www.example. A");
  EXPECT_EQ(copy.answer, wire::Records{});
}

class Ttls : public testing::Test {
 protected:
  Ttls()
      : message_{wire::response("www.example. A", {kAddress, "www.example. 5 IN A 192.0.2.2"},
                                {.additional = {"ns.example. 4294967295 IN A 192.0.2.53"}})} {}

  std::span<const std::uint16_t> offsets() {
    response_ = parse(message_);
    return std::span{response_.ttl_offsets}.first(response_.ttl_count);
  }

  wire::Bytes message_;
  Response response_;
};

TEST_F(Ttls, AgeDownToZero) {
  age_ttls(message_, offsets(), 10);

  const auto aged = wire::read(message_);
  EXPECT_EQ(aged.answer,
            (wire::Records{"www.example. 50 IN A 192.0.2.1", "www.example. 0 IN A 192.0.2.2"}));
  EXPECT_EQ(aged.additional, wire::Records{"ns.example. 4294967285 IN A 192.0.2.53"});
}

TEST_F(Ttls, AreCappedAndNeverRaised) {
  cap_ttls(message_, offsets(), 30);

  const auto capped = wire::read(message_);
  EXPECT_EQ(capped.answer,
            (wire::Records{"www.example. 30 IN A 192.0.2.1", "www.example. 5 IN A 192.0.2.2"}));
  EXPECT_EQ(capped.additional, wire::Records{"ns.example. 30 IN A 192.0.2.53"});
}

}  // namespace
}  // namespace sluice::dns
