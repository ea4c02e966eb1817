#include "tests/scenario/fleet/lookup_name.h"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace sluice::fleet {

namespace {

constexpr std::uint32_t kFirstSecondOctet = 16;  // of 104.16.0.0/12

/// Labels with dots between them, as wire form.
dns::Name name_of(std::string_view text) noexcept {
  std::array<std::byte, dns::kMaxNameSize> wire{};
  std::size_t size = 0;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    wire[size++] = static_cast<std::byte>(label.size());
    std::memcpy(wire.data() + size, label.data(), label.size());
    size += label.size();
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  std::size_t offset = 0;
  return *dns::Name::read(std::span{wire}.first(size + 1), offset);
}

/// The label at `offset` of a wire form as a number; moves `offset` behind it.
std::uint32_t number_at(std::span<const std::byte> wire, std::size_t& offset, int base) noexcept {
  const auto size = std::to_integer<std::size_t>(wire[offset]);
  const char* first = reinterpret_cast<const char*>(wire.data()) + offset + 1;
  const char* digits = base == 16 ? first + 1 : first;  // behind the 'n'
  std::uint32_t number = 0;
  std::from_chars(digits, first + size, number, base);
  offset += size + 1;
  return number;
}

}  // namespace

LookupName LookupName::of(const dns::Question& question) noexcept {
  const auto wire = question.name.wire();
  std::size_t offset = 0;
  if (question.type != dns::Type::ptr) return ordinary(number_at(wire, offset, 16));
  const std::uint32_t last = number_at(wire, offset, 10);
  const std::uint32_t third = number_at(wire, offset, 10);
  const std::uint32_t second = number_at(wire, offset, 10) - kFirstSecondOctet;
  return reverse(second << 16 | third << 8 | last);
}

dns::Question LookupName::question() const noexcept {
  std::array<char, 64> text{};
  const std::uint32_t n = number();
  if (!is_reverse()) {
    std::snprintf(text.data(), text.size(), "n%08x.example", n);
    return {.name = name_of(text.data()), .type = dns::Type::a};
  }
  std::snprintf(text.data(), text.size(), "%u.%u.%u.104.in-addr.arpa", n & 255U, n >> 8 & 255U,
                (n >> 16) + kFirstSecondOctet);
  return {.name = name_of(text.data()), .type = dns::Type::ptr};
}

}  // namespace sluice::fleet
