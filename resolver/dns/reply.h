#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "resolver/dns/message.h"

/// Replies to clients.
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
  bool wants_ad = false;  ///< it said AD or DO: it knows what AD means (RFC 6840 section 5.8)
  bool has_edns = false;
  bool dnssec_ok = false;
  std::uint16_t max_size = kPlainUdpSize;  ///< TC above; 65,535 over TCP
  LetterCase qname_case{};
  ReplyOptions options{};

  /// The shape for `query`. `udp_limit` is the most we send over UDP on this path: 1232, or for a
  /// loopback client whatever it offers. A client without EDNS takes 512, and no path less.
  [[nodiscard]] static ReplyShape for_udp(const Query& query, std::size_t udp_limit) noexcept;
  [[nodiscard]] static ReplyShape for_tcp(const Query& query) noexcept;
};

/// Room that finish_reply() may need behind the stored response: an OPT record with all options
/// and one EDE.
inline constexpr std::size_t kReplySlack = kBareOptSize + ReplyOptions::kMaxSize + 6 + kMaxEdeText;

/// Turns a stored response (its question first, no OPT) of `size` octets at the start of `buffer`
/// into the reply for one client, in place: ID, QR RA RD CD, AD where it is stored and wanted, the
/// question's letters, and an OPT record with `ede` if the client sent one. AA, TC, RCODE and the
/// section counts are kept. A response that was stored filtered (Header::kFiltered) says so by an
/// EDE of its own unless there is `ede`.
///
/// If the whole exceeds max_size, first the EDE is left out, then the additional section, which
/// needs no TC (RFC 2181 section 9). If that is not enough, TC is set, and of the records only as
/// many whole ones of the answer section are kept as fit, in their order: some clients never ask
/// again over TCP and live on what is there.
///
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

/// Sets TC in a response ready for finish_reply(): ask again over TCP.
void set_truncated(std::span<std::byte> response) noexcept;

/// Header, question, and an OPT record with an EDE that has no text.
inline constexpr std::size_t kMaxErrorReplySize = kMaxQuestionMessageSize + 6;

/// Writes the answer to a query that could not be parsed: header (ID, opcode, RD and CD copied),
/// the question byte for byte where it could be read, and where the query had an OPT record one
/// with an EDE, but no text: who sends malformed queries in another's name gains six octets by it.
/// `buffer` holds at least kMaxErrorReplySize. Returns the answer's size, or 0 when silence is due.
[[nodiscard]] std::size_t write_error_reply(std::span<std::byte> buffer,
                                            std::span<const std::byte> query,
                                            QueryError error) noexcept;

/// Writes the answer to a query without question that asks for a server cookie (RFC 7873
/// section 5.4): header and OPT record. `buffer` holds at least kMaxErrorReplySize. Returns its
/// size.
[[nodiscard]] std::size_t write_cookie_reply(std::span<std::byte> buffer, const Header& query,
                                             const ReplyOptions& options) noexcept;

}  // namespace sluice::dns
