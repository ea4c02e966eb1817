#include "resolver/dns/message.h"

#include <algorithm>

#include "resolver/dns/record.h"

namespace sluice::dns {
namespace {

/// True if `options` is a sequence of whole options (RFC 6891 section 6.1.2).
bool are_whole(std::span<const std::byte> options) noexcept {
  while (!options.empty()) {
    if (options.size() < kOptionFixedSize) return false;
    const std::size_t size = kOptionFixedSize + read_u16(options, 2);
    if (size > options.size()) return false;
    options = options.subspan(size);
  }
  return true;
}

std::optional<Edns> read_edns(std::span<const std::byte> message, const Record& opt) noexcept {
  const auto options = message.subspan(opt.rdata_offset, opt.rdata_size);
  if (!opt.is_at_root() || !are_whole(options)) return std::nullopt;
  return Edns{.udp_size = std::max(static_cast<std::uint16_t>(opt.klass),
                                   static_cast<std::uint16_t>(kPlainUdpSize)),
              .version = static_cast<std::uint8_t>(opt.ttl >> 16 & 0xff),
              .dnssec_ok = (opt.ttl & kDnssecOk) != 0,
              .options = options};
}

/// Walks authority and additional section, looking for the OPT record alone.
std::optional<QueryError> read_records(std::span<const std::byte> message, std::size_t& offset,
                                       const Header& header, std::optional<Edns>& edns) noexcept {
  const int records = header.authority_count + header.additional_count;
  for (int i = 0; i < records; ++i) {
    const auto record = read_record(message, offset);
    if (!record) return QueryError::bad_record;
    if (record->type != Type::opt) continue;
    if (i < header.authority_count || edns) return QueryError::bad_opt;
    edns = read_edns(message, *record);
    if (!edns) return QueryError::bad_opt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Header> Header::read(std::span<const std::byte> message) noexcept {
  if (message.size() < kHeaderSize) return std::nullopt;
  return Header{.id = read_u16(message, 0),
                .flags = read_u16(message, 2),
                .question_count = read_u16(message, 4),
                .answer_count = read_u16(message, 6),
                .authority_count = read_u16(message, 8),
                .additional_count = read_u16(message, 10)};
}

std::optional<Question> read_question(std::span<const std::byte> message) noexcept {
  std::size_t offset = kHeaderSize;
  // A pointer has nowhere to lead from here, so that Name::read() takes uncompressed names only.
  const auto name = Name::read(message, offset);
  if (!name || message.size() - offset < 4) return std::nullopt;
  return Question{.name = *name,
                  .type = Type{read_u16(message, offset)},
                  .klass = Class{read_u16(message, offset + 2)}};
}

Result<Query, QueryError> parse_query(std::span<const std::byte> message) noexcept {
  const auto header = Header::read(message);
  if (!header) return QueryError::short_header;
  if (header->has(Header::kQr)) return QueryError::is_response;
  if (header->opcode() != static_cast<std::uint8_t>(Opcode::query)) return QueryError::opcode;
  if (header->question_count == 0) return QueryError::no_question;
  if (header->question_count > 1) return QueryError::question_count;

  const auto question = read_question(message);
  if (!question) return QueryError::bad_question;
  if (header->answer_count != 0) return QueryError::bad_record;

  Query query{.id = header->id,
              .flags = header->flags,
              .question = *question,
              .qname_case = letter_case(message.subspan(kHeaderSize), question->name.size()),
              .edns = {},
              .reply_options = {}};
  std::size_t offset = kHeaderSize + size_of(*question);
  if (const auto error = read_records(message, offset, *header, query.edns)) return *error;
  if (offset != message.size()) return QueryError::trailing_garbage;
  if (query.edns && query.edns->version > 0) return QueryError::edns_version;
  return query;
}

std::optional<Edns> find_edns(std::span<const std::byte> message) noexcept {
  const auto header = Header::read(message);
  if (!header || header->question_count > 1 || header->answer_count != 0) return std::nullopt;
  std::size_t offset = kHeaderSize;
  if (header->question_count == 1) {
    const auto question = read_question(message);
    if (!question) return std::nullopt;
    offset += size_of(*question);
  }
  std::optional<Edns> edns;
  if (read_records(message, offset, *header, edns)) return std::nullopt;
  return edns;
}

std::optional<Rcode> rcode_for(QueryError error) noexcept {
  switch (error) {
    case QueryError::short_header:
    case QueryError::is_response:
      return std::nullopt;
    case QueryError::opcode:
      return Rcode::notimp;
    case QueryError::no_question:
    case QueryError::question_count:
    case QueryError::bad_question:
    case QueryError::bad_record:
    case QueryError::bad_opt:
    case QueryError::trailing_garbage:
      return Rcode::formerr;
    case QueryError::edns_version:
      return Rcode::badvers;
  }
  return Rcode::servfail;
}

}  // namespace sluice::dns
