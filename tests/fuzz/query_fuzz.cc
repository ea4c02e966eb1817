// Bytes from a client: whatever they are, the parser keeps to its bounds, and what we reply is a
// well-formed response to them or silence.

#include <algorithm>
#include <array>

#include "resolver/base/assert.h"
#include "resolver/dns/reply.h"
#include "resolver/dns/writer.h"

namespace {

using namespace sluice::dns;

void check_error_reply(std::span<const std::byte> message, QueryError error) {
  std::array<std::byte, kMaxErrorReplySize> buffer;
  const std::size_t size = write_error_reply(buffer, message, error);
  SLUICE_ASSERT((size == 0) == !rcode_for(error));
  if (size == 0) return;
  SLUICE_ASSERT(size >= kHeaderSize && size <= buffer.size());
  SLUICE_ASSERT(read_u16(buffer, 0) == read_u16(message, 0));
  SLUICE_ASSERT(Header::read(buffer)->has(Header::kQr));
}

void check_reply(std::span<const std::byte> message, const Query& query) {
  std::array<std::byte, kMaxQuestionMessageSize + kReplySlack> buffer;
  const std::size_t empty = write_empty_response(buffer, query.question, Rcode::servfail);
  const ReplyShape shape = ReplyShape::for_udp(query, kEdnsUdpSize);
  const Ede ede{.code = EdeCode::other, .text = "no token left"};
  const std::size_t size = finish_reply(buffer, empty, shape, ede);
  SLUICE_ASSERT(size <= shape.max_size);

  Response reply;
  SLUICE_ASSERT(!parse_response(std::span{buffer}.first(size), reply));
  SLUICE_ASSERT(reply.header.id == query.id && reply.question == query.question);
  SLUICE_ASSERT((reply.opt_offset != 0) == query.edns.has_value());
  // The question comes back byte for byte.
  SLUICE_ASSERT(std::equal(buffer.begin() + kHeaderSize,
                           buffer.begin() + static_cast<std::ptrdiff_t>(reply.question_end),
                           message.begin() + kHeaderSize));
}

void check_upstream_query(const Query& query) {
  std::array<std::byte, kMaxUpstreamQuerySize> buffer;
  const std::size_t size = write_upstream_query(buffer, query.key(), {});
  const auto sent = parse_query(std::span{buffer}.first(size));
  SLUICE_ASSERT(sent && sent.value().key() == query.key());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = std::as_bytes(std::span{data, size});
  const auto query = parse_query(message);
  if (!query) {
    check_error_reply(message, query.error());
    return 0;
  }
  check_reply(message, query.value());
  check_upstream_query(query.value());
  return 0;
}
