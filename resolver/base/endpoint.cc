#include "resolver/base/endpoint.h"

#include <arpa/inet.h>

#include <charconv>

namespace sluice {

namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  Address address;
  const std::size_t percent = text.find('%');
  const std::string host{text.substr(0, percent)};
  if (percent == std::string_view::npos &&
      ::inet_pton(AF_INET, host.c_str(), address.bytes.data()) == 1) {
    address.family = Family::ipv4;
    return address;
  }
  if (::inet_pton(AF_INET6, host.c_str(), address.bytes.data()) != 1) return std::nullopt;
  address.family = Family::ipv6;
  if (percent == std::string_view::npos) return address;
  const auto scope = parse_number<std::uint32_t>(text.substr(percent + 1));
  if (!scope) return std::nullopt;
  address.scope = *scope;
  return address;
}

std::string Address::to_string() const {
  if (family == Family::none) return "none";
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family == Family::ipv4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  std::string result{text.data()};
  if (scope != 0) result += "%" + std::to_string(scope);
  return result;
}

bool Address::is_loopback() const noexcept {
  if (family == Family::ipv4) return bytes[0] == 127;
  constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return family == Family::ipv6 && bytes == kLoopback;
}

bool Address::is_unspecified() const noexcept {
  return family != Family::none && bytes == std::array<std::uint8_t, 16>{};
}

bool Address::is_link_local() const noexcept {
  if (family == Family::ipv4) return bytes[0] == 169 && bytes[1] == 254;
  return family == Family::ipv6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::optional<std::uint16_t> port = default_port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty()) {
      if (!rest.starts_with(':')) return std::nullopt;
      port = parse_number<std::uint16_t>(rest.substr(1));
    }
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = parse_number<std::uint16_t>(text.substr(colon + 1));
  }
  const auto address = Address::parse(host);
  if (!address || !port) return std::nullopt;
  if (text.starts_with('[') && address->family != Address::Family::ipv6) return std::nullopt;
  return Endpoint{*address, *port};
}

std::string Endpoint::to_string() const {
  if (address.family == Address::Family::ipv6)
    return "[" + address.to_string() + "]:" + std::to_string(port);
  return address.to_string() + ":" + std::to_string(port);
}

std::uint64_t Endpoint::hash(HashKey key) const noexcept {
  SipHasher hasher{key};
  hasher.add(std::as_bytes(std::span{address.bytes}));
  hasher.add(std::uint64_t{port} << 40 | std::uint64_t{address.scope} << 8 |
             static_cast<std::uint64_t>(address.family));
  return hasher.finish();
}

}  // namespace sluice
