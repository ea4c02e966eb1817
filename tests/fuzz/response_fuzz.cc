// Bytes from an upstream: whatever they are, the parser keeps to its bounds, and what we store and
// send on is again a well-formed response to the same question.

#include <algorithm>
#include <vector>

#include "resolver/base/assert.h"
#include "resolver/dns/cacheability.h"
#include "resolver/dns/reply.h"
#include "resolver/dns/writer.h"

namespace {

using namespace sluice::dns;

void check_offsets(const Response& response, std::size_t size) {
  const auto offsets = std::span{response.ttl_offsets}.first(response.ttl_count);
  SLUICE_ASSERT(std::is_sorted(offsets.begin(), offsets.end()));
  SLUICE_ASSERT(offsets.empty() || offsets.front() >= response.question_end);
  SLUICE_ASSERT(offsets.empty() || offsets.back() + 4U <= size);
}

void check_copy(std::span<const std::byte> message, Response& response) {
  std::vector<std::byte> buffer(message.size() + kReplySlack);
  const std::size_t size =
      copy_without_opt(message, response, std::span{buffer}.first(message.size()));
  check_offsets(response, size);
  const auto offsets = std::span{response.ttl_offsets}.first(response.ttl_count);
  age_ttls(std::span{buffer}.first(size), offsets, 30);
  cap_ttls(std::span{buffer}.first(size), offsets, 3600);

  const ReplyShape shape{.id = 7, .has_edns = true, .dnssec_ok = true, .max_size = 512};
  const std::size_t reply_size =
      finish_reply(buffer, size, shape, Ede{.code = EdeCode::stale_answer, .text = "stale"});
  SLUICE_ASSERT(reply_size <= shape.max_size);

  Response reply;
  SLUICE_ASSERT(!parse_response(std::span{buffer}.first(reply_size), reply));
  SLUICE_ASSERT(reply.question == response.question && reply.opt_offset != 0);
  SLUICE_ASSERT(reply.header.has(Header::kTc) ||
                (reply.header.answer_count == response.header.answer_count &&
                 reply.header.authority_count == response.header.authority_count));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxMessageSize) return 0;
  const auto message = std::as_bytes(std::span{data, size});
  Response response;
  if (parse_response(message, response)) return 0;
  if (!response.header.has(Header::kTc)) check_offsets(response, size);
  const auto ttl = storable_for(response, TtlLimits{});
  SLUICE_ASSERT(!ttl || (ttl->count() >= 1 && *ttl <= TtlLimits{}.max));
  if (response.header.question_count == 1) check_copy(message, response);
  return 0;
}
