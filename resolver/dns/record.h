#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "resolver/dns/constants.h"

namespace sluice::dns {

/// What a record has between its owner and its RDATA: TYPE, CLASS, TTL, RDLENGTH.
inline constexpr std::size_t kRecordFixedSize = 2 + 2 + 4 + 2;

/// A resource record as it lies in a message (RFC 1035 section 4.1.3). Offsets and numbers only:
/// neither the owner name nor the RDATA is looked into, since a type may be unknown to us
/// (RFC 3597).
struct Record {
  std::size_t offset = 0;      ///< of the owner name, the record's first octet
  std::size_t ttl_offset = 0;  ///< of the TTL field
  std::size_t rdata_offset = 0;
  std::size_t rdata_size = 0;
  std::uint32_t ttl = 0;
  Type type{};
  Class klass{};  ///< of an OPT record: the sender's UDP payload size

  /// The owner is spelled as a single zero octet, which an OPT record requires.
  [[nodiscard]] bool is_at_root() const noexcept { return ttl_offset == offset + 1 + 2 + 2; }
};

/// The record at `offset`, which is then moved behind it. nullopt if it is malformed or cut off.
[[nodiscard]] std::optional<Record> read_record(std::span<const std::byte> message,
                                                std::size_t& offset) noexcept;

}  // namespace sluice::dns
