// Our parsers beside ldns': they take and refuse the same messages and see the same values in them,
// but for the differences that we want. Each of these is one function of the namespace `wanted`;
// whatever else differs is a finding. Types are made opaque first, see with_opaque_types().

#include <algorithm>
#include <optional>
#include <vector>

#include "resolver/base/assert.h"
#include "resolver/dns/message.h"
#include "resolver/dns/record.h"
#include "resolver/dns/response.h"
#include "tests/fuzz/ldns_message.h"
#include "tests/fuzz/message_walk.h"
#include "tests/fuzz/octets.h"

namespace {

using namespace sluice::dns;
using sluice::fuzz::Bytes;
using sluice::fuzz::equal;
using sluice::fuzz::folded;
using sluice::fuzz::LdnsMessage;
using sluice::fuzz::LdnsRecord;
using sluice::fuzz::LdnsRecords;
using sluice::fuzz::MessageWalk;
using sluice::fuzz::read_name_with_ldns;
using sluice::fuzz::read_with_ldns;
using View = std::span<const std::byte>;
using Item = MessageWalk::Item;
using Section = MessageWalk::Section;

constexpr auto kOpt = static_cast<std::uint16_t>(Type::opt);
constexpr auto kSoa = static_cast<std::uint16_t>(Type::soa);
constexpr auto kAny = static_cast<std::uint16_t>(Type::any);

/// RFC 3597 section 3: RDATA is opaque. ldns refuses what a type that it knows should not hold,
/// goes on behind a name in it whatever RDLENGTH says, and takes a TSIG out of its section. So each
/// type is replaced by a private one (RFC 6895 section 3.1), alike in question and records, but for
/// those that we look into: OPT, and SOA in authority.
Bytes with_opaque_types(View message, const MessageWalk& walk) {
  const auto header = Header::read(message);
  const bool is_response = header && header->has(Header::kQr);
  const auto is_known = [&](const Item& item) {
    if (item.section == Section::question) return item.type == kAny;
    return item.type == kOpt ||
           (item.type == kSoa && item.section == Section::authority && is_response);
  };
  Bytes bytes{message.begin(), message.end()};
  for (const Item& item : walk.items)
    if (!is_known(item))
      write_u16(bytes, item.type_offset, static_cast<std::uint16_t>(65'280 + item.type % 250));
  return bytes;
}

bool any_item(const MessageWalk& walk, auto predicate) {
  return std::ranges::any_of(walk.items, predicate);
}

/// Where we take and refuse other messages than ldns does, and why.
namespace wanted {

// What we refuse and ldns takes.

/// ldns reads any message; a server must not answer responses, and we know one opcode.
bool other_kind_of_message(const LdnsMessage& theirs, std::uint16_t qr) {
  return (theirs.flags & Header::kQr) != qr || (theirs.flags & Header::kOpcodeMask) != 0;
}
/// RFC 9619 section 4: a query has one question.
bool not_one_question(const LdnsMessage& theirs) { return theirs.questions.size() != 1; }
/// Nothing stands before the question that it could point to but the header.
bool question_with_pointer(const MessageWalk& walk) {
  return any_item(
      walk, [](const Item& item) { return item.section == Section::question && item.pointer; });
}
/// A query asks. RFC 1035 section 4.1 lets it have answers; none of our clients' does.
bool query_with_answers(const LdnsMessage& theirs) { return !theirs.answer.empty(); }
/// RFC 1035 section 4.1.4: a pointer leads to a prior occurrence of a name, hence backwards and not
/// into the header. ldns follows up to 65,535 pointers anywhere.
bool pointer_not_backwards(const MessageWalk& walk) {
  return any_item(walk, [](const Item& item) {
    return item.pointer && (*item.pointer >= item.offset || *item.pointer < kHeaderSize);
  });
}
/// RFC 6891 section 6.1.1: one OPT, at the root, in the additional section. ldns takes the last one
/// there, whatever its name, and lets an OPT elsewhere pass as a record.
bool misplaced_opt(View message, const MessageWalk& walk) {
  int opts = 0;
  return any_item(walk, [&](const Item& item) {
    return item.section != Section::question && item.type == kOpt &&
           (++opts > 1 || item.section != Section::additional ||
            message[item.offset] != std::byte{0});
  });
}
/// RFC 6891 section 6.1.2. ldns does not look into the options.
bool option_overruns(View message, const MessageWalk& walk) {
  return any_item(walk, [&](const Item& item) {
    if (item.section == Section::question || item.type != kOpt) return false;
    std::size_t at = 0;
    while (item.rdata_size - at >= 4) {
      at += 4U + read_u16(message, item.rdata_offset + at + 2);
      if (at > item.rdata_size) return true;
    }
    return at != item.rdata_size;
  });
}
/// RFC 6891 section 6.1.3: BADVERS, whatever else there is to say.
bool other_edns_version(const LdnsMessage& theirs) {
  return theirs.edns && theirs.edns->version != 0;
}
/// ldns stops behind the last record that the header counts.
bool octets_behind_last_record(View message, const MessageWalk& walk) {
  return walk.is_whole && walk.end != message.size();
}
/// We read MINIMUM from the end of an SOA (RFC 2308 section 3) and so want nothing behind it; and
/// as everywhere no pointer that does not lead backwards. ldns takes an SOA of no octets, too.
bool loose_soa(View message, const MessageWalk& walk) {
  return any_item(walk, [&](const Item& item) {
    if (item.section != Section::authority || item.type != kSoa) return false;
    const View until_end = message.first(item.rdata_offset + item.rdata_size);
    std::size_t at = item.rdata_offset;
    return !skip_name(until_end, at) || !skip_name(until_end, at) || until_end.size() - at != 20;
  });
}

// What we take and ldns refuses.

/// Owners of records and an SOA's names are skipped, not followed: a pointer may lead to what is no
/// name. Whoever uses the record will see it.
bool pointer_to_no_name(View message, const MessageWalk& walk) {
  const auto is_no_name = [&](std::size_t at) { return !read_name_with_ldns(message, at); };
  return any_item(walk, [&](const Item& item) {
    if (item.pointer && is_no_name(item.offset)) return true;
    if (item.section != Section::authority || item.type != kSoa) return false;
    std::size_t rname_at = item.rdata_offset;
    return is_no_name(item.rdata_offset) || !skip_name(message, rname_at) || is_no_name(rname_at);
  });
}
/// Old servers cut at an octet, not at a record. TC must be seen; the records are not used.
bool truncated_response(const Response& ours) { return ours.header.has(Header::kTc); }

}  // namespace wanted

bool may_refuse(QueryError error, View message, const MessageWalk& walk,
                const LdnsMessage& theirs) {
  switch (error) {
    case QueryError::short_header:
      return false;
    case QueryError::is_response:
    case QueryError::opcode:
      return wanted::other_kind_of_message(theirs, 0);
    case QueryError::no_question:
    case QueryError::question_count:
      return wanted::not_one_question(theirs);
    case QueryError::bad_question:
      return wanted::question_with_pointer(walk);
    case QueryError::bad_record:
      return wanted::query_with_answers(theirs) || wanted::pointer_not_backwards(walk);
    case QueryError::bad_opt:
      return wanted::misplaced_opt(message, walk) || wanted::option_overruns(message, walk);
    case QueryError::trailing_garbage:
      return wanted::octets_behind_last_record(message, walk);
    case QueryError::edns_version:
      return wanted::other_edns_version(theirs);
  }
  return false;
}

bool may_refuse(ResponseError error, View message, const MessageWalk& walk,
                const LdnsMessage& theirs) {
  switch (error) {
    case ResponseError::short_header:
      return false;
    case ResponseError::not_a_response:
      return wanted::other_kind_of_message(theirs, Header::kQr);
    case ResponseError::question_count:
      return wanted::not_one_question(theirs);
    case ResponseError::bad_question:
      return wanted::question_with_pointer(walk);
    case ResponseError::bad_record:
      return wanted::pointer_not_backwards(walk) || wanted::loose_soa(message, walk);
    case ResponseError::bad_opt:
      return wanted::misplaced_opt(message, walk);
    case ResponseError::trailing_garbage:
      return wanted::octets_behind_last_record(message, walk);
  }
  return false;
}

void check_question(const Question& ours, const LdnsRecord& theirs) {
  SLUICE_ASSERT(equal(ours.name.wire(), folded(theirs.owner)));
  SLUICE_ASSERT(static_cast<std::uint16_t>(ours.type) == theirs.type);
  SLUICE_ASSERT(static_cast<std::uint16_t>(ours.klass) == theirs.klass);
}

void check_flags(std::uint16_t ours, std::uint16_t theirs) {
  constexpr std::uint16_t kZ = 0x0040;
  SLUICE_ASSERT((ours & ~kZ) == theirs);
}

/// The records of one section, found by read_record(); ldns takes the OPT out.
void check_section(View message, std::size_t& offset, std::uint16_t count,
                   const LdnsRecords& theirs) {
  auto other = theirs.begin();
  for (int i = 0; i < count; ++i) {
    const auto record = read_record(message, offset);
    SLUICE_ASSERT(record);
    if (record->type == Type::opt) continue;
    SLUICE_ASSERT(other != theirs.end());
    std::size_t owner_at = record->offset;
    const auto owner = Name::read(message, owner_at);
    SLUICE_ASSERT(!owner || equal(owner->wire(), folded(other->owner)));
    SLUICE_ASSERT(static_cast<std::uint16_t>(record->type) == other->type);
    SLUICE_ASSERT(static_cast<std::uint16_t>(record->klass) == other->klass);
    SLUICE_ASSERT(record->ttl == other->ttl);
    ++other;
  }
  SLUICE_ASSERT(other == theirs.end());
}

void check_records(View message, const Header& header, std::size_t offset,
                   const LdnsMessage& theirs) {
  check_section(message, offset, header.answer_count, theirs.answer);
  check_section(message, offset, header.authority_count, theirs.authority);
  check_section(message, offset, header.additional_count, theirs.additional);
  SLUICE_ASSERT(offset == message.size());
}

void check_values(View message, const Query& ours, const LdnsMessage& theirs) {
  SLUICE_ASSERT(ours.id == theirs.id && theirs.questions.size() == 1);
  check_flags(ours.flags, theirs.flags);
  const LdnsRecord& question = theirs.questions.front();
  check_question(ours.question, question);
  SLUICE_ASSERT(ours.qname_case == letter_case(question.owner, question.owner.size()));
  SLUICE_ASSERT(ours.edns.has_value() == theirs.edns.has_value());
  if (ours.edns) {
    SLUICE_ASSERT(ours.edns->udp_size == std::max<std::size_t>(theirs.edns->udp_size, 512));
    SLUICE_ASSERT(ours.edns->version == theirs.edns->version);
    SLUICE_ASSERT(ours.edns->dnssec_ok == theirs.edns->dnssec_ok);
    SLUICE_ASSERT(equal(ours.edns->options, theirs.edns->options));
  }
  const auto header = Header::read(message);
  check_records(message, *header, kHeaderSize + size_of(ours.question), theirs);
}

/// What cacheability rests on, worked out anew from ldns' records.
void check_ttls(const Response& ours, const LdnsMessage& theirs) {
  std::optional<std::uint32_t> least_answer;
  std::optional<std::uint32_t> negative;
  bool has_answer = false;
  const auto lower = [](std::optional<std::uint32_t>& least, std::uint32_t ttl) {
    least = std::min(least.value_or(ttl), ttl);
  };
  for (const LdnsRecord& record : theirs.answer) {
    lower(least_answer, record.ttl);
    const auto is = [](std::uint16_t asked, std::uint16_t has) {
      return asked == kAny || asked == has;
    };
    has_answer = has_answer || (is(static_cast<std::uint16_t>(ours.question.type), record.type) &&
                                is(static_cast<std::uint16_t>(ours.question.klass), record.klass));
  }
  for (const LdnsRecord& record : theirs.authority)
    if (record.soa_minimum) lower(negative, std::min(record.ttl, *record.soa_minimum));
  SLUICE_ASSERT(ours.min_answer_ttl == least_answer && ours.negative_ttl == negative);
  SLUICE_ASSERT(ours.has_answer_of_type == has_answer);
  std::optional<std::uint32_t> least = least_answer;
  for (const LdnsRecords* section : {&theirs.authority, &theirs.additional})
    for (const LdnsRecord& record : *section) lower(least, record.ttl);
  SLUICE_ASSERT(ours.min_record_ttl == least);
  const std::size_t records =
      theirs.answer.size() + theirs.authority.size() + theirs.additional.size();
  SLUICE_ASSERT(ours.ttl_count == std::min(records, kMaxAgedRecords));
  SLUICE_ASSERT(ours.too_many_records == (records > kMaxAgedRecords));
}

void check_values(View message, const Response& ours, const LdnsMessage& theirs) {
  SLUICE_ASSERT(ours.header.id == theirs.id);
  SLUICE_ASSERT(ours.header.question_count == theirs.questions.size());
  check_flags(ours.header.flags, theirs.flags);
  if (!theirs.questions.empty()) check_question(ours.question, theirs.questions.front());
  if (wanted::truncated_response(ours)) return;
  SLUICE_ASSERT((ours.opt_offset != 0) == theirs.edns.has_value());
  const unsigned extended = theirs.edns ? theirs.edns->extended_rcode : 0U;
  SLUICE_ASSERT(ours.rcode == (extended << 4 | (theirs.flags & Header::kRcodeMask)));
  SLUICE_ASSERT(ours.dnssec_ok == (theirs.edns && theirs.edns->dnssec_ok));
  check_records(message, ours.header, ours.question_end, theirs);
  check_ttls(ours, theirs);
}

void check_query(View message, const MessageWalk& walk, const std::optional<LdnsMessage>& theirs) {
  const auto ours = parse_query(message);
  if (ours && theirs) return check_values(message, ours.value(), *theirs);
  if (ours) SLUICE_ASSERT(wanted::pointer_to_no_name(message, walk));
  if (theirs) SLUICE_ASSERT(may_refuse(ours.error(), message, walk, *theirs));
}

void check_response(View message, const MessageWalk& walk,
                    const std::optional<LdnsMessage>& theirs) {
  Response ours;
  const auto error = parse_response(message, ours);
  if (!error && theirs) return check_values(message, ours, *theirs);
  if (!error)
    SLUICE_ASSERT(wanted::truncated_response(ours) || wanted::pointer_to_no_name(message, walk));
  if (theirs) SLUICE_ASSERT(may_refuse(*error, message, walk, *theirs));
}

/// What we make of a message does not depend on the types in it.
void check_types_are_opaque(View message, View opaque) {
  const auto query = parse_query(message);
  const auto same_query = parse_query(opaque);
  SLUICE_ASSERT(query.has_value() == same_query.has_value());
  SLUICE_ASSERT(query || query.error() == same_query.error());
  Response response;
  const auto error = parse_response(message, response);
  SLUICE_ASSERT(parse_response(opaque, response) == error);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxMessageSize) return 0;
  const auto message = std::as_bytes(std::span{data, size});
  const MessageWalk walk = sluice::fuzz::walk(message);
  const Bytes opaque = with_opaque_types(message, walk);
  check_types_are_opaque(message, opaque);
  const auto theirs = read_with_ldns(opaque);
  check_query(opaque, walk, theirs);
  check_response(opaque, walk, theirs);
  return 0;
}
