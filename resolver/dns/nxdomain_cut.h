#pragma once

#include <cstddef>
#include <span>

#include "resolver/dns/reply.h"
#include "resolver/dns/response.h"

namespace sluice::dns {

/// What write_nxdomain_below() needs at most, without the room for finish_reply().
inline constexpr std::size_t kMaxNxdomainSize =
    kMaxQuestionMessageSize + 3 * kMaxNameSize + 10 + 20;  // owner, MNAME, RNAME; fixed parts

/// Whether `response`, parsed from a stored message, says that its own name does not exist, and so
/// none below it does (RFC 8020 section 2): NXDOMAIN without an alias (with one it speaks of where
/// the alias leads) and with the SOA that it must be answered with.
[[nodiscard]] bool denies_own_name(const Response& response) noexcept;

/// Writes what `stored`, parsed as `response` for which denies_own_name() holds, implies for
/// `question`, which lies below its name: NXDOMAIN with the same SOA, TTLs as they stand in
/// `stored`. `out` holds at least kMaxNxdomainSize. Returns the size, ready for finish_reply(); 0
/// if the SOA is malformed.
[[nodiscard]] std::size_t write_nxdomain_below(std::span<std::byte> out, const Question& question,
                                               std::span<const std::byte> stored,
                                               const Response& response) noexcept;

}  // namespace sluice::dns
