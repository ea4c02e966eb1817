#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "resolver/dns/message.h"
#include "resolver/dns/response.h"

namespace sluice::dns {

/// An extended DNS error (RFC 8914). The text is for people; it is cut at kMaxEdeText octets.
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
  /// loopback client whatever it offers; `is_tcp` lifts it.
  [[nodiscard]] static ReplyShape for_udp(const Query& query, std::size_t udp_limit) noexcept;
  [[nodiscard]] static ReplyShape for_tcp(const Query& query) noexcept;
};

/// Room that finish_reply() may need behind the stored response: an OPT record with one EDE.
inline constexpr std::size_t kReplySlack = kBareOptSize + 6 + kMaxEdeText;

/// Turns a stored response (its question first, no OPT) of `size` octets at the start of `buffer`
/// into the reply for one client, in place: ID, QR RA RD CD, the question's letters, an OPT record
/// with `ede` if the client sent one, TC with an empty answer if the whole exceeds max_size.
/// `buffer` must be at least kReplySlack larger than `size`. Returns the reply's size.
[[nodiscard]] std::size_t finish_reply(std::span<std::byte> buffer, std::size_t size,
                                       const ReplyShape& shape,
                                       const std::optional<Ede>& ede) noexcept;

/// Writes header and question of a response without records, ready for finish_reply(). Returns its
/// size, at most kHeaderSize + kMaxNameSize + 4.
[[nodiscard]] std::size_t write_empty_response(std::span<std::byte> buffer, const Question& question,
                                               Rcode rcode) noexcept;

/// Writes the answer to a query that could not be parsed: header (ID, opcode and RD copied), the
/// question where it could be read, and an OPT record for BADVERS. Returns its size, or 0 when
/// silence is due.
[[nodiscard]] std::size_t write_error_reply(std::span<std::byte> buffer,
                                            std::span<const std::byte> query,
                                            QueryError error) noexcept;

inline constexpr std::size_t kMaxUpstreamQuerySize =
    kHeaderSize + kMaxNameSize + 4 + kBareOptSize;

/// Whether a query to an upstream carries an OPT record.
enum class UseEdns : std::uint8_t { no, yes };

/// Writes our own query to an upstream: RD=1, CD and DO from `key`, and as last record a bare OPT
/// that offers kEdnsUdpSize. Returns its size.
[[nodiscard]] std::size_t write_upstream_query(
    std::span<std::byte, kMaxUpstreamQuerySize> buffer, std::uint16_t id, const LookupKey& key,
    UseEdns use_edns) noexcept;

/// Copies the response `message`, parsed as `response`, into `out` as we store it: OPT record cut
/// out, RCODE's upper bits dropped, AD cleared (we validate nothing). Adjusts response.ttl_offsets to
/// the copy. `out` must be as large as `message`. Returns the copy's size.
[[nodiscard]] std::size_t copy_without_opt(std::span<const std::byte> message, Response& response,
                                           std::span<std::byte> out) noexcept;

/// Subtracts `age_seconds` from the TTL at each offset, stopping at 0.
void age_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t age_seconds) noexcept;
/// Lowers every TTL at the offsets to at most `ttl_seconds`.
void cap_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t ttl_seconds) noexcept;

}  // namespace sluice::dns
