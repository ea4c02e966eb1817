#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/dns/message.h"
#include "resolver/dns/response.h"

/// Queries to upstreams, and their responses as they are stored.
namespace sluice::dns {

/// Header, question and a bare OPT record.
inline constexpr std::size_t kMaxUpstreamQuerySize = kHeaderSize + kMaxNameSize + 4 + kBareOptSize;

/// Whether a query to an upstream carries an OPT record.
enum class UseEdns : std::uint8_t { no, yes };

/// What of a query to an upstream is not in its key.
struct UpstreamForm {
  std::uint16_t id = 0;
  UseEdns use_edns = UseEdns::yes;
  bool asks_for_ad = false;  ///< AD: we want to know what it has validated (RFC 6840 section 5.7)
  LetterCase letters{};      ///< upper-case letters of the QNAME, for the response to repeat
};

/// Writes our own query to an upstream: RD=1, CD and DO from `key`, and as last record a bare OPT
/// that offers kEdnsUdpSize. Returns its size.
[[nodiscard]] std::size_t write_upstream_query(std::span<std::byte, kMaxUpstreamQuerySize> buffer,
                                               const LookupKey& key,
                                               const UpstreamForm& form) noexcept;

/// Whether an upstream's word is believed that it has validated a response.
enum class TrustAd : std::uint8_t { no, yes };

/// Copies the response `message`, parsed as `response`, into `out` as we store it and answer from
/// it: without OPT record, its question folded, AA cleared (we are no authority), AD too unless it
/// is trusted (we validate nothing), an RCODE that only an OPT could spell turned into SERVFAIL.
/// Adjusts the response's ttl_offsets to the copy.
///
/// Additional records behind the OPT go with it. To close the gap would move what compression
/// pointers in them aim at, and in RDATA of unknown types pointers cannot be told from data. These
/// records are a courtesy (RFC 2181 section 9) and most servers put the OPT last. Of a response
/// with TC only header and question are copied (RFC 2181 section 9).
///
/// `response` must have a question. `out` must be as large as `message`. Returns the copy's size.
[[nodiscard]] std::size_t copy_without_opt(std::span<const std::byte> message, Response& response,
                                           std::span<std::byte> out,
                                           TrustAd trust_ad = TrustAd::no) noexcept;

/// Subtracts `age_seconds` from the TTL at each offset, stopping at 0.
void age_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t age_seconds) noexcept;
/// Sets every TTL at the offsets to `ttl_seconds`.
void set_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t ttl_seconds) noexcept;
/// Lowers every TTL at the offsets to at most `ttl_seconds`.
void cap_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t ttl_seconds) noexcept;

}  // namespace sluice::dns
