#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "resolver/dns/response.h"

namespace sluice::dns {

/// Bounds on how long a response may be stored, from the configuration.
struct TtlLimits {
  std::chrono::seconds min{0};
  std::chrono::seconds max{86'400};
  std::chrono::seconds max_negative{3'600};
};

/// What a response is, for storing and for the failure counters.
enum class ResponseKind : std::uint8_t {
  positive,  ///< NOERROR with a record of the type asked for; or YXDOMAIN with the DNAME that makes
             ///< a name too long (RFC 6672 section 2.2)
  nodata,    ///< NOERROR without one (RFC 2308 section 2.2)
  nxdomain,  ///< RFC 2308 section 2.1; a CNAME chain may lead to it (RFC 6604)
  truncated,  ///< TC: never stored (RFC 2181 section 9)
  failure,    ///< SERVFAIL, REFUSED, NOTIMP, FORMERR or another error
};

/// Judges by the sections, not by following the CNAME chain: the upstream did that. So RRSIG, DNAME
/// and CNAME records make an answer positive only where they were asked for, and a chain that ends
/// without the type asked for is nodata. Whether a nodata is an answer at all shows in its SOA: a
/// chain broken off, or a referral (NS records without SOA, RFC 2308 section 2.2), has none, is
/// passed on and is never stored.
[[nodiscard]] ResponseKind classify(const Response& response) noexcept;

/// How long `response` may be stored; nullopt if it must not be: a failure, truncated, a negative
/// answer without SOA (RFC 2308 section 5), TTL 0 whatever `limits.min` says (RFC 1035 section
/// 3.2.1), or more records than we can age.
///
/// One TTL for the whole message: the least of any record in it (RFC 2181 section 5.2), for
/// negative answers also the SOA's MINIMUM and `max_negative`. A TTL with its top bit set is a
/// large number, not 0 (RFC 8767 section 4), and so falls to `max`. Where minimum and maximum
/// contradict each other, the maximum wins. The records' own TTLs may be larger than the result:
/// cap_ttls().
[[nodiscard]] std::optional<std::chrono::seconds> storable_for(const Response& response,
                                                               const TtlLimits& limits) noexcept;

}  // namespace sluice::dns
