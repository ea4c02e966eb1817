#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/dns/encode.h"
#include "resolver/dns/question.h"

namespace sluice::local {

/// Where in a message a name begins that a record is owned by.
using NameOffset = std::uint16_t;

/// The TTLs of what we make up, in seconds.
inline constexpr std::uint32_t kSpecialUseTtl = 10'800;  ///< RFC 6303 section 3
inline constexpr std::uint32_t kLocalNegativeTtl = 60;   ///< of local data and blocked names

/// The octets of an SOA record as add_soa() writes it.
inline constexpr std::size_t kSoaSize = 50;

/// Writes a response in the form in which responses are stored: header with QR and RA, the
/// question, records. Owner names are pointers to names that the message already has, in its
/// question or in the RDATA of a record before (RFC 1035 section 4.1.4).
///
/// The caller sees to it that all fits: asserted. Never allocates.
class AnswerWriter {
 public:
  /// Begins with header (NOERROR) and question.
  AnswerWriter(std::span<std::byte> out, const dns::Question& question) noexcept;

  /// The place of the QNAME, and of the name above it that begins `octets` behind.
  [[nodiscard]] static NameOffset qname_offset(std::size_t octets = 0) noexcept {
    return static_cast<NameOffset>(dns::kHeaderSize + octets);
  }

  /// Appends a record of class IN to the answer section. Returns where its RDATA begins.
  NameOffset add(NameOffset owner, dns::Type type, std::uint32_t ttl,
                 std::span<const std::byte> rdata) noexcept;
  /// Appends the SOA of an empty zone (RFC 6303 section 3) to the answer section.
  void add_soa(NameOffset zone, std::uint32_t ttl) noexcept;
  /// Appends the NS of an empty zone, which names the zone itself, to the answer section.
  void add_ns(NameOffset zone, std::uint32_t ttl) noexcept;
  /// Ends a negative response: RCODE, and the SOA in the authority section (RFC 2308 section 2).
  /// No records may follow.
  void end_negative(dns::Rcode rcode, NameOffset zone, std::uint32_t ttl) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return message_.size(); }

 private:
  void write_record_head(NameOffset owner, dns::Type type, std::uint32_t ttl,
                         std::size_t rdata_size) noexcept;
  void write_soa(NameOffset zone, std::uint32_t ttl) noexcept;
  void count_answer() noexcept;

  std::span<std::byte> out_;
  dns::Appender message_;  ///< into out_
};

}  // namespace sluice::local
