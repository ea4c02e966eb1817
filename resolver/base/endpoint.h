#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/hash.h"

namespace sluice {

/// An IPv4 or IPv6 address: a plain value in network order, comparable and hashable. Listeners
/// never mix the families on one socket, so there are no IPv4-mapped addresses to undo.
struct Address {
  enum class Family : std::uint8_t { none, ipv4, ipv6 };

  std::array<std::uint8_t, 16> bytes{};  ///< IPv4 uses the first four
  std::uint32_t scope = 0;               ///< interface index of a link-local IPv6 address
  Family family = Family::none;

  /// Text as inet_pton(3) takes it, with an optional numeric %scope; nullopt if it is no address.
  static std::optional<Address> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_loopback() const noexcept;
  [[nodiscard]] bool is_unspecified() const noexcept;
  /// 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291 section 2.5.6).
  [[nodiscard]] bool is_link_local() const noexcept;

  auto operator<=>(const Address&) const = default;  // NOLINT(modernize-use-nullptr): misread <=>
};

/// An address and a port: one end of a conversation.
struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  /// "ip", "ip:port", "[ip6]" or "[ip6]:port"; `default_port` where the text names none.
  static std::optional<Endpoint> parse(std::string_view text, std::uint16_t default_port);
  /// "192.0.2.1:53" or "[2001:db8::1]:53".
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::uint64_t hash(HashKey key) const noexcept;

  auto operator<=>(const Endpoint&) const = default;  // NOLINT(modernize-use-nullptr): misread <=>
};

}  // namespace sluice
