#include "resolver/dns/reply.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/dns/stored.h"

namespace sluice::dns {
namespace {

wire::Bytes finish(const wire::Bytes& response, const ReplyShape& shape,
                   const std::optional<Ede>& ede = std::nullopt) {
  wire::Bytes buffer = response;
  buffer.resize(response.size() + kReplySlack);
  buffer.resize(finish_reply(buffer, response.size(), shape, ede));
  return buffer;
}

Query parsed(const wire::Bytes& query) { return parse_query(query).value(); }

wire::Records addresses(std::size_t count) {
  wire::Records records;
  for (std::size_t i = 0; i < count; ++i) {
    records.push_back("www.example. 60 IN A 192.0.2." + std::to_string(i));
  }
  return records;
}

TEST(ReplyShape, TakesFromTheQueryWhatTheReplyMustEcho) {
  const auto query = wire::query("www.Example. A", {.id = 7,
                                                    .recursion_desired = false,
                                                    .checking_disabled = true,
                                                    .edns = wire::Edns{.dnssec_ok = true}});

  const auto shape = ReplyShape::for_udp(parsed(query), 1232);

  EXPECT_EQ(shape.id, 7);
  EXPECT_FALSE(shape.recursion_desired);
  EXPECT_TRUE(shape.checking_disabled);
  EXPECT_TRUE(shape.has_edns);
  EXPECT_TRUE(shape.dnssec_ok);
  EXPECT_EQ(shape.qname_case, parsed(query).qname_case);
}

TEST(ReplyShape, KeepsToTheLesserOfOfferAndLimit) {
  const auto max_size = [](std::uint16_t offered, std::size_t limit) {
    const auto query = wire::query("www.example. A", {.edns = wire::Edns{.udp_size = offered}});
    return ReplyShape::for_udp(parsed(query), limit).max_size;
  };

  EXPECT_EQ(max_size(1000, 1232), 1000);
  EXPECT_EQ(max_size(4096, 1232), 1232);
  EXPECT_EQ(max_size(65'535, kMaxMessageSize), 65'535);
  EXPECT_EQ(max_size(100, 1232), 512);
  EXPECT_EQ(max_size(4096, 100), 512);
}

TEST(ReplyShape, Takes512WithoutEdnsAndAllOverTcp) {
  const auto query = wire::query("www.example. A");

  EXPECT_EQ(ReplyShape::for_udp(parsed(query), 1232).max_size, 512);
  EXPECT_EQ(ReplyShape::for_tcp(parsed(query)).max_size, 65'535);
  EXPECT_FALSE(ReplyShape::for_tcp(parsed(query)).has_edns);
}

TEST(FinishReply, ShapesAStoredResponseForItsClient) {
  const auto query = wire::query("wwW.Example. A", {.id = 0xbeef, .checking_disabled = true});
  const auto response = stored(wire::response("www.example. A", {kAddress}, {.id = 1}));

  const auto reply = wire::read(finish(response, ReplyShape::for_udp(parsed(query), 1232)));

  EXPECT_EQ(reply.id, 0xbeef);
  EXPECT_EQ(reply.question, "wwW.Example. A");
  EXPECT_EQ(reply.answer, wire::Records{"wwW.Example. 60 IN A 192.0.2.1"}) << "by its pointer";
  EXPECT_EQ(reply.opcode, 0);
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_TRUE(reply.is_response);
  EXPECT_TRUE(reply.recursion_desired);
  EXPECT_TRUE(reply.recursion_available);
  EXPECT_TRUE(reply.checking_disabled);
  EXPECT_FALSE(reply.truncated);
  EXPECT_FALSE(reply.edns);
}

TEST(FinishReply, EchoesRdAndCdOfThisClientNotOfTheFirst) {
  const auto response = stored(wire::response("www.example. A", {kAddress}));
  const auto query = wire::query("www.example. A", {.recursion_desired = false});

  const auto reply = wire::read(finish(response, ReplyShape::for_udp(parsed(query), 1232)));

  EXPECT_FALSE(reply.recursion_desired);
  EXPECT_FALSE(reply.checking_disabled);
  EXPECT_TRUE(reply.recursion_available);
}

TEST(FinishReply, KeepsTheRcode) {
  const auto response = stored(wire::response("www.example. A", {}, {.rcode = Rcode::nxdomain}));

  EXPECT_EQ(wire::read(finish(response, {.max_size = 512})).rcode, 3);
  EXPECT_EQ(wire::read(finish(response, {.has_edns = true, .max_size = 512})).rcode, 3);
}

TEST(FinishReply, HasAnOptRecordIfTheQueryHadOne) {
  const auto response = stored(wire::response("www.example. A", {kAddress},
                                              {.additional = {"ns.example. 30 IN A 192.0.2.53"}}));

  const auto with = wire::read(finish(response, {.has_edns = true, .max_size = 512}));
  const auto with_do =
      wire::read(finish(response, {.has_edns = true, .dnssec_ok = true, .max_size = 512}));
  const auto without = wire::read(finish(response, {.max_size = 512}));

  EXPECT_EQ(with.edns, (wire::Edns{.udp_size = 1232, .dnssec_ok = false}));
  EXPECT_EQ(with_do.edns, (wire::Edns{.udp_size = 1232, .dnssec_ok = true}));
  EXPECT_EQ(without.edns, std::nullopt);
  EXPECT_EQ(with.additional, wire::Records{"ns.example. 30 IN A 192.0.2.53"});
}

TEST(FinishReply, TellsTheExtendedErrorToClientsWithEdns) {
  const auto response = stored(wire::response("www.example. A", {kAddress}));
  const Ede ede{.code = EdeCode::stale_answer, .text = "upstream is silent"};

  EXPECT_EQ(wire::read(finish(response, {.has_edns = true, .max_size = 512}, ede)).ede,
            (wire::Ede{3, "upstream is silent"}));
  EXPECT_EQ(wire::read(finish(response, {.max_size = 512}, ede)).ede, std::nullopt);
  EXPECT_EQ(wire::read(finish(response, {.has_edns = true, .max_size = 512}, Ede{})).ede,
            (wire::Ede{0, ""}));
}

TEST(FinishReply, CutsTheErrorTextAtAWholeCharacter) {
  const auto response = stored(wire::response("www.example. A", {}));
  const auto text_for = [&](const std::string& text) {
    const Ede ede{.code = EdeCode::other, .text = text};
    return wire::read(finish(response, {.has_edns = true, .max_size = 512}, ede)).ede->text;
  };
  const std::string ascii(kMaxEdeText, 'x');

  EXPECT_EQ(text_for(ascii), ascii);
  EXPECT_EQ(text_for(ascii + "y"), ascii);
  EXPECT_EQ(text_for(ascii.substr(1) + "\xc3\xa9"), ascii.substr(1)) << "two octets, one too many";
  EXPECT_EQ(text_for(std::string(400, '\x80')), "") << "no text at all, but no overrun either";
}

TEST(FinishReply, FitsExactlyOrIsTruncated) {
  const auto response = stored(wire::response("www.example. A", addresses(20)));
  const auto size = static_cast<std::uint16_t>(response.size());

  const auto fits = finish(response, {.max_size = size});
  const auto over = finish(response, {.max_size = static_cast<std::uint16_t>(size - 1)});

  EXPECT_EQ(fits.size(), size);
  EXPECT_EQ(wire::read(fits).answer.size(), 20U);
  EXPECT_FALSE(wire::read(fits).truncated);
  EXPECT_TRUE(wire::read(over).truncated);
  EXPECT_EQ(wire::read(over).answer, addresses(19));
}

TEST(FinishReply, KeepsAsManyWholeAnswersAsFit) {
  const auto response = stored(wire::response("www.example. A", addresses(40),
                                              {.authority = {"example. 60 IN NS ns.example."},
                                               .additional = {"ns.example. 30 IN A 192.0.2.53"}}));
  constexpr std::size_t kQuestionEnd = 12 + 13 + 4;
  constexpr std::size_t kRecordSize = 2 + 10 + 4;  // the owner is a pointer
  const ReplyShape shape{.id = 9, .has_edns = true, .dnssec_ok = true, .max_size = 512};

  const auto bytes = finish(response, shape, Ede{.code = EdeCode::stale_answer, .text = ""});
  const auto reply = wire::read(bytes);

  constexpr std::size_t kFitting = (512 - kBareOptSize - kQuestionEnd) / kRecordSize;
  EXPECT_EQ(bytes.size(), kQuestionEnd + kFitting * kRecordSize + kBareOptSize);
  EXPECT_TRUE(reply.truncated);
  EXPECT_EQ(reply.question, "www.example. A");
  EXPECT_EQ(reply.answer, addresses(kFitting));
  EXPECT_EQ(reply.authority, wire::Records{});
  EXPECT_EQ(reply.additional, wire::Records{});
  EXPECT_TRUE(reply.edns && reply.edns->dnssec_ok);
  EXPECT_EQ(reply.ede, std::nullopt);
}

TEST(FinishReply, LeavesTheAdditionalSectionOutWithoutTc) {
  const wire::Records authority{"example. 60 IN NS ns.example."};
  const auto whole = stored(
      wire::response("www.example. A", addresses(20),
                     {.authority = authority, .additional = {"ns.example. 30 IN A 192.0.2.53"}}));
  const auto needed =
      stored(wire::response("www.example. A", addresses(20), {.authority = authority})).size();

  const auto reply =
      wire::read(finish(whole, {.max_size = static_cast<std::uint16_t>(whole.size() - 1)}));
  const auto least = finish(whole, {.max_size = static_cast<std::uint16_t>(needed)});
  const auto less = wire::read(finish(whole, {.max_size = static_cast<std::uint16_t>(needed - 1)}));

  EXPECT_FALSE(reply.truncated);
  EXPECT_EQ(reply.answer, addresses(20));
  EXPECT_EQ(reply.authority, authority);
  EXPECT_EQ(reply.additional, wire::Records{});
  EXPECT_EQ(least.size(), needed);
  EXPECT_FALSE(wire::read(least).truncated);
  EXPECT_TRUE(less.truncated);
  EXPECT_EQ(less.answer, addresses(20));
  EXPECT_EQ(less.authority, wire::Records{});
}

TEST(FinishReply, CutsWhatWouldBeLargerThanAMessageOverTcp) {
  auto whole = stored(wire::response("www.example. TXT", {}));
  std::uint16_t records = 0;
  // "www.example. 60 IN TXT" with 1,000 octets each, up to the last octet that TCP carries.
  const auto add = [&](std::size_t size) {
    const std::size_t begin = whole.size();
    whole.resize(begin + 12 + size);
    write_u16(whole, begin, 0xc00c);
    write_u16(whole, begin + 2, 16);
    write_u16(whole, begin + 4, 1);
    write_u32(whole, begin + 6, 60);
    write_u16(whole, begin + 10, static_cast<std::uint16_t>(size));
    ++records;
  };
  while (whole.size() + 2 * 1'012 <= kMaxMessageSize) add(1'000);
  add(kMaxMessageSize - whole.size() - 12);
  write_u16(whole, 6, records);
  ASSERT_EQ(whole.size(), kMaxMessageSize);

  const auto plain = finish(whole, {.max_size = 65'535});
  const auto with_opt = finish(whole, {.has_edns = true, .max_size = 65'535});

  EXPECT_EQ(plain.size(), kMaxMessageSize);
  EXPECT_EQ(read_u16(plain, 2) & Header::kTc, 0);
  EXPECT_LE(with_opt.size(), kMaxMessageSize);
  EXPECT_NE(read_u16(with_opt, 2) & Header::kTc, 0);
  EXPECT_EQ(read_u16(with_opt, 6), records - 1);
  EXPECT_EQ(read_u16(with_opt, 10), 1) << "the OPT record";
}

TEST(FinishReply, SaysAdToThoseWhoKnowIt) {
  const auto message = wire::response("www.example. A", {kAddress}, {.authentic_data = true});
  const auto trusted = stored(message, TrustAd::yes);

  EXPECT_TRUE(wire::read(finish(trusted, {.wants_ad = true, .max_size = 512})).authentic_data);
  EXPECT_FALSE(wire::read(finish(trusted, {.max_size = 512})).authentic_data);
  EXPECT_FALSE(
      wire::read(finish(stored(message), {.wants_ad = true, .max_size = 512})).authentic_data);
}

TEST(FinishReply, SaysThatAddressesWereTakenOut) {
  auto response = stored(wire::response("www.example. A", {}));
  write_u16(response, 2, static_cast<std::uint16_t>(read_u16(response, 2) | Header::kFiltered));

  const auto reply = wire::read(finish(response, {.has_edns = true, .max_size = 512}));

  ASSERT_TRUE(reply.ede);
  EXPECT_EQ(reply.ede->code, 17);
  EXPECT_EQ(read_u16(finish(response, {.max_size = 512}), 2) & Header::kFiltered, 0)
      << "the bit is never sent";
}

TEST(FinishReply, CarriesTheOptionsThatAreDueBeforeTheError) {
  const auto response = stored(wire::response("www.example. A", {kAddress}));
  ReplyShape shape{.has_edns = true, .max_size = 512};
  shape.options.has_cookie = true;
  shape.options.cookie.fill(std::byte{'c'});
  shape.options.keepalive = 100;

  const auto reply =
      wire::read(finish(response, shape, Ede{.code = EdeCode::stale_answer, .text = "why"}));

  const auto cookie = wire::option(10, std::string(24, 'c'));
  const auto keepalive = wire::option(11, std::string{"\0d", 2});
  const auto ede = wire::option(15, std::string{"\0\3why", 5});
  EXPECT_EQ(reply.edns->options, wire::concat(wire::concat(cookie, keepalive), ede));
  EXPECT_EQ(wire::concat(cookie, keepalive).size(), ReplyOptions::kMaxSize);
}

TEST(FinishReply, LeavesTheExtendedErrorOutBeforeAnyRecord) {
  const auto response = stored(wire::response("www.example. A", addresses(20)));
  const Ede ede{.code = EdeCode::stale_answer, .text = "why"};
  const auto whole = static_cast<std::uint16_t>(response.size() + kBareOptSize + 6 + 3);

  const auto fits = wire::read(finish(response, {.has_edns = true, .max_size = whole}, ede));
  const auto over = wire::read(
      finish(response, {.has_edns = true, .max_size = static_cast<std::uint16_t>(whole - 1)}, ede));

  EXPECT_TRUE(fits.ede);
  EXPECT_FALSE(over.ede);
  EXPECT_TRUE(over.edns);
  EXPECT_EQ(over.answer.size(), 20U);
  EXPECT_FALSE(over.truncated);
}

TEST(FinishReply, KeepsTheTcOfTheUpstream) {
  const auto response = stored(wire::response("www.example. A", {kAddress}, {.truncated = true}));

  EXPECT_TRUE(wire::read(finish(response, {.max_size = 65'535})).truncated);
}

TEST(WriteEmptyResponse, IsReadyToBeFinished) {
  wire::Bytes empty(kMaxQuestionMessageSize);
  empty.resize(write_empty_response(empty, wire::question("www.example. A"), Rcode::servfail));
  const ReplyShape shape{.id = 3, .recursion_desired = true, .has_edns = true, .max_size = 512};

  const auto reply =
      wire::read(finish(empty, shape, Ede{.code = EdeCode::cached_error, .text = "13 s ago"}));

  EXPECT_EQ(reply.id, 3);
  EXPECT_EQ(reply.rcode, 2);
  EXPECT_EQ(reply.question, "www.example. A");
  EXPECT_TRUE(reply.is_response && reply.recursion_desired && reply.recursion_available);
  EXPECT_EQ(reply.ede, (wire::Ede{13, "13 s ago"}));
}

}  // namespace
}  // namespace sluice::dns
