#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "resolver/base/result.h"
#include "resolver/dns/message.h"

namespace sluice::dns {

/// Records in one response whose TTLs we can age. A response with more is answered, not stored.
inline constexpr std::size_t kMaxAgedRecords = 512;

/// An upstream's response, walked once from the first octet to the last. Views the message;
/// nothing is copied but offsets. About 1.5 KiB: keep one and parse into it.
struct Response {
  Header header{};
  Question question;
  std::uint16_t rcode = 0;                  ///< with the OPT record's upper bits
  std::size_t question_end = 0;             ///< offset behind the question
  std::size_t opt_offset = 0;               ///< of the OPT record, 0 if there is none
  std::uint16_t additional_before_opt = 0;  ///< records; all of the section if there is no OPT
  bool dnssec_ok = false;                   ///< DO as echoed in the OPT record
  bool too_many_records = false;  ///< more than kMaxAgedRecords: ttl_offsets is incomplete
  std::size_t ttl_count = 0;      ///< TTL fields, the OPT's not among them
  std::array<std::uint16_t, kMaxAgedRecords> ttl_offsets{};  ///< ascending

  // What cacheability rests on (RFC 2308, RFC 2181 section 5.2).
  bool has_answer_of_type = false;  ///< a record of QTYPE and QCLASS is in the answer section
  std::optional<std::uint32_t> min_answer_ttl;  ///< least TTL in the answer section
  std::optional<std::uint32_t> min_record_ttl;  ///< least TTL in any section but of OPT
  std::optional<std::uint32_t> negative_ttl;    ///< min(SOA TTL, SOA MINIMUM) from authority
};

/// Why an upstream's bytes are no usable response.
enum class ResponseError : std::uint8_t {
  short_header,
  not_a_response,  ///< QR is clear, or the opcode is not QUERY
  question_count,  ///< not exactly one question
  bad_question,
  bad_record,  ///< a record is malformed or cut off, or an SOA in authority is
  bad_opt,     ///< a second OPT, not at the root or not in the additional section
  trailing_garbage,
};

/// Walks `message`, at most kMaxMessageSize octets, into `out`. Never allocates; reads each octet a
/// bounded number of times. What `out` holds after an error means nothing.
///
/// Two leniencies, since the sender cannot be told. A response with QDCOUNT 0 and a FORMERR,
/// NOTIMP, SERVFAIL or REFUSED code is accepted with an empty question: some servers send their
/// errors so. A response with TC may be cut off anywhere behind its question: its records are not
/// used (RFC 2181 section 9), but TC must be seen.
[[nodiscard]] std::optional<ResponseError> parse_response(std::span<const std::byte> message,
                                                          Response& out) noexcept;

}  // namespace sluice::dns
