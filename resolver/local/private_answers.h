#pragma once

#include <cstddef>
#include <span>

#include "resolver/base/endpoint.h"
#include "resolver/dns/response.h"

/// Rebinding protection: a public name that resolves to a private address makes a browser attack
/// its own network.
namespace sluice::local {

/// Whether the address is reached only from within: RFC 1918, loopback, "this" network, link-local,
/// shared (RFC 6598), ULA (RFC 4193), unspecified, and IPv6 addresses that stand for one of the
/// IPv4 ones (mapped, and NAT64's 64:ff9b::/96 of RFC 6052).
[[nodiscard]] bool is_private(const Address& address) noexcept;

/// If the answer section of `message`, parsed as `response`, has private addresses: writes the
/// response without them into `out` and returns its size. Kept are header (AD cleared), question,
/// and of the answer section CNAME, DNAME and public A and AAAA records of class IN: no signature
/// over a set that has changed, no address anywhere else. Names are folded to lower case.
///
/// Returns 0, and writes nothing, if nothing private is there. `out` must hold at least what the
/// header and the question take; records that do not fit it are left out, which only happens to a
/// message that was made for it. Addresses in SVCB and HTTPS records are not looked at.
[[nodiscard]] std::size_t strip_private_answers(std::span<const std::byte> message,
                                                const dns::Response& response,
                                                std::span<std::byte> out) noexcept;

}  // namespace sluice::local
