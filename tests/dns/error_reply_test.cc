#include <gtest/gtest.h>

#include <array>
#include <string>

#include "resolver/dns/reply.h"
#include "tests/support/wire.h"

// What queries get that cannot be parsed, or have no question.

namespace sluice::dns {
namespace {

wire::Bytes error_reply(const wire::Bytes& query) {
  std::array<std::byte, kMaxErrorReplySize> buffer{};
  const std::size_t size = write_error_reply(buffer, query, parse_query(query).error());
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(WriteErrorReply, EchoesIdOpcodeRdCdAndQuestion) {
  auto query = wire::query("wWw.example. SOA", {.id = 0xbeef, .checking_disabled = true});
  write_u16(query, 2, static_cast<std::uint16_t>(read_u16(query, 2) | 4 << 11));  // NOTIFY

  const auto reply = wire::read(error_reply(query));

  EXPECT_EQ(reply.id, 0xbeef);
  EXPECT_TRUE(reply.is_response);
  EXPECT_EQ(reply.opcode, 4);
  EXPECT_EQ(reply.rcode, 4);
  EXPECT_TRUE(reply.recursion_desired);
  EXPECT_TRUE(reply.checking_disabled);
  EXPECT_EQ(reply.question, "wWw.example. SOA");
  EXPECT_FALSE(reply.edns);
}

TEST(WriteErrorReply, LeavesOutAQuestionThatCannotBeRead) {
  const auto compressed = wire::hex("1234 0100 0001 0000 0000 0000 C00C 0001 0001");
  const auto none = wire::hex("1234 0100 0000 0000 0000 0000");

  for (const auto& query : {compressed, none}) {
    const auto bytes = error_reply(query);
    EXPECT_EQ(bytes.size(), kHeaderSize);
    EXPECT_EQ(wire::read(bytes).rcode, 1);
    EXPECT_EQ(wire::read(bytes).question, "");
  }
}

TEST(WriteErrorReply, SaysBadversWithAnOptRecordOfVersionZero) {
  const auto query = wire::query("www.example. A", {.edns = wire::Edns{.version = 1}});

  const auto reply = wire::read(error_reply(query));

  EXPECT_EQ(reply.rcode, 16);
  EXPECT_EQ(reply.question, "www.example. A");
  EXPECT_EQ(reply.edns->version, 0);
  EXPECT_EQ(reply.ede, (wire::Ede{21, ""}));
}

TEST(WriteErrorReply, FitsTheLongestQuestion) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b') + ".";
  const auto query = wire::query(name + " A", {.edns = wire::Edns{.version = 1}});

  EXPECT_EQ(error_reply(query).size(), kMaxErrorReplySize);
}

TEST(WriteErrorReply, SaysWhatIsWrongToAClientWithEdns) {
  auto query = wire::query("www.example. A", {.edns = wire::Edns{}});
  write_u16(query, 2, static_cast<std::uint16_t>(read_u16(query, 2) | 4 << 11));  // NOTIFY

  const auto reply = wire::read(error_reply(query));

  EXPECT_EQ(reply.rcode, 4);
  EXPECT_EQ(reply.edns->udp_size, 1232);
  EXPECT_EQ(reply.ede, (wire::Ede{21, ""}));
}

TEST(WriteCookieReply, HasNoQuestionAndTheCookieAlone) {
  ReplyOptions options;
  options.has_cookie = true;
  options.cookie.fill(std::byte{'c'});
  std::array<std::byte, kMaxErrorReplySize> buffer{};
  const Header query{.id = 0xbeef, .flags = Header::kRd, .additional_count = 1};

  const std::size_t size = write_cookie_reply(buffer, query, options);
  const auto reply = wire::read(std::span{buffer}.first(size));

  EXPECT_EQ(reply.id, 0xbeef);
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_EQ(reply.question, "");
  EXPECT_EQ(reply.edns->options, wire::option(10, std::string(24, 'c')));
}

TEST(WriteErrorReply, StaysSilentToResponsesAndScraps) {
  EXPECT_TRUE(error_reply(wire::response("www.example. A", {})).empty());
  EXPECT_TRUE(error_reply(wire::hex("1234 0100 0001 0000 0000 00")).empty());
  EXPECT_TRUE(error_reply({}).empty());
}

}  // namespace
}  // namespace sluice::dns
