#include "resolver/dns/reply.h"

#include <algorithm>

#include "resolver/base/assert.h"
#include "resolver/dns/encode.h"
#include "resolver/dns/record.h"

namespace sluice::dns {
namespace {

constexpr std::size_t kEdeFixedSize = kOptionFixedSize + 2;  // INFO-CODE
constexpr Ede kFilteredEde{EdeCode::filtered, "private addresses were taken out of this answer"};

static_assert(kMaxQuestionMessageSize - kBareOptSize + kReplySlack <= kPlainUdpSize,
              "an empty reply fits with its EDE whatever the client takes");

/// The start of `text` that fits kMaxEdeText and ends with a whole character (UTF-8: octets of the
/// form 10xxxxxx continue one).
std::string_view cut_text(std::string_view text) noexcept {
  if (text.size() <= kMaxEdeText) return text;
  std::size_t size = kMaxEdeText;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

void write_ede(Appender& option, const Ede& ede) noexcept {
  const std::string_view text = cut_text(ede.text);
  option.u16(static_cast<std::uint16_t>(OptionCode::ede));
  option.u16(2 + text.size());
  option.u16(static_cast<std::uint16_t>(ede.code));
  option.bytes(std::as_bytes(std::span{text}));
}

void write_options(Appender& out, const ReplyOptions& options) noexcept {
  if (options.has_cookie) {
    out.u16(static_cast<std::uint16_t>(OptionCode::cookie));
    out.u16(options.cookie.size());
    out.bytes(options.cookie);
  }
  if (options.keepalive) {
    out.u16(static_cast<std::uint16_t>(OptionCode::tcp_keepalive));
    out.u16(sizeof *options.keepalive);
    out.u16(*options.keepalive);
  }
}

ReplyShape shape_of(const Query& query, std::size_t max_size) noexcept {
  const bool dnssec_ok = query.edns && query.edns->dnssec_ok;
  return {.id = query.id,
          .recursion_desired = query.has(Header::kRd),
          .checking_disabled = query.has(Header::kCd),
          .wants_ad = dnssec_ok || query.has(Header::kAd),
          .has_edns = query.edns.has_value(),
          .dnssec_ok = dnssec_ok,
          .max_size = static_cast<std::uint16_t>(max_size),
          .qname_case = query.qname_case,
          .options = query.reply_options};
}

/// Leaves out of the message of `size` octets what does not fit into `room`. Returns whether
/// something is missing that was asked for.
bool cut_to(std::span<std::byte> message, std::size_t& size, std::size_t question_end,
            std::size_t room) noexcept {
  const std::uint16_t answers = read_u16(message, kAnswerCountOffset);
  const int records = answers + read_u16(message, kAuthorityCountOffset);
  std::size_t offset = question_end;
  std::size_t answers_end = question_end;
  int fitting = 0;
  for (; fitting < records; ++fitting) {
    const auto record = read_record(message.first(size), offset);
    if (!record || offset > room) break;
    if (fitting < answers) answers_end = offset;
  }
  write_u16(message, kAdditionalCountOffset, 0);
  if (fitting == records) {
    size = offset;
    return false;
  }
  write_u16(message, kAnswerCountOffset,
            static_cast<std::uint16_t>(std::min<int>(fitting, answers)));
  write_u16(message, kAuthorityCountOffset, 0);
  size = answers_end;
  return true;
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

  const std::uint16_t stored = read_u16(buffer, 2);
  const Ede* told = ede ? &*ede : nullptr;
  if (told == nullptr && (stored & Header::kFiltered) != 0) told = &kFilteredEde;
  const std::size_t opt_size = shape.has_edns ? kBareOptSize + shape.options.size() : 0;
  // RFC 8914 section 3 would have TC set when the EDE is dropped. We leave it clear: every record
  // is there, and TC would make the client ask again over TCP for a text that it rarely shows.
  if (told != nullptr &&
      size + opt_size + kEdeFixedSize + cut_text(told->text).size() > shape.max_size)
    told = nullptr;
  std::uint16_t flags = stored & (Header::kAa | Header::kTc | Header::kRcodeMask);
  if (size + opt_size > shape.max_size &&
      cut_to(buffer, size, name_end + 4, shape.max_size - opt_size))
    flags |= Header::kTc;
  flags |= Header::kQr | Header::kRa;
  if (shape.recursion_desired) flags |= Header::kRd;
  if (shape.checking_disabled) flags |= Header::kCd;
  if (shape.wants_ad) flags |= stored & Header::kAd;
  write_u16(buffer, 0, shape.id);
  write_u16(buffer, 2, flags);
  if (!shape.has_edns) return size;

  Appender options{buffer, size + kBareOptSize};
  write_options(options, shape.options);
  if (told != nullptr) write_ede(options, *told);
  write_opt(buffer.subspan(size), shape.dnssec_ok ? kDnssecOk : 0,
            options.size() - size - kBareOptSize);
  const std::uint16_t additional = read_u16(buffer, kAdditionalCountOffset);
  write_u16(buffer, kAdditionalCountOffset, static_cast<std::uint16_t>(additional + 1));
  return options.size();
}

std::size_t write_empty_response(std::span<std::byte> buffer, const Question& question,
                                 Rcode rcode) noexcept {
  const auto code = static_cast<std::uint16_t>(rcode);
  SLUICE_ASSERT(code <= Header::kRcodeMask);
  const auto flags = static_cast<std::uint16_t>(Header::kQr | Header::kRa | code);
  write_header(buffer, {.flags = flags, .question_count = 1});
  return write_question(buffer, question);
}

void set_truncated(std::span<std::byte> response) noexcept {
  write_u16(response, 2, static_cast<std::uint16_t>(read_u16(response, 2) | Header::kTc));
}

std::size_t write_error_reply(std::span<std::byte> buffer, std::span<const std::byte> query,
                              QueryError error) noexcept {
  SLUICE_ASSERT(buffer.size() >= kMaxErrorReplySize);
  const auto rcode = rcode_for(error);
  const auto header = Header::read(query);
  if (!rcode || !header) return 0;

  const auto question = header->question_count == 1 ? read_question(query) : std::nullopt;
  const auto code = static_cast<std::uint16_t>(*rcode);
  // RFC 6891 section 7: with OPT if the query has one that can be read at all.
  const bool has_opt = code > Header::kRcodeMask || find_edns(query).has_value();
  constexpr std::uint16_t kCopied = Header::kOpcodeMask | Header::kRd | Header::kCd;
  write_header(buffer, {.id = header->id,
                        .flags = static_cast<std::uint16_t>(Header::kQr | Header::kRa |
                                                            (header->flags & kCopied) |
                                                            (code & Header::kRcodeMask)),
                        .question_count = question ? std::uint16_t{1} : std::uint16_t{0},
                        .additional_count = has_opt ? std::uint16_t{1} : std::uint16_t{0}});
  Appender reply{buffer, kHeaderSize};
  if (question) reply.bytes(query.subspan(kHeaderSize, size_of(*question)));
  if (!has_opt) return reply.size();

  Appender options{buffer, reply.size() + kBareOptSize};
  write_ede(options, {error == QueryError::opcode || error == QueryError::edns_version
                          ? EdeCode::not_supported
                          : EdeCode::other,
                      {}});
  write_opt(buffer.subspan(reply.size()), std::uint32_t{code} >> 4 << 24,
            options.size() - reply.size() - kBareOptSize);
  return options.size();
}

std::size_t write_cookie_reply(std::span<std::byte> buffer, const Header& query,
                               const ReplyOptions& options) noexcept {
  SLUICE_ASSERT(buffer.size() >= kMaxErrorReplySize);
  constexpr std::uint16_t kCopied = Header::kRd | Header::kCd;
  write_header(buffer, {.id = query.id,
                        .flags = static_cast<std::uint16_t>(Header::kQr | Header::kRa |
                                                            (query.flags & kCopied)),
                        .additional_count = 1});
  Appender reply{buffer, kHeaderSize + kBareOptSize};
  write_options(reply, options);
  write_opt(buffer.subspan(kHeaderSize), 0, options.size());
  return reply.size();
}

}  // namespace sluice::dns
