#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tests/fuzz/octets.h"

/// Messages as ldns reads them, in plain values: a second opinion for our own parsers.
namespace sluice::fuzz {

struct LdnsRecord {
  Bytes owner;  ///< uncompressed, its letters as they came
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  std::uint32_t ttl = 0;  ///< of a question 0
  std::optional<std::uint32_t> soa_minimum;
};
using LdnsRecords = std::vector<LdnsRecord>;

struct LdnsEdns {
  std::uint16_t udp_size = 0;
  std::uint8_t version = 0;
  std::uint8_t extended_rcode = 0;
  bool dnssec_ok = false;
  Bytes options;
};

struct LdnsMessage {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;  ///< as in the header but for the bit Z, which ldns drops
  LdnsRecords questions;
  LdnsRecords answer;
  LdnsRecords authority;
  LdnsRecords additional;  ///< without OPT, which ldns takes out, as it does TSIG
  std::optional<LdnsEdns> edns;
};

/// nullopt if ldns refuses the message.
[[nodiscard]] std::optional<LdnsMessage> read_with_ldns(std::span<const std::byte> message);

/// The uncompressed name at `offset`, as ldns follows it; nullopt if ldns refuses it.
[[nodiscard]] std::optional<Bytes> read_name_with_ldns(std::span<const std::byte> message,
                                                       std::size_t offset);

}  // namespace sluice::fuzz
