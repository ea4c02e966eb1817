#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace sluice::fuzz {

using Bytes = std::vector<std::byte>;

/// std::equal() takes instrumented std::byte one at a time, which is slow for whole messages.
[[nodiscard]] inline bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// `name` in wire format, an octet after the other, its capitals turned small (RFC 4343).
[[nodiscard]] inline Bytes folded(Bytes name) {
  for (std::byte& octet : name)
    if (octet >= std::byte{'A'} && octet <= std::byte{'Z'}) octet |= std::byte{0x20};
  return name;
}

}  // namespace sluice::fuzz
