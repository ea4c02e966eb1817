#include "resolver/dns/edns_options.h"

#include <algorithm>

#include "resolver/base/assert.h"
#include "resolver/dns/constants.h"
#include "resolver/dns/message.h"

namespace sluice::dns {
namespace {

constexpr std::size_t kMinServerCookie = 8;
constexpr std::size_t kMaxServerCookie = 32;

std::optional<Cookie> read_cookie(std::span<const std::byte> value) noexcept {
  if (value.size() < kClientCookieSize) return std::nullopt;
  Cookie cookie;
  std::copy_n(value.begin(), kClientCookieSize, cookie.client.begin());
  cookie.server = value.subspan(kClientCookieSize);
  const std::size_t size = cookie.server.size();
  if (size != 0 && (size < kMinServerCookie || size > kMaxServerCookie)) return std::nullopt;
  return cookie;
}

}  // namespace

EdnsOptions read_options(std::span<const std::byte> options) noexcept {
  EdnsOptions result;
  while (!options.empty()) {
    SLUICE_ASSERT(options.size() >= kOptionFixedSize);
    const auto code = OptionCode{read_u16(options, 0)};
    const std::size_t size = read_u16(options, 2);
    SLUICE_ASSERT(options.size() >= kOptionFixedSize + size);
    const auto value = options.subspan(kOptionFixedSize, size);
    options = options.subspan(kOptionFixedSize + size);

    if (code == OptionCode::cookie && !result.cookie && !result.malformed_cookie) {
      result.cookie = read_cookie(value);
      result.malformed_cookie = !result.cookie;
    } else if (code == OptionCode::tcp_keepalive) {
      result.wants_keepalive = true;
      result.malformed_keepalive |= !value.empty();
    }
  }
  return result;
}

}  // namespace sluice::dns
