#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::local {

/// Names with a meaning of their own, which no public server could answer rightly (RFC 6761 and
/// those after it). Each can be turned off.
enum class SpecialUse : std::uint8_t {
  localhost,        ///< RFC 6761 section 6.3: the loopback addresses, and their PTR records
  invalid,          ///< RFC 6761 section 6.4
  test,             ///< RFC 6761 section 6.2
  onion,            ///< RFC 7686
  alt,              ///< RFC 9476
  local,            ///< RFC 6762: names of multicast DNS
  home_arpa,        ///< RFC 8375
  resolver_arpa,    ///< RFC 9462: discovery of designated resolvers; we designate none
  private_reverse,  ///< RFC 6303 section 4 and RFC 7793: reverse zones of addresses not public
  doh_canary,       ///< use-application-dns.net: asks browsers to stay with the host's resolver
  count_
};
inline constexpr std::size_t kSpecialUseCount = static_cast<std::size_t>(SpecialUse::count_);

/// What the configuration calls them, in the order of the enumeration.
inline constexpr std::array<std::string_view, kSpecialUseCount> kSpecialUseNames{
    "localhost", "invalid",   "test",          "onion",           "alt",
    "local",     "home.arpa", "resolver.arpa", "private-reverse", "doh-canary"};

/// Which of them are answered here: bit i for SpecialUse{i}.
using SpecialUses = std::bitset<kSpecialUseCount>;

/// All but the DoH canary, which is a choice about browsers and not about names.
[[nodiscard]] inline SpecialUses default_special_uses() noexcept {
  return SpecialUses{}.set().reset(static_cast<std::size_t>(SpecialUse::doh_canary));
}

/// "private-reverse" -> SpecialUse::private_reverse; nullopt if it is none of the names.
[[nodiscard]] std::optional<SpecialUse> special_use_named(std::string_view name) noexcept;

}  // namespace sluice::local
