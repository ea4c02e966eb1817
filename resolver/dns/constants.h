#pragma once

#include <cstddef>
#include <cstdint>

/// Numbers of the DNS protocol, named as in their RFCs and in IANA's registry.
namespace sluice::dns {

inline constexpr std::size_t kHeaderSize = 12;          ///< RFC 1035 section 4.1.1
inline constexpr std::size_t kMaxNameSize = 255;        ///< RFC 1035 section 2.3.4
inline constexpr std::size_t kMaxLabelSize = 63;        ///< RFC 1035 section 2.3.4
inline constexpr std::size_t kMaxMessageSize = 65'535;  ///< RFC 1035 section 4.2.2
inline constexpr std::size_t kPlainUdpSize = 512;       ///< RFC 1035 section 4.2.1
inline constexpr std::size_t kEdnsUdpSize = 1'232;      ///< what we offer and send over networks
inline constexpr std::size_t kBareOptSize = 11;         ///< an OPT record without options
inline constexpr std::size_t kOptionFixedSize = 2 + 2;  ///< OPTION-CODE, OPTION-LENGTH (RFC 6891)
inline constexpr std::uint16_t kPort = 53;

/// RFC 1035 section 4.1.1 and, from 16 on, RFC 6891 section 6.1.3.
enum class Rcode : std::uint16_t {
  noerror = 0,
  formerr = 1,
  servfail = 2,
  nxdomain = 3,
  notimp = 4,
  refused = 5,
  yxdomain = 6,
  badvers = 16,
};

enum class Opcode : std::uint8_t { query = 0 };

/// The few types that we treat specially; every other value passes through (RFC 3597).
enum class Type : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  hinfo = 13,
  txt = 16,
  aaaa = 28,
  srv = 33,
  opt = 41,
  ds = 43,
  dname = 39,
  rrsig = 46,
  https = 65,
  tkey = 249,
  tsig = 250,
  ixfr = 251,
  axfr = 252,
  any = 255,
};

enum class Class : std::uint16_t { in = 1, any = 255 };

/// EDNS option codes.
enum class OptionCode : std::uint16_t { cookie = 10, tcp_keepalive = 11, ede = 15 };

/// RFC 8914 section 4.
enum class EdeCode : std::uint16_t {
  other = 0,
  stale_answer = 3,
  forged_answer = 4,
  cached_error = 13,
  not_ready = 14,
  blocked = 15,
  filtered = 17,
  prohibited = 18,
  stale_nxdomain = 19,
  not_authoritative = 20,
  not_supported = 21,
  no_reachable_authority = 22,
  network_error = 23,
  invalid_data = 24,
};

}  // namespace sluice::dns
