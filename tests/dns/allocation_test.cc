// The wire format is read and written without the heap: this binary counts what is asked of it.

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "resolver/dns/cacheability.h"
#include "resolver/dns/reply.h"
#include "resolver/dns/writer.h"
#include "tests/support/allocations.h"
#include "tests/support/wire.h"

namespace sluice::dns {
namespace {

TEST(Allocation, IsSeenByThisTest) {
  const std::size_t before = allocations::count();
  const auto number = std::make_unique<int>(1);
  EXPECT_EQ(allocations::count(), before + 1);
}

TEST(Allocation, IsNotNeededFromQueryToReply) {
  const auto good = wire::query("wWw.example. A", {.edns = wire::Edns{.dnssec_ok = true}});
  const auto bad = wire::query("www.example. A", {.edns = wire::Edns{.version = 1}});
  const auto answer = wire::response("www.example. A", {"www.example. 60 IN A 192.0.2.1"},
                                     {.edns = wire::Edns{.dnssec_ok = true}});
  std::array<std::byte, kMaxQuestionMessageSize> query_buffer{};
  std::array<std::byte, 512 + kReplySlack> buffer{};
  Response response;
  const std::size_t before = allocations::count();

  const auto query = parse_query(good);
  const std::size_t error_size = write_error_reply(buffer, bad, parse_query(bad).error());
  const std::size_t sent = write_upstream_query(query_buffer, query.value().key(), {});
  const bool is_malformed = parse_response(answer, response).has_value();
  const auto ttl = storable_for(response, TtlLimits{});
  const std::size_t stored = copy_without_opt(answer, response, buffer);
  age_ttls(buffer, std::span{response.ttl_offsets}.first(response.ttl_count), 30);
  const std::size_t reply = finish_reply(buffer, stored, ReplyShape::for_udp(query.value(), 1232),
                                         Ede{.code = EdeCode::stale_answer, .text = "stale"});

  EXPECT_EQ(allocations::count(), before);
  EXPECT_TRUE(error_size > 0 && sent > 0 && !is_malformed && ttl && reply > stored);
}

}  // namespace
}  // namespace sluice::dns
