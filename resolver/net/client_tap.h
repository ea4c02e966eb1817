#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "resolver/base/clock.h"
#include "resolver/client.h"
#include "resolver/net/dnstap.h"
#include "resolver/net/query_log.h"
#include "resolver/net/reply_sampling.h"
#include "resolver/reply_origin.h"

namespace sluice::net {

/// A reply to a client, for whoever looks at some of them. Views everything.
struct TappedReply {
  const ClientRef& client;
  std::span<const std::byte> query{};  ///< empty if it is not at hand any more
  std::span<const std::byte> reply;
  ReplyOrigin origin{};         ///< `rule` is not read
  std::string_view upstream{};  ///< of the rule
  std::uint8_t zone_labels = LoggedQuery::kNoZone;
};

/// What one thread's queries and replies pass on their way: some of them are told to the query log
/// and to dnstap.
///
/// For each reply ask is_reply_due(), a decrement and a branch; if it is, call on_reply(). The same
/// for queries that the cache did not answer, of which only dnstap hears. Nothing here allocates,
/// waits or locks.
///
/// Thread-confined to the thread whose messages they are.
class ClientTap {
 public:
  /// `log` outlives the tap. One of `sample` replies is logged; 0 = none.
  void log_to(QueryLog& log, std::uint32_t sample) noexcept;
  /// `dnstap` outlives the tap, which is the only one to use `queue`. To be called once.
  void send_to(Dnstap& dnstap, std::size_t queue) noexcept;

  [[nodiscard]] bool is_reply_due() noexcept { return replies_.is_due(); }
  void on_reply(const TappedReply& reply) noexcept;

  [[nodiscard]] bool is_miss_due() noexcept { return misses_.is_due(); }
  void on_miss(const ClientRef& client, std::span<const std::byte> query) noexcept;

 private:
  void sample() noexcept;

  ReplySampling replies_;
  ReplySampling misses_;
  QueryLog* log_ = nullptr;
  Dnstap* dnstap_ = nullptr;
  std::size_t queue_ = 0;
  std::uint32_t log_sample_ = 0;
};

}  // namespace sluice::net
