#include "resolver/dns/cookie.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::dns {
namespace {

std::vector<std::byte> octets(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}
template <typename Array>
Array array(std::string_view hex) {
  Array result{};
  const auto bytes = octets(hex);
  EXPECT_EQ(bytes.size(), result.size());
  std::copy(bytes.begin(), bytes.end(), result.begin());
  return result;
}

/// A client and a server of the examples in RFC 9018 appendix A.
struct Example {
  CookieVerdict verify(std::string_view server_cookie, std::uint32_t now) const {
    const auto server = octets(server_cookie);
    return dns::verify({client, server}, address, now, secret);
  }
  ServerCookie make(std::uint32_t now) const {
    return make_server_cookie(client, address, now, secret);
  }
  Example with_secret(std::string_view hex) const {
    return {client, address, array<CookieSecret>(hex)};
  }

  ClientCookie client;
  Address address;
  CookieSecret secret;
};

Example example(std::string_view client, std::string_view address) {
  return {array<ClientCookie>(client), Address::parse(address).value(),
          array<CookieSecret>("e5e973e5a6b2a43f48e7dc849e37bfcf")};
}

constexpr std::uint32_t kMade = 1'559'731'985;
constexpr std::string_view kServerCookie = "010000005cf79f111f8130c3eee29480";
Example first_client() { return example("2464c4abcf10c957", "198.51.100.100"); }

TEST(ServerCookie, IsThatOfTheExamples) {
  EXPECT_EQ(first_client().make(kMade), array<ServerCookie>(kServerCookie));
  EXPECT_EQ(first_client().make(1'559'734'385),
            array<ServerCookie>("010000005cf7a871d4a564a1442aca77"));
  EXPECT_EQ(example("fc93fc62807ddb86", "203.0.113.203").make(1'559'734'700),
            array<ServerCookie>("010000005cf7a9acf73a7810aca2381e"));
}

TEST(ServerCookie, IsThatOfTheExampleWithIpv6AndANewSecret) {
  const Example old = example("22681ab97d52c298", "2001:db8:220:1:59de:d0f4:8769:82b8")
                          .with_secret("dd3bdf9344b678b185a6f5cb60fca715");
  const Example now = old.with_secret("445536bcd2513298075a5d379663c962");
  constexpr std::string_view kOld = "010000005cf7c57926556bd0934c72f8";

  EXPECT_EQ(now.make(1'559'741'961), array<ServerCookie>("010000005cf7c609a6bb79d16625507a"));
  EXPECT_EQ(now.verify(kOld, 1'559'741'961), CookieVerdict::bad);
  EXPECT_EQ(old.verify(kOld, 1'559'741'961), CookieVerdict::good);
}

TEST(ServerCookie, IsRenewedAfterHalfAnHourAndBadAfterAnHour) {
  const Example client = first_client();
  EXPECT_EQ(client.verify(kServerCookie, kMade), CookieVerdict::good);
  EXPECT_EQ(client.verify(kServerCookie, kMade + 1'800), CookieVerdict::good);
  EXPECT_EQ(client.verify(kServerCookie, kMade + 1'801), CookieVerdict::renew);
  EXPECT_EQ(client.verify(kServerCookie, kMade + 3'600), CookieVerdict::renew);
  EXPECT_EQ(client.verify(kServerCookie, kMade + 3'601), CookieVerdict::bad);
}

TEST(ServerCookie, MayBeFiveMinutesAheadOfOurClock) {
  EXPECT_EQ(first_client().verify(kServerCookie, kMade - 300), CookieVerdict::good);
  EXPECT_EQ(first_client().verify(kServerCookie, kMade - 301), CookieVerdict::bad);
  EXPECT_EQ(first_client().verify(kServerCookie, kMade + 0x8000'0000), CookieVerdict::bad);
}

TEST(ServerCookie, OutlivesTheWrapOfItsSeconds) {
  const Example client = first_client();
  const ServerCookie cookie = client.make(0xffff'fff0);
  const auto verdict = [&](std::uint32_t now) {
    return verify({client.client, cookie}, client.address, now, client.secret);
  };
  EXPECT_EQ(verdict(0x10), CookieVerdict::good);
  EXPECT_EQ(verdict(1'800), CookieVerdict::renew);
  EXPECT_EQ(verdict(3'600), CookieVerdict::bad);
}

TEST(ServerCookie, CountsWithReservedOctetsThatAnotherServerHasSet) {
  const Example client = example("fc93fc62807ddb86", "203.0.113.203");
  EXPECT_EQ(client.verify("01abcdef5cf78f71a314227b6679ebf5", 1'559'727'985), CookieVerdict::good);
  EXPECT_EQ(client.verify("010000005cf78f71a314227b6679ebf5", 1'559'727'985), CookieVerdict::bad);
}

TEST(ServerCookie, IsBadWithAnyBitChanged) {
  const Example client = first_client();
  const auto good = octets(kServerCookie);
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    auto changed = good;
    changed[bit / 8] ^= std::byte{1} << bit % 8;
    EXPECT_EQ(verify({client.client, changed}, client.address, kMade, client.secret),
              CookieVerdict::bad)
        << "bit " << bit;
  }
}

TEST(ServerCookie, IsForOneClientAndAddressAlone) {
  EXPECT_EQ(example("2464c4abcf10c957", "198.51.100.101").verify(kServerCookie, kMade),
            CookieVerdict::bad);
  EXPECT_EQ(example("2464c4abcf10c958", "198.51.100.100").verify(kServerCookie, kMade),
            CookieVerdict::bad);
}

TEST(ServerCookie, IsBadWithoutOneOrInAnotherSize) {
  EXPECT_EQ(first_client().verify("", kMade), CookieVerdict::bad);
  EXPECT_EQ(first_client().verify("010000005cf79f11", kMade), CookieVerdict::bad);
  EXPECT_EQ(first_client().verify("010000005cf79f111f8130c3eee2948000", kMade), CookieVerdict::bad);
}

}  // namespace
}  // namespace sluice::dns
