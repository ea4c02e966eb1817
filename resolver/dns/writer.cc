#include "resolver/dns/writer.h"

#include <algorithm>
#include <cstring>

#include "resolver/base/assert.h"
#include "resolver/dns/encode.h"

namespace sluice::dns {
std::size_t write_upstream_query(std::span<std::byte, kMaxUpstreamQuerySize> buffer,
                                 const LookupKey& key, const UpstreamForm& form) noexcept {
  const bool has_opt = form.use_edns == UseEdns::yes;
  const auto flags = static_cast<std::uint16_t>(Header::kRd | (form.asks_for_ad ? Header::kAd : 0) |
                                                (key.checking_disabled ? Header::kCd : 0));
  write_header(buffer, {.id = form.id,
                        .flags = flags,
                        .question_count = 1,
                        .additional_count = has_opt ? std::uint16_t{1} : std::uint16_t{0}});
  std::size_t size = write_question(buffer, key.question);
  restore_case(buffer.subspan(kHeaderSize), key.question.name.size(), form.letters);
  if (has_opt) size += write_opt(buffer.subspan(size), key.dnssec_ok ? kDnssecOk : 0, 0);
  return size;
}

std::size_t copy_without_opt(std::span<const std::byte> message, Response& response,
                             std::span<std::byte> out, TrustAd trust_ad) noexcept {
  SLUICE_ASSERT(response.header.question_count == 1);
  SLUICE_ASSERT(out.size() >= message.size());
  Header header = response.header;
  std::size_t size = response.opt_offset != 0 ? response.opt_offset : message.size();
  header.additional_count = response.additional_before_opt;
  if (header.has(Header::kTc)) {
    size = response.question_end;
    header.answer_count = header.authority_count = header.additional_count = 0;
  }
  header.flags &= static_cast<std::uint16_t>(~(Header::kAa | Header::kFiltered));
  if (trust_ad == TrustAd::no) header.flags &= static_cast<std::uint16_t>(~Header::kAd);
  if (response.rcode > Header::kRcodeMask) {
    header.flags &= static_cast<std::uint16_t>(~Header::kRcodeMask);
    header.flags |= static_cast<std::uint16_t>(Rcode::servfail);
  }
  std::memcpy(out.data(), message.data(), size);
  write_header(out, header);
  fold_case(out.subspan(kHeaderSize), response.question.name.size());
  while (response.ttl_count > 0 && response.ttl_offsets[response.ttl_count - 1] >= size) {
    --response.ttl_count;
  }
  return size;
}

void age_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t age_seconds) noexcept {
  for (const std::uint16_t offset : ttl_offsets) {
    const std::uint32_t ttl = read_u32(message, offset);
    write_u32(message, offset, ttl > age_seconds ? ttl - age_seconds : 0);
  }
}

void set_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t ttl_seconds) noexcept {
  for (const std::uint16_t offset : ttl_offsets) write_u32(message, offset, ttl_seconds);
}

void cap_ttls(std::span<std::byte> message, std::span<const std::uint16_t> ttl_offsets,
              std::uint32_t ttl_seconds) noexcept {
  for (const std::uint16_t offset : ttl_offsets) {
    write_u32(message, offset, std::min(read_u32(message, offset), ttl_seconds));
  }
}

}  // namespace sluice::dns
