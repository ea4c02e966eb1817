#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "resolver/action.h"
#include "resolver/dns/reply.h"
#include "resolver/in_flight.h"

namespace sluice {

/// Appends the reply with an error code of our own making, and an EDE that says why, to `out`.
void reply_with_error(const ClientRef& client, const dns::ReplyShape& shape,
                      const dns::Question& question, dns::Rcode rcode, const dns::Ede& ede,
                      ActionList& out);

/// Appends the reply made from `stored`, a response as the cache stores it.
void reply_with_response(const ClientRef& client, const dns::ReplyShape& shape,
                         std::span<const std::byte> stored, const std::optional<dns::Ede>& ede,
                         ActionList& out);

/// How the reply to one who waits for `question` comes about.
[[nodiscard]] inline ReplyOrigin origin_of(ReplySource source, const InFlight& question,
                                           const Waiter& waiter) noexcept {
  return {.source = source, .rule = question.rule, .tries = question.tries, .asked = waiter.since};
}

/// What goes with `stored` if it is given although past its TTL (RFC 8914 sections 4.4 and 4.20).
[[nodiscard]] dns::Ede stale_ede(std::span<const std::byte> stored, std::string_view why) noexcept;

/// The EDE code that tells a client of this failure.
[[nodiscard]] dns::EdeCode ede_for(policy::FailureCause cause) noexcept;
/// "did not answer", "said SERVFAIL", ...: completes a sentence that names the upstream.
[[nodiscard]] std::string_view describe(policy::FailureCause cause) noexcept;

}  // namespace sluice
