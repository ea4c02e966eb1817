#include "resolver/base/prefix.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace sluice {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 8 * kMapped.size();

unsigned full_length(const Address& address) noexcept {
  return address.family == Address::Family::ipv4 ? 32 : 128;
}

/// Whether the first `bits` of both are the same.
bool agree(const Address& a, const Address& b, unsigned bits) noexcept {
  const auto whole = static_cast<std::ptrdiff_t>(bits / 8);
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned different = a.bytes[bits / 8] ^ b.bytes[bits / 8];
  return different >> (8 - rest) == 0;
}

bool has_bits_behind(const Address& address, unsigned length) noexcept {
  Address rest = address;
  std::fill_n(rest.bytes.begin(), length / 8, std::uint8_t{0});
  if (length % 8 != 0) {
    std::uint8_t& split = rest.bytes[length / 8];
    split = static_cast<std::uint8_t>(split & (0xff >> length % 8));
  }
  return !rest.is_unspecified();
}

// Digits alone: for an unsigned number from_chars takes no sign.
std::optional<unsigned> parse_length(std::string_view text) {
  unsigned length = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace

Address unmapped(const Address& address) noexcept {
  if (address.family != Address::Family::ipv6 ||
      !std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin()))
    return address;
  Address ipv4;
  ipv4.family = Address::Family::ipv4;
  std::copy(address.bytes.begin() + kMapped.size(), address.bytes.end(), ipv4.bytes.begin());
  return ipv4;
}

Address client_network(const Address& address) noexcept {
  constexpr unsigned kNetworkOctets = 8;
  Address network = unmapped(address);
  if (network.family == Address::Family::ipv6 && !network.is_link_local())
    std::fill(network.bytes.begin() + kNetworkOctets, network.bytes.end(), std::uint8_t{0});
  return network;
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Address::parse(text.substr(0, slash));
  if (!address || text.find('%') != std::string_view::npos) return std::nullopt;
  const unsigned most = full_length(*address);
  const auto length =
      slash == std::string_view::npos ? std::optional{most} : parse_length(text.substr(slash + 1));
  if (!length || *length > most || has_bits_behind(*address, *length)) return std::nullopt;
  const Address plain = unmapped(*address);
  if (plain == *address) return Prefix{plain, static_cast<std::uint8_t>(*length)};
  // Shorter, it would hold addresses of both families.
  if (*length < kMappedBits) return std::nullopt;
  return Prefix{plain, static_cast<std::uint8_t>(*length - kMappedBits)};
}

std::string Prefix::to_string() const {
  return address.to_string() + "/" + std::to_string(unsigned{length});
}

bool Prefix::contains(const Address& other) const noexcept {
  const Address plain = unmapped(other);
  return plain.family == address.family && agree(plain, address, length);
}

bool comes_before(const Prefix& a, const Prefix& b) noexcept {
  return std::tie(a.address.family, a.address.bytes, a.length) <
         std::tie(b.address.family, b.address.bytes, b.length);
}

}  // namespace sluice
