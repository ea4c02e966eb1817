#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/base/endpoint.h"
#include "resolver/dns/name.h"
#include "resolver/local/answer_writer.h"

namespace sluice::local {

/// The TTL of the hosts file's names and of the host's own, in seconds. A change is answered at
/// once here; this is how long a client that remembers answers may miss it. 0 would make it ask
/// for each connection.
inline constexpr std::uint32_t kHostTtl = 10;

/// What is asked of the type that is not there.
[[nodiscard]] inline bool is_address_type(dns::Type type) noexcept {
  return type == dns::Type::a || type == dns::Type::aaaa || type == dns::Type::any;
}

/// The octets of the address as an A or AAAA record holds them.
[[nodiscard]] std::span<const std::byte> rdata_of(const Address& address) noexcept;

/// Answers A or AAAA with those `addresses` that are of its family, ANY with the family of the
/// first (RFC 8482 section 4.1). If there is none, or `type` is another: NODATA, and false.
bool write_addresses(std::span<const Address> addresses, dns::Type type,
                     AnswerWriter& out) noexcept;

/// "1.2.0.192.in-addr.arpa." for 192.0.2.1 (RFC 1035 section 3.5, RFC 3596 section 2.5).
[[nodiscard]] dns::Name reverse_name(const Address& address) noexcept;

}  // namespace sluice::local
