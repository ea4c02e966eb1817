#include "resolver/dns/edns_options.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "resolver/dns/constants.h"
#include "resolver/dns/message.h"

namespace sluice::dns {
namespace {

using Bytes = std::vector<std::byte>;

/// An option whose octets are 1, 2, 3 and so on.
Bytes option(OptionCode code, std::size_t size) {
  Bytes bytes(4 + size);
  write_u16(bytes, 0, static_cast<std::uint16_t>(code));
  write_u16(bytes, 2, static_cast<std::uint16_t>(size));
  for (std::size_t i = 0; i < size; ++i) bytes[4 + i] = static_cast<std::byte>(i + 1);
  return bytes;
}
Bytes options(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

constexpr OptionCode kUnknown{65'001};

TEST(EdnsOptions, AskNothingIfThereAreNone) {
  for (const Bytes& bytes : {Bytes{}, options({option(kUnknown, 0), option(OptionCode::ede, 2)})}) {
    const EdnsOptions read = read_options(bytes);
    EXPECT_FALSE(read.cookie);
    EXPECT_FALSE(read.malformed_cookie);
    EXPECT_FALSE(read.wants_keepalive);
    EXPECT_FALSE(read.malformed_keepalive);
  }
}

TEST(EdnsOptions, HoldAClientCookieAlone) {
  const Bytes bytes = option(OptionCode::cookie, 8);
  const EdnsOptions read = read_options(bytes);
  ASSERT_TRUE(read.cookie);
  EXPECT_EQ(read.cookie->client.front(), std::byte{1});
  EXPECT_EQ(read.cookie->client.back(), std::byte{8});
  EXPECT_TRUE(read.cookie->server.empty());
}

TEST(EdnsOptions, HoldAClientCookieAndAServerCookie) {
  for (const std::size_t size : {16U, 24U, 40U}) {
    const Bytes bytes = option(OptionCode::cookie, size);
    const EdnsOptions read = read_options(bytes);
    ASSERT_TRUE(read.cookie) << size;
    ASSERT_EQ(read.cookie->server.size(), size - 8);
    EXPECT_EQ(read.cookie->server.front(), std::byte{9});
  }
}

TEST(EdnsOptions, AreMalformedWithACookieOfAnyOtherSize) {
  for (std::size_t size = 0; size <= 64; ++size) {
    const bool is_good = size == 8 || (size >= 16 && size <= 40);
    const Bytes bytes = option(OptionCode::cookie, size);
    EXPECT_EQ(read_options(bytes).cookie.has_value(), is_good) << size;
    EXPECT_EQ(read_options(bytes).malformed_cookie, !is_good) << size;
  }
}

TEST(EdnsOptions, CountTheFirstOfSeveralCookies) {
  const Bytes good_first = options({option(OptionCode::cookie, 8), option(OptionCode::cookie, 9)});
  EXPECT_TRUE(read_options(good_first).cookie);
  EXPECT_FALSE(read_options(good_first).malformed_cookie);

  const Bytes bad_first = options({option(OptionCode::cookie, 9), option(OptionCode::cookie, 8)});
  EXPECT_FALSE(read_options(bad_first).cookie);
  EXPECT_TRUE(read_options(bad_first).malformed_cookie);
}

TEST(EdnsOptions, AskForTheKeepaliveTimeOut) {
  const Bytes empty = option(OptionCode::tcp_keepalive, 0);
  EXPECT_TRUE(read_options(empty).wants_keepalive);
  EXPECT_FALSE(read_options(empty).malformed_keepalive);

  const Bytes with_timeout = option(OptionCode::tcp_keepalive, 2);
  EXPECT_TRUE(read_options(with_timeout).malformed_keepalive);
}

TEST(EdnsOptions, AreFoundAmongOthersInAnyOrder) {
  const Bytes bytes =
      options({option(kUnknown, 300), option(OptionCode::tcp_keepalive, 0), option(kUnknown, 0),
               option(OptionCode::cookie, 24), option(OptionCode::ede, 2)});
  const EdnsOptions read = read_options(bytes);
  EXPECT_TRUE(read.wants_keepalive);
  ASSERT_TRUE(read.cookie);
  EXPECT_EQ(read.cookie->server.size(), 16);
}

TEST(EdnsOptions, MustBeWhole) {
  const Bytes bytes = option(OptionCode::cookie, 8);
  EXPECT_DEATH((void)read_options(std::span{bytes}.first(11)), "");
  EXPECT_DEATH((void)read_options(std::span{bytes}.first(3)), "");
}

/// A header that promises one additional record, and what follows it.
Bytes response(const Bytes& record) {
  Bytes bytes(kHeaderSize);
  write_u16(bytes, 10, 1);
  bytes.insert(bytes.end(), record.begin(), record.end());
  return bytes;
}
/// An OPT record with the upper bits of RCODE 16.
Bytes opt(const Bytes& options) {
  Bytes bytes(kBareOptSize);
  write_u16(bytes, 1, static_cast<std::uint16_t>(Type::opt));
  bytes[5] = std::byte{1};
  write_u16(bytes, 9, static_cast<std::uint16_t>(options.size()));
  bytes.insert(bytes.end(), options.begin(), options.end());
  return bytes;
}

TEST(ResponseOpt, HasTheUpperBitsOfTheRcodeAndTheCodeOfTheFirstEde) {
  const auto found = find_response_opt(response(
      opt(options({option(kUnknown, 3), option(OptionCode::ede, 2), option(OptionCode::ede, 5)}))));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rcode_bits, 16);
  EXPECT_EQ(found->ede, 0x0102);
}

TEST(ResponseOpt, HasNoEdeWhereThereIsNone) {
  const auto found = find_response_opt(response(opt({})));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->ede);
}

TEST(ResponseOpt, IsNotFoundInWhatIsCutOffAnywhere) {
  const Bytes whole = response(opt(option(OptionCode::ede, 6)));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(find_response_opt(std::span{whole}.first(size))) << size;
}

}  // namespace
}  // namespace sluice::dns
