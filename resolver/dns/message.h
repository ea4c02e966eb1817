#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "resolver/base/result.h"
#include "resolver/dns/cookie.h"
#include "resolver/dns/question.h"

namespace sluice::dns {

/// Reads a big-endian number at `offset`; the caller has checked that it is there.
[[nodiscard]] inline std::uint16_t read_u16(std::span<const std::byte> bytes,
                                            std::size_t offset) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[offset]) << 8 |
                                    std::to_integer<unsigned>(bytes[offset + 1]));
}
[[nodiscard]] inline std::uint32_t read_u32(std::span<const std::byte> bytes,
                                            std::size_t offset) noexcept {
  return std::uint32_t{read_u16(bytes, offset)} << 16 | read_u16(bytes, offset + 2);
}
inline void write_u16(std::span<std::byte> bytes, std::size_t offset,
                      std::uint16_t value) noexcept {
  bytes[offset] = static_cast<std::byte>(value >> 8);
  bytes[offset + 1] = static_cast<std::byte>(value & 0xff);
}
inline void write_u32(std::span<std::byte> bytes, std::size_t offset,
                      std::uint32_t value) noexcept {
  write_u16(bytes, offset, static_cast<std::uint16_t>(value >> 16));
  write_u16(bytes, offset + 2, static_cast<std::uint16_t>(value & 0xffff));
}

/// The twelve octets that start every message (RFC 1035 section 4.1.1), read in place.
struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t question_count = 0;
  std::uint16_t answer_count = 0;
  std::uint16_t authority_count = 0;
  std::uint16_t additional_count = 0;

  static constexpr std::uint16_t kQr = 0x8000, kAa = 0x0400, kTc = 0x0200, kRd = 0x0100,
                                 kRa = 0x0080, kAd = 0x0020, kCd = 0x0010;
  /// The bit that is always 0 in messages. In a stored response: addresses were taken out of it.
  static constexpr std::uint16_t kFiltered = 0x0040;
  static constexpr std::uint16_t kOpcodeMask = 0x7800, kRcodeMask = 0x000f;

  [[nodiscard]] static std::optional<Header> read(std::span<const std::byte> message) noexcept;
  [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
  [[nodiscard]] std::uint8_t opcode() const noexcept {
    return static_cast<std::uint8_t>(flags >> 11 & 0xf);
  }
  /// The low four bits; an OPT record holds the rest.
  [[nodiscard]] std::uint16_t rcode() const noexcept { return flags & kRcodeMask; }
};

/// The OPT record of a query (RFC 6891). `options` views the message.
struct Edns {
  std::uint16_t udp_size = kPlainUdpSize;  ///< never below 512 (RFC 6891 section 6.2.3)
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::span<const std::byte> options;
};

/// The EDNS options, but EDE, that the reply to a query must carry.
struct ReplyOptions {
  /// The client's own cookie and ours (RFC 7873 section 4, RFC 9018 section 4).
  static constexpr std::size_t kCookieSize = kClientCookieSize + kServerCookieSize;
  std::array<std::byte, kCookieSize> cookie{};
  bool has_cookie = false;
  bool has_good_cookie = false;  ///< the one that the query had proves its source
  /// How long an idle connection is kept, in tenths of a second (RFC 7828 section 3.1).
  std::optional<std::uint16_t> keepalive;

  static constexpr std::size_t kMaxSize = 2 * kOptionFixedSize + kCookieSize + 2;
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return (has_cookie ? kOptionFixedSize + kCookieSize : 0) +
           (keepalive ? kOptionFixedSize + 2 : 0);
  }
};

/// The bit of an OPT record's TTL field that asks for DNSSEC records (RFC 3225). The field's upper
/// octets are the RCODE's upper bits and the EDNS version (RFC 6891 section 6.1.3).
inline constexpr std::uint32_t kDnssecOk = 0x8000;

/// The first question, which starts behind the header. nullopt if it is cut off or its name is
/// malformed or compressed: there is nothing before it to point to.
[[nodiscard]] std::optional<Question> read_question(std::span<const std::byte> message) noexcept;

/// The octets that `question` takes in a message.
[[nodiscard]] inline std::size_t size_of(const Question& question) noexcept {
  return question.name.size() + 2 + 2;
}

/// A client's query, checked from the first octet to the last.
struct Query {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  Question question;
  LetterCase qname_case{};
  std::optional<Edns> edns;
  ReplyOptions reply_options{};  ///< left empty by parse_query(): for whoever answers

  [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
  [[nodiscard]] LookupKey key() const noexcept {
    return {.question = question,
            .dnssec_ok = edns && edns->dnssec_ok,
            .checking_disabled = has(Header::kCd)};
  }
};

/// Why a message from a client is no query that we can answer.
enum class QueryError : std::uint8_t {
  short_header,      ///< fewer than 12 octets
  is_response,       ///< QR is set: replying would start a loop
  opcode,            ///< anything but QUERY (RFC 8906: NOTIMP)
  no_question,       ///< none; but a cookie may be asked for, see find_edns()
  question_count,    ///< more than one question (RFC 9619)
  bad_question,      ///< name, type or class malformed, compressed, or cut off
  bad_record,        ///< a record behind the question is malformed, or there are answers
  bad_opt,           ///< a second OPT, an OPT not at the root, or options that overrun (RFC 6891)
  trailing_garbage,  ///< octets behind the last record
  edns_version,      ///< BADVERS (RFC 6891 section 6.1.3)
};

/// Reads a query without allocating. The bytes must outlive the result (Edns::options views them).
/// Well-formed records other than OPT are skipped: IXFR has an SOA in its authority section
/// (RFC 1995), a signed query ends with TSIG or SIG(0), which a forwarder that does not verify them
/// must not stumble over (RFC 5625 section 4.5).
/// QDCOUNT 0 with a COOKIE option (RFC 7873 section 5.4) is reported as no_question, too.
[[nodiscard]] Result<Query, QueryError> parse_query(std::span<const std::byte> message) noexcept;

/// The OPT record of a message with at most one question and no answers, whatever else is wrong
/// with it: for replies to what parse_query() refuses. nullopt if there is none that can be read.
[[nodiscard]] std::optional<Edns> find_edns(std::span<const std::byte> message) noexcept;

/// The RCODE a query error deserves; nullopt means stay silent, so that we never reply to a reply.
[[nodiscard]] std::optional<Rcode> rcode_for(QueryError error) noexcept;

}  // namespace sluice::dns
