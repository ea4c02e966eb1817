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
  positive,       ///< NOERROR with the records asked for, or a CNAME chain towards them
  nodata,         ///< NOERROR without them (RFC 2308 section 2.2)
  nxdomain,       ///< RFC 2308 section 2.1
  truncated,      ///< TC: never stored (RFC 2181 section 9)
  failure,        ///< SERVFAIL, REFUSED, NOTIMP, FORMERR or another error
};

[[nodiscard]] ResponseKind classify(const Response& response) noexcept;

/// How long `response` may be stored; nullopt if it must not be (a failure, truncated, a negative
/// answer without SOA (RFC 2308 section 5), TTL 0, or records whose TTLs we could not note).
/// One TTL for the whole message: the least of any RRset in it (RFC 2181 section 5.2). A TTL with
/// its top bit set counts as 0 (RFC 2181 section 8).
[[nodiscard]] std::optional<std::chrono::seconds> storable_for(const Response& response,
                                                               const TtlLimits& limits) noexcept;

}  // namespace sluice::dns
