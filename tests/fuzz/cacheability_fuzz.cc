// What becomes of an upstream's response: how long it may be stored, the copy that is stored, and
// the replies that are made of the copy. A reply that is too large leaves the additional section
// out; if that is not enough, it keeps the first whole records of the answer section and says so
// with TC.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/assert.h"
#include "resolver/dns/cacheability.h"
#include "resolver/dns/nxdomain_cut.h"
#include "resolver/dns/record.h"
#include "resolver/dns/reply.h"
#include "resolver/dns/writer.h"
#include "tests/fuzz/octets.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/scripted_response.h"

namespace {

using namespace sluice::dns;
using sluice::fuzz::Bytes;
using sluice::fuzz::equal;
using sluice::fuzz::Script;
using std::chrono::seconds;
using View = std::span<const std::byte>;

constexpr std::size_t kEdeFixedSize = 6;  // OPTION-CODE, OPTION-LENGTH, INFO-CODE

std::span<const std::uint16_t> offsets_of(const Response& response) {
  return std::span{response.ttl_offsets}.first(response.ttl_count);
}

/// A response that is whole whether it has TC or not: parse_response() is lenient with TC.
Response parse_whole(View message) {
  Bytes bytes{message.begin(), message.end()};
  const std::uint16_t flags = read_u16(bytes, 2);
  write_u16(bytes, 2, static_cast<std::uint16_t>(flags & ~Header::kTc));
  Response response;
  SLUICE_ASSERT(!parse_response(bytes, response));
  response.header.flags = flags;
  return response;
}

void check_class(const Response& response) {
  const ResponseKind kind = classify(response);
  SLUICE_ASSERT((kind == ResponseKind::truncated) == response.header.has(Header::kTc));
  if (kind == ResponseKind::truncated) return;
  SLUICE_ASSERT((kind == ResponseKind::nxdomain) == (response.rcode == 3));
  const bool is_too_long_by_dname = response.rcode == 6 && response.min_answer_ttl.has_value();
  SLUICE_ASSERT((kind == ResponseKind::failure) ==
                (response.rcode != 0 && response.rcode != 3 && !is_too_long_by_dname));
  SLUICE_ASSERT((kind == ResponseKind::positive) ==
                ((response.rcode == 0 && response.has_answer_of_type) || is_too_long_by_dname));
}

void check_storable(const Response& response, const TtlLimits& limits) {
  const auto ttl = storable_for(response, limits);
  const ResponseKind kind = classify(response);
  const bool is_negative = kind == ResponseKind::nodata || kind == ResponseKind::nxdomain;
  const seconds most = is_negative ? std::min(limits.max, limits.max_negative) : limits.max;
  if (!ttl) return;
  SLUICE_ASSERT(is_negative || kind == ResponseKind::positive);
  SLUICE_ASSERT(!is_negative || response.negative_ttl.has_value());
  SLUICE_ASSERT(!response.too_many_records && response.min_record_ttl.value_or(0) > 0);
  SLUICE_ASSERT(*ttl >= seconds{1} && *ttl <= most && *ttl >= std::min(limits.min, most));
  // No longer than the records say, unless the configuration wants it.
  SLUICE_ASSERT(*ttl <= std::max(limits.min, seconds{*response.min_record_ttl}));
  SLUICE_ASSERT(!is_negative || *ttl <= std::max(limits.min, seconds{*response.negative_ttl}));
  const TtlLimits wider{.min = limits.min, .max = limits.max * 2, .max_negative = limits.max * 2};
  SLUICE_ASSERT(storable_for(response, wider) >= ttl);
}

/// TTLs change as told, and nothing else does.
void check_ttls(View stored, std::span<const std::uint16_t> offsets, std::uint32_t number) {
  Bytes aged{stored.begin(), stored.end()};
  Bytes capped = aged;
  Bytes set = aged;
  age_ttls(aged, offsets, number);
  cap_ttls(capped, offsets, number);
  set_ttls(set, offsets, number);
  for (const std::uint16_t at : offsets) {
    const std::uint32_t ttl = read_u32(stored, at);
    SLUICE_ASSERT(read_u32(aged, at) == (ttl > number ? ttl - number : 0));
    SLUICE_ASSERT(read_u32(capped, at) == std::min(ttl, number));
    SLUICE_ASSERT(read_u32(set, at) == number);
  }
  for (Bytes* bytes : {&aged, &capped, &set}) {
    for (const std::uint16_t at : offsets) write_u32(*bytes, at, read_u32(stored, at));
    SLUICE_ASSERT(equal(*bytes, stored));
  }
}

/// The copy is whole, about the same question, without OPT, and holds records as they came.
Response check_copy(View message, const Response& original, const Response& copied, View stored) {
  const Response again = parse_whole(stored);
  SLUICE_ASSERT(again.opt_offset == 0 && again.header.question_count == 1);
  SLUICE_ASSERT(again.question == original.question);
  const auto name = original.question.name.wire();
  SLUICE_ASSERT(equal(stored.subspan(kHeaderSize, name.size()), name));
  SLUICE_ASSERT(!again.header.has(Header::kAa | Header::kAd) && again.header.has(Header::kQr));
  SLUICE_ASSERT(again.header.has(Header::kTc) == original.header.has(Header::kTc));
  SLUICE_ASSERT(again.rcode == (original.rcode > 15 ? 2 : original.rcode));
  SLUICE_ASSERT(equal(stored.subspan(again.question_end),
                      message.subspan(again.question_end, stored.size() - again.question_end)));
  SLUICE_ASSERT(std::ranges::equal(offsets_of(copied), offsets_of(again)));
  if (!original.header.has(Header::kTc)) {
    SLUICE_ASSERT(again.header.answer_count == original.header.answer_count);
    SLUICE_ASSERT(again.header.authority_count == original.header.authority_count);
    SLUICE_ASSERT(original.opt_offset != 0 || stored.size() == message.size());
  }
  return again;
}

/// How a client asked, and what the reply must therefore be.
struct Asked {
  ReplyShape shape;
  std::optional<Ede> ede;
  Bytes question;  ///< as the client spelled it
};

Asked asked_by(Script& script, const Response& stored_as, const std::string& text) {
  const auto name = stored_as.question.name.wire();
  Bytes question{name.begin(), name.end()};
  const unsigned capitals = script.next(8);
  for (std::size_t i = 0; capitals > 0 && i < question.size(); i += capitals)
    if (question[i] >= std::byte{'a'} && question[i] <= std::byte{'z'})
      question[i] &= ~std::byte{0x20};
  Asked asked{.shape = {.id = static_cast<std::uint16_t>(script.next_u16()),
                        .recursion_desired = script.next_flag(),
                        .checking_disabled = script.next_flag(),
                        .has_edns = script.next_flag(),
                        .dnssec_ok = script.next_flag(),
                        .max_size = static_cast<std::uint16_t>(
                            std::max<unsigned>(kPlainUdpSize, script.next_u16())),
                        .qname_case = letter_case(question, question.size())},
              .ede = {},
              .question = std::move(question)};
  asked.shape.dnssec_ok = asked.shape.dnssec_ok && asked.shape.has_edns;
  if (script.next_flag()) asked.ede = Ede{.code = EdeCode::stale_answer, .text = text};
  return asked;
}

/// The EDE at the end of a reply, if there is one, is the one given, its text perhaps cut.
void check_ede(View options, const std::optional<Ede>& ede) {
  if (options.empty()) return;
  SLUICE_ASSERT(ede && options.size() >= kEdeFixedSize &&
                options.size() <= kEdeFixedSize + kMaxEdeText);
  SLUICE_ASSERT(read_u16(options, 0) == static_cast<std::uint16_t>(OptionCode::ede));
  SLUICE_ASSERT(read_u16(options, 2) + 4U == options.size());
  SLUICE_ASSERT(read_u16(options, 4) == static_cast<std::uint16_t>(ede->code));
  const View text = options.subspan(kEdeFixedSize);
  // It ends with a whole character.
  SLUICE_ASSERT(text.size() == ede->text.size() ||
                (static_cast<unsigned char>(ede->text[text.size()]) & 0xc0) != 0x80);
  SLUICE_ASSERT(equal(text, std::as_bytes(std::span{ede->text}).first(text.size())));
}

/// The OPT ends the reply if and only if the client sent one. Returns where the records end.
std::size_t check_opt(View reply, const Response& parsed, const Asked& asked) {
  SLUICE_ASSERT((parsed.opt_offset != 0) == asked.shape.has_edns);
  if (!asked.shape.has_edns) return reply.size();
  std::size_t end = parsed.opt_offset;
  const auto opt = read_record(reply, end);
  SLUICE_ASSERT(opt && opt->is_at_root() && end == reply.size());
  SLUICE_ASSERT(opt->ttl == (asked.shape.dnssec_ok ? kDnssecOk : 0));
  SLUICE_ASSERT(static_cast<std::uint16_t>(opt->klass) == kEdnsUdpSize);
  check_ede(reply.subspan(opt->rdata_offset, opt->rdata_size), asked.ede);
  return parsed.opt_offset;
}

/// All records of `stored`, or all but the additional section, or with TC the first of the answers.
void check_records(View stored, const Response& all, View records, const Response& some) {
  const View whole = stored.subspan(all.question_end);
  SLUICE_ASSERT(records.size() <= whole.size() && equal(records, whole.first(records.size())));
  const bool has_all_that_was_asked_for = some.header.answer_count == all.header.answer_count &&
                                          some.header.authority_count == all.header.authority_count;
  if (has_all_that_was_asked_for && some.additional_before_opt == all.header.additional_count) {
    SLUICE_ASSERT(records.size() == whole.size());
    return;
  }
  SLUICE_ASSERT(some.additional_before_opt == 0);
  if (has_all_that_was_asked_for) return;
  SLUICE_ASSERT(some.header.has(Header::kTc) && some.header.authority_count == 0);
  SLUICE_ASSERT(some.header.answer_count <= all.header.answer_count);
}

void check_reply(View stored, const Response& all, const Asked& asked) {
  const ReplyShape& shape = asked.shape;
  Bytes buffer(stored.size() + kReplySlack);
  std::copy(stored.begin(), stored.end(), buffer.begin());
  const std::size_t size = finish_reply(buffer, stored.size(), shape, asked.ede);
  const std::size_t opt_size = shape.has_edns ? kBareOptSize : 0;
  const std::size_t ede_size = shape.has_edns && asked.ede
                                   ? kEdeFixedSize + std::min(asked.ede->text.size(), kMaxEdeText)
                                   : 0;
  SLUICE_ASSERT(size <= shape.max_size && size <= stored.size() + opt_size + ede_size);

  const View reply = View{buffer}.first(size);
  const Response parsed = parse_whole(reply);
  SLUICE_ASSERT(parsed.header.id == shape.id && parsed.rcode == all.rcode);
  SLUICE_ASSERT(parsed.header.has(Header::kQr) && parsed.header.has(Header::kRa));
  SLUICE_ASSERT(!parsed.header.has(Header::kAa | Header::kAd));
  SLUICE_ASSERT(parsed.header.has(Header::kRd) == shape.recursion_desired);
  SLUICE_ASSERT(parsed.header.has(Header::kCd) == shape.checking_disabled);
  SLUICE_ASSERT(equal(reply.subspan(kHeaderSize, asked.question.size()), asked.question));
  SLUICE_ASSERT(parsed.question == all.question);

  const std::size_t records_end = check_opt(reply, parsed, asked);
  const View records = reply.first(records_end).subspan(parsed.question_end);
  check_records(stored, all, records, parsed);
  // TC says that something is missing: from the upstream's response, or because there is no room.
  const bool fits = stored.size() + opt_size + ede_size <= shape.max_size;
  SLUICE_ASSERT(!all.header.has(Header::kTc) || parsed.header.has(Header::kTc));
  SLUICE_ASSERT(!parsed.header.has(Header::kTc) || all.header.has(Header::kTc) || !fits);
  SLUICE_ASSERT(!fits || ede_size == 0 || size >= stored.size() + opt_size + kEdeFixedSize);
}

/// What an NXDOMAIN says about a name below its own.
void check_cut(Script& script, View stored, const Response& denial) {
  if (!denies_own_name(denial)) return;
  Bytes below{std::byte{1}, std::byte{'a'}};
  const auto name = denial.question.name.wire();
  below.insert(below.end(), name.begin(), name.end());
  std::size_t offset = 0;
  const auto child = Name::read(below, offset);
  if (!child) return;  // too long
  const Question question{.name = *child, .type = Type::a};

  Bytes buffer(kMaxNxdomainSize + kReplySlack);
  const std::size_t size = write_nxdomain_below(buffer, question, stored, denial);
  SLUICE_ASSERT(size <= kMaxNxdomainSize);
  if (size == 0) return;
  const View implied = View{buffer}.first(size);
  const Response parsed = parse_whole(implied);
  SLUICE_ASSERT(parsed.rcode == 3 && parsed.question == question && parsed.opt_offset == 0);
  SLUICE_ASSERT(parsed.header.answer_count == 0 && parsed.header.additional_count == 0);
  SLUICE_ASSERT(parsed.header.authority_count == 1 && parsed.negative_ttl.has_value());
  SLUICE_ASSERT(*parsed.negative_ttl >= *denial.negative_ttl);
  SLUICE_ASSERT(denies_own_name(parsed));
  check_reply(implied, parsed, asked_by(script, parsed, "denied"));
}

TtlLimits limits_by(Script& script) {
  return {.min = seconds{script.next(4) * 400},
          .max = seconds{1 + script.next(256) * 400},
          .max_negative = seconds{script.next(4) * 1'200}};
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxMessageSize) return 0;
  Script script{std::as_bytes(std::span{data, size})};
  const TtlLimits limits = limits_by(script);
  // Texts of letters of one octet, or of three.
  std::string text;
  const std::string letter = script.next_flag() ? "\xe2\x82\xac" : "t";
  for (unsigned letters = script.next(200); letters > 0; --letters) text += letter;
  const std::uint32_t age = script.next_u16();
  Script shape{script.take(16)};
  Bytes message;
  if (script.next_flag()) {
    message = sluice::fuzz::ScriptedResponse{script}.make();
  } else {
    const auto rest = script.rest();
    message.assign(rest.begin(), rest.end());
  }

  Response original;
  if (parse_response(message, original)) return 0;
  check_class(original);
  check_storable(original, limits);
  if (original.header.question_count != 1) return 0;
  Response copied = original;
  Bytes buffer(message.size());
  const std::size_t stored_size = copy_without_opt(message, copied, buffer);
  SLUICE_ASSERT(stored_size <= message.size());
  const View stored = View{buffer}.first(stored_size);
  const Response all = check_copy(message, original, copied, stored);
  check_ttls(stored, offsets_of(copied), age);
  check_reply(stored, all, asked_by(shape, all, text));
  check_cut(shape, stored, all);
  return 0;
}
