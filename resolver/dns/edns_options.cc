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

ResponseOpt read_opt(std::uint8_t upper_rcode, std::span<const std::byte> options) noexcept {
  ResponseOpt opt{.rcode_bits = static_cast<std::uint16_t>(upper_rcode << 4), .ede = {}};
  while (options.size() >= kOptionFixedSize) {
    const std::size_t size = read_u16(options, 2);
    if (options.size() < kOptionFixedSize + size) break;
    if (OptionCode{read_u16(options, 0)} == OptionCode::ede && size >= 2) {
      opt.ede = read_u16(options, kOptionFixedSize);
      break;
    }
    options = options.subspan(kOptionFixedSize + size);
  }
  return opt;
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

std::optional<ResponseOpt> find_response_opt(std::span<const std::byte> response) noexcept {
  constexpr std::size_t kFixedSize = 2 + 2 + 4 + 2;  // TYPE, CLASS, TTL, RDLENGTH
  const auto header = Header::read(response);
  if (!header) return std::nullopt;
  std::size_t offset = kHeaderSize;
  for (unsigned i = 0; i < header->question_count; ++i) {
    if (!skip_name(response, offset) || response.size() - offset < 4) return std::nullopt;
    offset += 4;
  }
  const unsigned records =
      unsigned{header->answer_count} + header->authority_count + header->additional_count;
  for (unsigned i = 0; i < records; ++i) {
    if (!skip_name(response, offset) || response.size() - offset < kFixedSize) return std::nullopt;
    const auto fixed = response.subspan(offset, kFixedSize);
    const std::size_t size = read_u16(fixed, kFixedSize - 2);
    offset += kFixedSize;
    if (response.size() - offset < size) return std::nullopt;
    if (Type{read_u16(fixed, 0)} == Type::opt)
      return read_opt(std::to_integer<std::uint8_t>(fixed[4]), response.subspan(offset, size));
    offset += size;
  }
  return std::nullopt;
}

}  // namespace sluice::dns
