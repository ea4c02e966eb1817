#include "resolver/dns/response.h"

#include <algorithm>

#include "resolver/base/assert.h"
#include "resolver/dns/record.h"

namespace sluice::dns {
namespace {

enum class Section : std::uint8_t { answer, authority, additional };

bool is_error_of_old_servers(const Header& header) noexcept {
  const Rcode rcode{header.rcode()};
  return rcode == Rcode::formerr || rcode == Rcode::notimp || rcode == Rcode::servfail ||
         rcode == Rcode::refused;
}

bool is_answer_to(const Question& question, const Record& record) noexcept {
  return (question.type == Type::any || record.type == question.type) &&
         (question.klass == Class::any || record.klass == question.klass);
}

void lower(std::optional<std::uint32_t>& least, std::uint32_t value) noexcept {
  least = std::min(least.value_or(value), value);
}

/// The MINIMUM field that ends an SOA's RDATA (RFC 1035 section 3.3.13).
std::optional<std::uint32_t> soa_minimum(std::span<const std::byte> message,
                                         const Record& soa) noexcept {
  constexpr std::size_t kNumbersSize =
      5 * sizeof(std::uint32_t);  // SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM
  const std::size_t end = soa.rdata_offset + soa.rdata_size;
  const auto until_end = message.first(end);
  std::size_t offset = soa.rdata_offset;
  if (!skip_name(until_end, offset) || !skip_name(until_end, offset)) return std::nullopt;
  if (end - offset != kNumbersSize) return std::nullopt;
  return read_u32(message, end - 4);
}

/// One walk over the records of a response.
class Walk {
 public:
  Walk(std::span<const std::byte> message, Response& out) noexcept
      : message_{message}, out_{out}, offset_{out.question_end} {}

  std::optional<ResponseError> run() noexcept {
    const Header& header = out_.header;
    if (const auto error = read(Section::answer, header.answer_count)) return error;
    if (const auto error = read(Section::authority, header.authority_count)) return error;
    if (const auto error = read(Section::additional, header.additional_count)) return error;
    if (offset_ != message_.size()) return ResponseError::trailing_garbage;
    return std::nullopt;
  }

 private:
  std::optional<ResponseError> read(Section section, int count) noexcept {
    for (int i = 0; i < count; ++i) {
      const auto record = read_record(message_, offset_);
      if (!record) return ResponseError::bad_record;
      const auto error =
          record->type == Type::opt ? take_opt(section, *record) : take_record(section, *record);
      if (error) return error;
    }
    return std::nullopt;
  }

  std::optional<ResponseError> take_opt(Section section, const Record& opt) noexcept {
    if (section != Section::additional || out_.opt_offset != 0 || !opt.is_at_root()) {
      return ResponseError::bad_opt;
    }
    out_.opt_offset = opt.offset;
    out_.rcode = static_cast<std::uint16_t>(opt.ttl >> 24 << 4 | out_.header.rcode());
    out_.dnssec_ok = (opt.ttl & kDnssecOk) != 0;
    return std::nullopt;
  }

  std::optional<ResponseError> take_record(Section section, const Record& record) noexcept {
    note_ttl(record);
    switch (section) {
      case Section::answer:
        lower(out_.min_answer_ttl, record.ttl);
        if (is_answer_to(out_.question, record)) out_.has_answer_of_type = true;
        break;
      case Section::authority:
        if (record.type == Type::soa) {
          const auto minimum = soa_minimum(message_, record);
          if (!minimum) return ResponseError::bad_record;
          lower(out_.negative_ttl, std::min(record.ttl, *minimum));
        }
        break;
      case Section::additional:
        if (out_.opt_offset == 0) ++out_.additional_before_opt;
        break;
    }
    return std::nullopt;
  }

  void note_ttl(const Record& record) noexcept {
    lower(out_.min_record_ttl, record.ttl);
    if (out_.ttl_count == kMaxAgedRecords) {
      out_.too_many_records = true;
      return;
    }
    out_.ttl_offsets[out_.ttl_count++] = static_cast<std::uint16_t>(record.ttl_offset);
  }

  std::span<const std::byte> message_;
  Response& out_;
  std::size_t offset_;
};

}  // namespace

std::optional<ResponseError> parse_response(std::span<const std::byte> message,
                                            Response& out) noexcept {
  SLUICE_ASSERT(message.size() <= kMaxMessageSize);  // offsets have 16 bits
  out = Response{};
  const auto header = Header::read(message);
  if (!header) return ResponseError::short_header;
  if (!header->has(Header::kQr) || header->opcode() != static_cast<std::uint8_t>(Opcode::query)) {
    return ResponseError::not_a_response;
  }
  out.header = *header;
  out.rcode = header->rcode();
  out.question_end = kHeaderSize;
  if (header->question_count == 1) {
    const auto question = read_question(message);
    if (!question) return ResponseError::bad_question;
    out.question = *question;
    out.question_end += size_of(*question);
  } else if (header->question_count > 1 || !is_error_of_old_servers(*header)) {
    return ResponseError::question_count;
  }
  const auto error = Walk{message, out}.run();
  return header->has(Header::kTc) ? std::nullopt : error;
}

}  // namespace sluice::dns
