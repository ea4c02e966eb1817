#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/base/endpoint.h"

namespace sluice::dns {

/// Server cookies that any server with the same secret can check (RFC 7873, RFC 9018): a proof
/// that a client gets what is sent to the address that it asks from, kept by the client.

inline constexpr std::size_t kClientCookieSize = 8;
inline constexpr std::size_t kServerCookieSize = 16;  ///< of version 1, the only one there is

using ClientCookie = std::array<std::byte, kClientCookieSize>;
using ServerCookie = std::array<std::byte, kServerCookieSize>;
/// From the operating system, or the same on all servers of an anycast address.
using CookieSecret = std::array<std::byte, 16>;

/// The cookies of a query.
struct Cookie {
  ClientCookie client{};
  /// What the client says we gave it: 8 to 32 octets, or empty. Views the message.
  std::span<const std::byte> server;
};

enum class CookieVerdict : std::uint8_t {
  good,   ///< ours, and the reply may carry the same
  renew,  ///< ours, but old enough that the reply should carry a new one
  bad,    ///< none, not ours, not of this client and address, too old, or from the future
};

/// The cookie of a client at this address. `unix_seconds` is real time modulo 2^32.
[[nodiscard]] ServerCookie make_server_cookie(const ClientCookie& client, const Address& address,
                                              std::uint32_t unix_seconds,
                                              const CookieSecret& secret) noexcept;

/// Takes as long for any cookie of the right size and age, wherever it differs from ours.
/// While secrets are rolled over, ask again with the one before (RFC 9018 section 5).
[[nodiscard]] CookieVerdict verify(const Cookie& cookie, const Address& address,
                                   std::uint32_t unix_seconds, const CookieSecret& secret) noexcept;

}  // namespace sluice::dns
