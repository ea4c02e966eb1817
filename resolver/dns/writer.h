#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "resolver/dns/message.h"
#include "resolver/dns/response.h"

namespace sluice::dns {

/// An extended DNS error (RFC 8914). The text is for people, in UTF-8; it is cut at the last whole
/// character within kMaxEdeText octets.
struct Ede {
  EdeCode code = EdeCode::other;
  std::string_view text;
};
inline constexpr std::size_t kMaxEdeText = 160;

/// How one client asked, hence what its reply must look like.
struct ReplyShape {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  bool checking_disabled = false;
  bool has_edns = false;
  bool dnssec_ok = false;
  std::uint16_t max_size = kPlainUdpSize;  ///< TC above; 65,535 over TCP
  LetterCase qname_case{};

  /// The shape for `query`. `udp_limit` is the most we send over UDP on this path: 1232, or for a
  /// loopback client whatever it offers. A client without EDNS takes 512, and no path less.
  [[nodiscard]] static ReplyShape for_udp(const Query& query, std::size_t udp_limit) noexcept;
  [[nodiscard]] static ReplyShape for_tcp(const Query& query) noexcept;
};

/// Room that finish_reply() may need behind the stored response: an OPT record with one EDE.
inline constexpr std::size_t kReplySlack = kBareOptSize + 6 + kMaxEdeText;

/// Turns a stored response (its question first, no OPT) of `size` octets at the start of `buffer`
/// into the reply for one client, in place: ID, QR RA RD CD, the question's letters, and an OPT
/// record with `ede` if the client sent one. AA, TC, RCODE and the section counts are kept. If the
/// whole exceeds max_size, first the EDE is left out, then every record, and TC is set.
/// `buffer` must be at least kReplySlack larger than `size`. Returns the reply's size.
[[nodiscard]] std::size_t finish_reply(std::span<std::byte> buffer, std::size_t size,
                                       const ReplyShape& shape,
                                       const std::optional<Ede>& ede) noexcept;

/// Header and question alone, and room for an OPT record.
inline constexpr std::size_t kMaxQuestionMessageSize =
    kHeaderSize + kMaxNameSize + 4 + kBareOptSize;

/// Writes header and question of a response without records, ready for finish_reply(). `rcode` is
/// below 16. Returns its size, at most kMaxQuestionMessageSize - kBareOptSize.
[[nodiscard]] std::size_t write_empty_response(std::span<std::byte> buffer,
                                               const Question& question, Rcode rcode) noexcept;

/// Writes the answer to a query that could not be parsed: header (ID, opcode, RD and CD copied),
/// the question byte for byte where it could be read, and an OPT record for BADVERS. `buffer` holds
/// at least kMaxQuestionMessageSize. Returns the answer's size, or 0 when silence is due.
[[nodiscard]] std::size_t write_error_reply(std::span<std::byte> buffer,
                                            std::span<const std::byte> query,
                                            QueryError error) noexcept;

inline constexpr std::size_t kMaxUpstreamQuerySize = kMaxQuestionMessageSize;

/// Whether a query to an upstream carries an OPT record.
enum class UseEdns : std::uint8_t { no, yes };

/// Writes our own query to an upstream: RD=1, CD and DO from `key`, and as last record a bare OPT
/// that offers kEdnsUdpSize. Returns its size.
[[nodiscard]] std::size_t write_upstream_query(std::span<std::byte, kMaxUpstreamQuerySize> buffer,
                                               std::uint16_t id, const LookupKey& key,
                                               UseEdns use_edns) noexcept;

/// Copies the response `message`, parsed as `response`, into `out` as we store it and answer from
/// it: without OPT record, its question folded, AA and AD cleared (we are no authority and validate
/// nothing), an RCODE that only an OPT could spell turned into SERVFAIL. Adjusts the response's
/// ttl_offsets to the copy.
///
/// Additional records behind the OPT go with it. To close the gap would move what compression
/// pointers in them aim at, and in RDATA of unknown types pointers cannot be told from data. These
/// records are a courtesy (RFC 2181 section 9) and most servers put the OPT last. Of a response
/// with TC only header and question are copied (RFC 2181 section 9).
///
/// `response` must have a question. `out` must be as large as `message`. Returns the copy's size.
[[nodiscard]] std::size_t copy_without_opt(std::span<const std::byte> message, Response& response,
                                           std::span<std::byte> out) noexcept;

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
