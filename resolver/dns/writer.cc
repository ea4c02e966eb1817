#include "resolver/dns/writer.h"

#include <algorithm>
#include <cstring>

#include "resolver/base/assert.h"

namespace sluice::dns {
namespace {

constexpr std::size_t kEdeFixedSize = 2 + 2 + 2;  // OPTION-CODE, OPTION-LENGTH, INFO-CODE
constexpr std::size_t kAdditionalCount = 10;      // offset of ARCOUNT

static_assert(kMaxQuestionMessageSize - kBareOptSize + kReplySlack <= kPlainUdpSize,
              "an empty reply fits with its EDE whatever the client takes");

void write_header(std::span<std::byte> out, const Header& header) noexcept {
  write_u16(out, 0, header.id);
  write_u16(out, 2, header.flags);
  write_u16(out, 4, header.question_count);
  write_u16(out, 6, header.answer_count);
  write_u16(out, 8, header.authority_count);
  write_u16(out, kAdditionalCount, header.additional_count);
}

std::size_t write_question(std::span<std::byte> out, const Question& question) noexcept {
  const auto name = question.name.wire();
  std::memcpy(out.data() + kHeaderSize, name.data(), name.size());
  write_u16(out, kHeaderSize + name.size(), static_cast<std::uint16_t>(question.type));
  write_u16(out, kHeaderSize + name.size() + 2, static_cast<std::uint16_t>(question.klass));
  return kHeaderSize + size_of(question);
}

/// Writes an OPT record of our own, EDNS version 0, and returns its size. The caller counts it.
std::size_t write_opt(std::span<std::byte> out, std::uint32_t rcode_and_flags,
                      std::size_t options_size) noexcept {
  out[0] = std::byte{0};  // the root
  write_u16(out, 1, static_cast<std::uint16_t>(Type::opt));
  write_u16(out, 3, static_cast<std::uint16_t>(kEdnsUdpSize));
  write_u32(out, 5, rcode_and_flags);
  write_u16(out, 9, static_cast<std::uint16_t>(options_size));
  return kBareOptSize + options_size;
}

/// The start of `text` that fits kMaxEdeText and ends with a whole character (UTF-8: octets of the
/// form 10xxxxxx continue one).
std::string_view cut_text(std::string_view text) noexcept {
  if (text.size() <= kMaxEdeText) return text;
  std::size_t size = kMaxEdeText;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

void write_ede(std::span<std::byte> out, EdeCode code, std::string_view text) noexcept {
  write_u16(out, 0, static_cast<std::uint16_t>(OptionCode::ede));
  write_u16(out, 2, static_cast<std::uint16_t>(2 + text.size()));
  write_u16(out, 4, static_cast<std::uint16_t>(code));
  const auto octets = std::as_bytes(std::span{text});
  std::copy(octets.begin(), octets.end(), out.begin() + kEdeFixedSize);
}

ReplyShape shape_of(const Query& query, std::size_t max_size) noexcept {
  return {.id = query.id,
          .recursion_desired = query.has(Header::kRd),
          .checking_disabled = query.has(Header::kCd),
          .has_edns = query.edns.has_value(),
          .dnssec_ok = query.edns && query.edns->dnssec_ok,
          .max_size = static_cast<std::uint16_t>(max_size),
          .qname_case = query.qname_case};
}

}  // namespace

ReplyShape ReplyShape::for_udp(const Query& query, std::size_t udp_limit) noexcept {
  const std::size_t offered = query.edns ? query.edns->udp_size : kPlainUdpSize;
  return shape_of(query, std::max(kPlainUdpSize, std::min(offered, udp_limit)));
}

ReplyShape ReplyShape::for_tcp(const Query& query) noexcept {
  return shape_of(query, kMaxMessageSize);
}

std::size_t finish_reply(std::span<std::byte> buffer, std::size_t size, const ReplyShape& shape,
                         const std::optional<Ede>& ede) noexcept {
  SLUICE_ASSERT(buffer.size() >= size + kReplySlack);
  std::size_t name_end = kHeaderSize;
  const bool has_question = skip_name(buffer.first(size), name_end);
  SLUICE_ASSERT(has_question);
  restore_case(buffer.subspan(kHeaderSize), name_end - kHeaderSize, shape.qname_case);

  const std::string_view text = ede ? cut_text(ede->text) : std::string_view{};
  const std::size_t opt_size = shape.has_edns ? kBareOptSize : 0;
  std::size_t ede_size = shape.has_edns && ede ? kEdeFixedSize + text.size() : 0;
  std::uint16_t flags = read_u16(buffer, 2) & (Header::kAa | Header::kTc | Header::kRcodeMask);
  // RFC 8914 section 3 would have TC set when the EDE is dropped. We leave it clear: every record
  // is there, and TC would make the client ask again over TCP for a text that it rarely shows.
  if (size + opt_size + ede_size > shape.max_size) ede_size = 0;
  if (size + opt_size > shape.max_size) {
    flags |= Header::kTc;
    size = name_end + 4;
    std::memset(buffer.data() + 6, 0, kHeaderSize - 6);  // the counts behind QDCOUNT
  }
  flags |= Header::kQr | Header::kRa;
  if (shape.recursion_desired) flags |= Header::kRd;
  if (shape.checking_disabled) flags |= Header::kCd;
  write_u16(buffer, 0, shape.id);
  write_u16(buffer, 2, flags);
  if (!shape.has_edns) return size;

  if (ede_size > 0) write_ede(buffer.subspan(size + kBareOptSize), ede->code, text);
  const std::uint16_t additional = read_u16(buffer, kAdditionalCount);
  write_u16(buffer, kAdditionalCount, static_cast<std::uint16_t>(additional + 1));
  return size + write_opt(buffer.subspan(size), shape.dnssec_ok ? kDnssecOk : 0, ede_size);
}

std::size_t write_empty_response(std::span<std::byte> buffer, const Question& question,
                                 Rcode rcode) noexcept {
  const auto code = static_cast<std::uint16_t>(rcode);
  SLUICE_ASSERT(code <= Header::kRcodeMask);
  const auto flags = static_cast<std::uint16_t>(Header::kQr | Header::kRa | code);
  write_header(buffer, {.flags = flags, .question_count = 1});
  return write_question(buffer, question);
}

std::size_t write_error_reply(std::span<std::byte> buffer, std::span<const std::byte> query,
                              QueryError error) noexcept {
  SLUICE_ASSERT(buffer.size() >= kMaxQuestionMessageSize);
  const auto rcode = rcode_for(error);
  const auto header = Header::read(query);
  if (!rcode || !header) return 0;

  const auto question = header->question_count == 1 ? read_question(query) : std::nullopt;
  const auto code = static_cast<std::uint16_t>(*rcode);
  const bool needs_opt = code > Header::kRcodeMask;
  constexpr std::uint16_t kCopied = Header::kOpcodeMask | Header::kRd | Header::kCd;
  write_header(buffer, {.id = header->id,
                        .flags = static_cast<std::uint16_t>(Header::kQr | Header::kRa |
                                                            (header->flags & kCopied) |
                                                            (code & Header::kRcodeMask)),
                        .question_count = question ? std::uint16_t{1} : std::uint16_t{0},
                        .additional_count = needs_opt ? std::uint16_t{1} : std::uint16_t{0}});
  std::size_t size = kHeaderSize;
  if (question) {
    std::memcpy(buffer.data() + size, query.data() + size, size_of(*question));
    size += size_of(*question);
  }
  if (needs_opt) size += write_opt(buffer.subspan(size), std::uint32_t{code} >> 4 << 24, 0);
  return size;
}

std::size_t write_upstream_query(std::span<std::byte, kMaxUpstreamQuerySize> buffer,
                                 std::uint16_t id, const LookupKey& key,
                                 UseEdns use_edns) noexcept {
  const bool has_opt = use_edns == UseEdns::yes;
  const auto flags =
      static_cast<std::uint16_t>(Header::kRd | (key.checking_disabled ? Header::kCd : 0));
  write_header(buffer, {.id = id,
                        .flags = flags,
                        .question_count = 1,
                        .additional_count = has_opt ? std::uint16_t{1} : std::uint16_t{0}});
  std::size_t size = write_question(buffer, key.question);
  if (has_opt) size += write_opt(buffer.subspan(size), key.dnssec_ok ? kDnssecOk : 0, 0);
  return size;
}

std::size_t copy_without_opt(std::span<const std::byte> message, Response& response,
                             std::span<std::byte> out) noexcept {
  SLUICE_ASSERT(response.header.question_count == 1);
  SLUICE_ASSERT(out.size() >= message.size());
  Header header = response.header;
  std::size_t size = response.opt_offset != 0 ? response.opt_offset : message.size();
  header.additional_count = response.additional_before_opt;
  if (header.has(Header::kTc)) {
    size = response.question_end;
    header.answer_count = header.authority_count = header.additional_count = 0;
  }
  header.flags &= static_cast<std::uint16_t>(~(Header::kAa | Header::kAd));
  if (response.rcode > Header::kRcodeMask) {
    header.flags &= static_cast<std::uint16_t>(~Header::kRcodeMask);
    header.flags |= static_cast<std::uint16_t>(Rcode::servfail);
  }
  std::memcpy(out.data(), message.data(), size);
  write_header(out, header);
  fold_case(out.subspan(kHeaderSize), response.question.name.size());
  while (response.ttl_count > 0 && response.ttl_offsets[response.ttl_count - 1] >= size) {
    --response.ttl_count;
  }
  return size;
}

void age_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t age_seconds) noexcept {
  for (const std::uint16_t offset : ttl_offsets) {
    const std::uint32_t ttl = read_u32(message, offset);
    write_u32(message, offset, ttl > age_seconds ? ttl - age_seconds : 0);
  }
}

void set_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t ttl_seconds) noexcept {
  for (const std::uint16_t offset : ttl_offsets) write_u32(message, offset, ttl_seconds);
}

void cap_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t ttl_seconds) noexcept {
  for (const std::uint16_t offset : ttl_offsets) {
    write_u32(message, offset, std::min(read_u32(message, offset), ttl_seconds));
  }
}

}  // namespace sluice::dns
