#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "resolver/dns/cookie.h"

namespace sluice::dns {

/// What the EDNS options of a query ask of us. All others are ignored (RFC 6891 section 6.1.2).
struct EdnsOptions {
  /// Of several, the first. Empty if that is malformed.
  std::optional<Cookie> cookie;
  /// The first COOKIE is neither 8 nor 16 to 40 octets long: FORMERR (RFC 7873 section 5.2.2).
  bool malformed_cookie = false;
  /// The client would like to know how long it may leave a connection idle (RFC 7828). Over UDP
  /// this is to be ignored, and so is the next (section 3.3.1).
  bool wants_keepalive = false;
  /// An edns-tcp-keepalive with a time-out: FORMERR over TCP, for only a server has one to give.
  bool malformed_keepalive = false;
};

/// Reads Edns::options in one pass. Does not allocate; the cookie views `options`, which are whole
/// (parse_query() has seen to that).
[[nodiscard]] EdnsOptions read_options(std::span<const std::byte> options) noexcept;

/// What the OPT record of a response says beside its size.
struct ResponseOpt {
  std::uint16_t rcode_bits = 0;      ///< to be added to the header's four (RFC 6891 section 6.1.3)
  std::optional<std::uint16_t> ede;  ///< the code of the first (RFC 8914)
};

/// nullopt if there is none, or the response cannot be read that far.
[[nodiscard]] std::optional<ResponseOpt> find_response_opt(
    std::span<const std::byte> response) noexcept;

}  // namespace sluice::dns
