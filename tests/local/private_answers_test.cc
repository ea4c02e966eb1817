#include "resolver/local/private_answers.h"

#include <gtest/gtest.h>

#include <string>

#include "resolver/base/random.h"
#include "resolver/dns/message.h"
#include "tests/support/wire.h"

namespace sluice::local {
namespace {

struct Stripped {
  std::size_t size = 0;
  std::vector<std::byte> bytes;
};

Stripped strip(std::span<const std::byte> message, std::size_t room = dns::kMaxMessageSize) {
  static dns::Response response;
  EXPECT_EQ(dns::parse_response(message, response), std::nullopt);
  Stripped stripped{.size = 0, .bytes = std::vector<std::byte>(room)};
  stripped.size = strip_private_answers(message, response, stripped.bytes);
  stripped.bytes.resize(stripped.size);
  return stripped;
}

wire::Records answers_left(const wire::Records& answer) {
  const auto stripped = strip(wire::response("www.example. A", answer));
  EXPECT_NE(stripped.size, 0U);
  return wire::read(stripped.bytes).answer;
}

TEST(PrivateAddress, IsOneThatIsReachedFromWithinOnly) {
  for (const char* text : {"10.0.0.0",
                           "10.255.255.255",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.168.0.0",
                           "192.168.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "0.0.0.0",
                           "0.255.255.255",
                           "169.254.0.0",
                           "169.254.169.253",
                           "100.64.0.0",
                           "100.127.255.255",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "::1",
                           "::",
                           "::ffff:10.0.0.1",
                           "::ffff:127.0.0.1",
                           "64:ff9b::192.168.0.1",
                           "64:ff9b::a9fe:a9fe"}) {
    EXPECT_TRUE(is_private(Address::parse(text).value())) << text;
  }
}

TEST(PrivateAddress, IsNoneOfTheNeighbours) {
  for (const char* text : {"9.255.255.255",
                           "11.0.0.0",
                           "172.15.255.255",
                           "172.32.0.0",
                           "192.167.255.255",
                           "192.169.0.0",
                           "126.255.255.255",
                           "128.0.0.0",
                           "1.0.0.0",
                           "169.253.255.255",
                           "169.255.0.0",
                           "100.63.255.255",
                           "100.128.0.0",
                           "192.0.2.1",
                           "255.255.255.255",
                           "fbff::1",
                           "fe00::1",
                           "fe7f::1",
                           "fec0::1",
                           "::2",
                           "1::",
                           "2001:db8::1",
                           "::ffff:192.0.2.1",
                           "64:ff9b::192.0.2.1",
                           "64:ff9b:1::10.0.0.1",
                           "::fffe:10.0.0.1"}) {
    EXPECT_FALSE(is_private(Address::parse(text).value())) << text;
  }
  EXPECT_FALSE(is_private(Address{}));
}

TEST(PrivateAnswers, AreNoneInTheCommonCase) {
  for (const wire::Records& answer :
       {wire::Records{}, wire::Records{"www.example. 60 IN A 192.0.2.1"},
        wire::Records{"www.example. 60 IN CNAME a.example.", "a.example. 60 IN AAAA 2001:db8::1"},
        wire::Records{"www.example. 60 IN TXT \"10.0.0.1\""},
        wire::Records{"www.example. 60 IN PTR a.example."}}) {
    EXPECT_EQ(strip(wire::response("www.example. A", answer)).size, 0U);
  }
}

TEST(PrivateAnswers, AreLookedForInTheAnswerSectionOnly) {
  EXPECT_EQ(strip(wire::response("www.example. NS", {"www.example. 60 IN NS ns.example."},
                                 {.additional = {"ns.example. 60 IN A 10.0.0.1"}}))
                .size,
            0U);
}

TEST(PrivateAnswers, AreTakenOutAndPublicOnesKept) {
  EXPECT_EQ(
      answers_left({"www.example. 60 IN A 10.0.0.1", "www.example. 30 IN A 192.0.2.1",
                    "www.example. 30 IN AAAA fe80::1", "www.example. 5 IN AAAA 2001:db8::1"}),
      (wire::Records{"www.example. 30 IN A 192.0.2.1", "www.example. 5 IN AAAA 2001:db8::1"}));
}

TEST(PrivateAnswers, LeaveTheChainThatLedToThem) {
  EXPECT_EQ(
      answers_left({"sub.example. 60 IN DNAME other.example.",
                    "www.sub.example. 60 IN CNAME www.other.example.",
                    "www.other.example. 60 IN CNAME a.example.", "a.example. 60 IN A 192.168.0.1"}),
      (wire::Records{"sub.example. 60 IN DNAME other.example.",
                     "www.sub.example. 60 IN CNAME www.other.example.",
                     "www.other.example. 60 IN CNAME a.example."}));
}

TEST(PrivateAnswers, TakeSignaturesAndOtherTypesWithThem) {
  EXPECT_EQ(answers_left({"www.example. 60 IN A 10.0.0.1",
                          "www.example. 60 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 "
                          "example. AAAA",
                          "www.example. 60 IN TXT \"x\"", "www.example. 60 CH A 192.0.2.9"}),
            wire::Records{});
}

TEST(PrivateAnswers, TakeTheOtherSectionsWithThem) {
  const auto message = wire::response("wWw.example. A", {"www.example. 60 IN A 10.0.0.1"},
                                      {.id = 0x4711,
                                       .authentic_data = true,
                                       .authority = {"example. 60 IN NS ns.example."},
                                       .additional = {"ns.example. 60 IN A 192.0.2.53"},
                                       .edns = wire::Edns{}});

  const auto left = wire::read(strip(message).bytes);

  EXPECT_EQ(left.question, "wWw.example. A");
  EXPECT_EQ(left.id, 0x4711);
  EXPECT_TRUE(left.is_response);
  EXPECT_FALSE(left.authentic_data);
  EXPECT_EQ(left.rcode, 0);
  EXPECT_TRUE(left.answer.empty() && left.authority.empty() && left.additional.empty());
  EXPECT_FALSE(left.edns);
}

TEST(PrivateAnswers, KeepTheRcode) {
  const auto rcode_left = [](dns::Rcode rcode) {
    return dns::Rcode{
        wire::read(strip(wire::response("www.example. A", {"www.example. 60 IN A 10.0.0.1"},
                                        {.rcode = rcode, .edns = wire::Edns{}}))
                       .bytes)
            .rcode};
  };

  EXPECT_EQ(rcode_left(dns::Rcode::nxdomain), dns::Rcode::nxdomain);
  EXPECT_EQ(rcode_left(dns::Rcode{23}), dns::Rcode::servfail);  // spelled by the OPT that is gone
}

TEST(PrivateAnswers, DoNotGrowWhatIsLeft) {
  wire::Records answer{"www.example. 60 IN A 10.0.0.1"};
  for (int i = 0; i < 3'000; ++i)
    answer.push_back("www.example. 60 IN A 192.0." + std::to_string(i / 256) + "." +
                     std::to_string(i % 256));
  const auto message = wire::response("www.example. A", answer);

  const auto stripped = strip(message);

  EXPECT_LE(stripped.size, message.size());
  EXPECT_EQ(wire::read(stripped.bytes).answer.size(), 3'000U);
}

TEST(PrivateAnswers, LeaveOutWhatDoesNotFit) {
  wire::Records answer{"www.example. 60 IN A 10.0.0.1"};
  for (int i = 0; i < 50; ++i) {
    answer.push_back("n" + std::to_string(i) + ".a.long.name.example. 60 IN CNAME n" +
                     std::to_string(i + 1) + ".a.long.name.example.");
  }
  const auto message = wire::response("www.example. A", answer);
  const auto all = strip(message);
  ASSERT_EQ(wire::read(all.bytes).answer.size(), 50U);

  const auto some = strip(message, all.size - 1);

  EXPECT_EQ(wire::read(some.bytes).answer.size(), 49U);
}

TEST(PrivateAnswers, OfAMessageThatIsCutOffAreThoseThatAreWhole) {
  auto message = wire::response("www.example. A",
                                {"www.example. 60 IN A 10.0.0.1", "www.example. 60 IN A 192.0.2.1"},
                                {.truncated = true});
  message.resize(message.size() - 1);

  const auto stripped = strip(message);

  ASSERT_NE(stripped.size, 0U);
  EXPECT_TRUE(wire::read(stripped.bytes).truncated);
  EXPECT_TRUE(wire::read(stripped.bytes).answer.empty());
}

TEST(PrivateAnswers, LeaveAMessageThatCanBeReadWhateverCame) {
  const auto good =
      wire::response("www.example. A",
                     {"www.example. 60 IN CNAME a.example.", "a.example. 60 IN A 10.0.0.1",
                      "a.example. 60 IN A 192.0.2.1", "b.example. 60 IN DNAME a.example."},
                     {.authority = {"example. 60 IN NS a.example."}, .edns = wire::Edns{}});
  Random random{{.k0 = 5, .k1 = 6}};
  dns::Response response;
  std::vector<std::byte> out(dns::kMaxMessageSize);
  int stripped = 0;
  for (int i = 0; i < 200'000; ++i) {
    auto message = good;
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes)
      message[random.below(message.size())] = std::byte(random.below(256));
    if (dns::parse_response(message, response)) continue;
    const std::size_t size = strip_private_answers(message, response, out);
    if (size == 0) continue;
    ++stripped;
    ASSERT_EQ(dns::parse_response(std::span{out}.first(size), response), std::nullopt);
    ASSERT_EQ(strip_private_answers(std::span{out}.first(size), response, out), 0U);
  }
  EXPECT_GT(stripped, 10'000);
}

}  // namespace
}  // namespace sluice::local
