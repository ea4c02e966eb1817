#include "resolver/dns/cookie.h"

#include <algorithm>

#include "resolver/base/hash.h"
#include "resolver/dns/message.h"

namespace sluice::dns {
namespace {

// Version, Reserved, Timestamp, Hash (RFC 9018 section 4).
constexpr std::byte kVersion{1};
constexpr std::size_t kTimestampOffset = 4;
constexpr std::size_t kHashOffset = 8;

// RFC 9018 section 4.3.
constexpr std::int32_t kMaxAge = 60 * 60;
constexpr std::int32_t kRenewalAge = 30 * 60;
constexpr std::int32_t kMaxLead = 5 * 60;

/// What is before the hash, hashed with the client's cookie and address (RFC 9018 section 4.4). The
/// Reserved octets count as they came: another server may have set them (section 4.2).
std::uint64_t hash(const ClientCookie& client, std::span<const std::byte, kHashOffset> head,
                   const Address& address, const CookieSecret& secret) noexcept {
  const std::size_t address_size = address.family == Address::Family::ipv4 ? 4 : 16;
  std::array<std::byte, kClientCookieSize + kHashOffset + 16> input;
  auto out = std::copy(client.begin(), client.end(), input.begin());
  out = std::copy(head.begin(), head.end(), out);
  const auto octets = std::as_bytes(std::span{address.bytes}).first(address_size);
  out = std::copy(octets.begin(), octets.end(), out);

  const std::span key{secret};
  return sip_hash_2_4(
      {.k0 = read_little_endian(key.first<8>()), .k1 = read_little_endian(key.last<8>())},
      std::span{input.begin(), out});
}

}  // namespace

ServerCookie make_server_cookie(const ClientCookie& client, const Address& address,
                                std::uint32_t unix_seconds, const CookieSecret& secret) noexcept {
  ServerCookie cookie{kVersion};
  write_u32(cookie, kTimestampOffset, unix_seconds);
  std::uint64_t rest = hash(client, std::span{cookie}.first<kHashOffset>(), address, secret);
  for (std::size_t i = kHashOffset; i < cookie.size(); ++i, rest >>= 8)
    cookie[i] = static_cast<std::byte>(rest & 0xff);
  return cookie;
}

CookieVerdict verify(const Cookie& cookie, const Address& address, std::uint32_t unix_seconds,
                     const CookieSecret& secret) noexcept {
  if (cookie.server.size() != kServerCookieSize || cookie.server[0] != kVersion)
    return CookieVerdict::bad;
  // Serial numbers (RFC 1982): right also when the seconds wrap around, in 2106.
  const auto age =
      static_cast<std::int32_t>(unix_seconds - read_u32(cookie.server, kTimestampOffset));
  if (age > kMaxAge || age < -kMaxLead) return CookieVerdict::bad;
  const std::uint64_t expected =
      hash(cookie.client, cookie.server.first<kHashOffset>(), address, secret);
  const std::uint64_t difference =
      expected ^ read_little_endian(cookie.server.subspan<kHashOffset, 8>());
  if (difference != 0) return CookieVerdict::bad;
  return age > kRenewalAge ? CookieVerdict::renew : CookieVerdict::good;
}

}  // namespace sluice::dns
