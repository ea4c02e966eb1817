#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/response_cache.h"
#include "resolver/base/assert.h"
#include "resolver/base/clock.h"
#include "resolver/dns/message.h"
#include "resolver/dns/question.h"

namespace sluice::cache {

inline constexpr TimePoint t0{1000s};
inline constexpr HashKey kHashKey{.k0 = 1, .k1 = 2};

/// The key for the A records of `name`, its labels divided by dots, the last one without.
inline dns::LookupKey key_for(std::string_view name) {
  std::vector<std::byte> wire;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    wire.push_back(static_cast<std::byte>(label.size()));
    for (const char letter : label) wire.push_back(static_cast<std::byte>(letter));
    name.remove_prefix(label.size() == name.size() ? label.size() : label.size() + 1);
  }
  wire.push_back(std::byte{0});
  std::size_t offset = 0;
  const auto read = dns::Name::read(wire, offset);
  SLUICE_ASSERT(read.has_value());
  return {.question = {.name = *read, .type = dns::Type::a, .klass = dns::Class::in}};
}

/// "n7.example": as many different names as a test wants.
inline dns::LookupKey numbered_key(std::uint64_t number) {
  return key_for("n" + std::to_string(number) + ".example");
}

/// A response to store. The cache never parses one, so any octets with a TTL at each offset will
/// do: `fill` everywhere, and the TTLs one after the other behind the header.
class Sample {
 public:
  explicit Sample(std::size_t size, std::byte fill = std::byte{0}) : message_(size, fill) {}

  Sample(std::initializer_list<std::uint32_t> ttls, std::chrono::seconds ttl)
      : message_(dns::kHeaderSize + 4 * ttls.size()), ttl_{ttl} {
    std::size_t offset = dns::kHeaderSize;
    for (const std::uint32_t value : ttls) {
      dns::write_u32(message_, offset, value);
      ttl_offsets_.push_back(static_cast<std::uint16_t>(offset));
      offset += 4;
    }
  }

  Sample& lasting(std::chrono::seconds ttl) {
    ttl_ = ttl;
    return *this;
  }

  [[nodiscard]] StoredResponse view() const {
    return {.message = message_, .ttl_offsets = ttl_offsets_, .ttl = ttl_};
  }

 private:
  std::vector<std::byte> message_;
  std::vector<std::uint16_t> ttl_offsets_;
  std::chrono::seconds ttl_ = 300s;
};

/// A buffer that every response fits.
using Buffer = std::array<std::byte, dns::kMaxMessageSize>;

/// The TTLs of a copied Sample of that many.
inline std::vector<std::uint32_t> ttls_in(std::span<const std::byte> message) {
  std::vector<std::uint32_t> ttls;
  for (std::size_t at = dns::kHeaderSize; at + 4 <= message.size(); at += 4) {
    ttls.push_back(dns::read_u32(message, at));
  }
  return ttls;
}

}  // namespace sluice::cache
