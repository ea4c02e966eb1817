#include "resolver/dns/nxdomain_cut.h"

#include <gtest/gtest.h>

#include "tests/support/wire.h"

namespace sluice::dns {
namespace {

const std::string kSoa = "example. 300 IN SOA ns.example. host.example. 1 2 3 4 30";

wire::Bytes nxdomain(std::string_view question, const wire::Records& answer,
                     const wire::Records& authority) {
  wire::ResponseOptions options;
  options.rcode = Rcode::nxdomain;
  options.authority = authority;
  return wire::response(question, answer, options);
}

Response parse(const wire::Bytes& message) {
  Response response;
  EXPECT_EQ(parse_response(message, response), std::nullopt);
  return response;
}

TEST(NxdomainCut, AnswersForANameBelowWithTheSameSoa) {
  const wire::Bytes stored = nxdomain("gone.example. A", {}, {kSoa});
  const Response response = parse(stored);
  ASSERT_TRUE(denies_own_name(response));

  wire::Bytes reply(kMaxNxdomainSize);
  const Question below = parse_query(wire::query("a.b.gone.example. AAAA")).value().question;
  reply.resize(write_nxdomain_below(reply, below, stored, response));

  const wire::Message message = wire::read(reply);
  EXPECT_EQ(message.question, "a.b.gone.example. AAAA");
  EXPECT_EQ(message.rcode, static_cast<std::uint16_t>(Rcode::nxdomain));
  EXPECT_EQ(message.authority, wire::Records{kSoa});
  EXPECT_TRUE(message.answer.empty());
}

TEST(NxdomainCut, FindsTheSoaAmongOtherRecords) {
  const wire::Bytes stored =
      nxdomain("gone.example. A", {}, {"example. 50 IN NS ns.example.", kSoa});
  const Response response = parse(stored);

  wire::Bytes reply(kMaxNxdomainSize);
  const Question below = parse_query(wire::query("a.gone.example. A")).value().question;
  reply.resize(write_nxdomain_below(reply, below, stored, response));

  EXPECT_EQ(wire::read(reply).authority, wire::Records{kSoa});
}

TEST(NxdomainCut, SaysNothingWhereAnAliasLedElsewhere) {
  const Response response =
      parse(nxdomain("www.example. A", {"www.example. 60 IN CNAME gone.example."}, {kSoa}));
  EXPECT_FALSE(denies_own_name(response)) << "what is denied is where the alias leads";
}

TEST(NxdomainCut, SaysNothingWithoutAnSoaOrForAnotherCode) {
  EXPECT_FALSE(denies_own_name(parse(nxdomain("gone.example. A", {}, {}))));
  EXPECT_FALSE(
      denies_own_name(parse(wire::response("www.example. A", {"www.example. 60 IN A 192.0.2.1"}))));
}

}  // namespace
}  // namespace sluice::dns
