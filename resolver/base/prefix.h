#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/endpoint.h"

namespace sluice {

/// The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2); any other as it
/// is.
[[nodiscard]] Address unmapped(const Address& address) noexcept;

/// What all addresses of one client have in common, for limits that hold for each client: an IPv4
/// address, or the /64 around an IPv6 one, of which whoever has it has all (RFC 4291 section
/// 2.5.4). A link-local address stands for itself: all neighbours share that /64.
[[nodiscard]] Address client_network(const Address& address) noexcept;

/// The addresses that start with the same bits (RFC 4632, RFC 4291 section 2.3): a plain value,
/// whose bits behind the length are zero and which is never IPv4-mapped.
///
/// The families are apart: an IPv4-mapped address counts as IPv4, and 0.0.0.0/0 holds no IPv6
/// address nor ::/0 an IPv4 one. Scopes are not looked at: fe80::/10 holds an address on every
/// interface.
struct Prefix {
  Address address;
  std::uint8_t length = 0;  ///< bits; at most 32 for IPv4, 128 for IPv6

  /// "192.0.2.0/24", "2001:db8::/32", or an address, which is a prefix of full length. nullopt if
  /// it is neither, has bits set behind its length ("192.0.2.1/24"), or a scope.
  static std::optional<Prefix> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool contains(const Address& other) const noexcept;

  auto operator<=>(const Prefix&) const = default;  // NOLINT(modernize-use-nullptr): misread <=>
};

/// Prefixes either nest or are disjoint. In this order, by family and first address, one that holds
/// another comes before it, and nothing that it does not hold comes between.
[[nodiscard]] bool comes_before(const Prefix& a, const Prefix& b) noexcept;
/// Behind every prefix that starts at the address or before it, which is unmapped().
[[nodiscard]] inline Prefix behind_all_at(const Address& address) noexcept {
  return {address, 255};
}

}  // namespace sluice
