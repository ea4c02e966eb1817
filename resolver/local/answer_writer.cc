#include "resolver/local/answer_writer.h"

#include <array>
#include <string_view>

#include "resolver/base/assert.h"
#include "resolver/dns/reply.h"

namespace sluice::local {
namespace {

constexpr std::size_t kFlags = 2;                             // offset in the header
constexpr std::size_t kHeadSize = 2 + dns::kRecordFixedSize;  // a record in front of its RDATA

// RFC 6303 section 3: nobody.invalid, and numbers that no secondary will ever act on.
constexpr std::string_view kResponsible{"\x06nobody\x07invalid\0", 16};
constexpr std::array<std::uint32_t, 4> kSerialRefreshRetryExpire{1, 3'600, 1'200, 604'800};
constexpr std::size_t kSoaRdataSize = 2 + kResponsible.size() + std::size_t{5} * 4;
static_assert(kSoaSize == kHeadSize + kSoaRdataSize);

void increase(std::span<std::byte> message, std::size_t count_offset) noexcept {
  const std::uint16_t count = dns::read_u16(message, count_offset);
  dns::write_u16(message, count_offset, static_cast<std::uint16_t>(count + 1));
}

}  // namespace

AnswerWriter::AnswerWriter(std::span<std::byte> out, const dns::Question& question) noexcept
    : out_{out}, message_{out, dns::write_empty_response(out, question, dns::Rcode::noerror)} {}

void AnswerWriter::write_record_head(NameOffset owner, dns::Type type, std::uint32_t ttl,
                                     std::size_t rdata_size) noexcept {
  SLUICE_ASSERT(owner <= dns::kMaxPointerTarget && rdata_size <= dns::kMaxMessageSize);
  SLUICE_ASSERT(out_.size() - size() >= kHeadSize + rdata_size);
  message_.u16(dns::pointer_to(owner));
  message_.record(type, dns::Class::in, ttl, rdata_size);
}

void AnswerWriter::count_answer() noexcept { increase(out_, dns::kAnswerCountOffset); }

NameOffset AnswerWriter::add(NameOffset owner, dns::Type type, std::uint32_t ttl,
                             std::span<const std::byte> rdata) noexcept {
  write_record_head(owner, type, ttl, rdata.size());
  const auto begin = static_cast<NameOffset>(size());
  message_.bytes(rdata);
  count_answer();
  return begin;
}

void AnswerWriter::write_soa(NameOffset zone, std::uint32_t ttl) noexcept {
  write_record_head(zone, dns::Type::soa, ttl, kSoaRdataSize);
  message_.u16(dns::pointer_to(zone));
  message_.bytes(std::as_bytes(std::span{kResponsible}));
  for (const std::uint32_t number : kSerialRefreshRetryExpire) message_.u32(number);
  message_.u32(ttl);  // MINIMUM: the negative TTL (RFC 2308 section 4)
}

void AnswerWriter::add_soa(NameOffset zone, std::uint32_t ttl) noexcept {
  write_soa(zone, ttl);
  count_answer();
}

void AnswerWriter::add_ns(NameOffset zone, std::uint32_t ttl) noexcept {
  std::array<std::byte, 2> rdata{};
  dns::write_u16(rdata, 0, dns::pointer_to(zone));
  add(zone, dns::Type::ns, ttl, rdata);
}

void AnswerWriter::end_negative(dns::Rcode rcode, NameOffset zone, std::uint32_t ttl) noexcept {
  const std::uint16_t flags = dns::read_u16(out_, kFlags);
  dns::write_u16(out_, kFlags, flags | static_cast<std::uint16_t>(rcode));
  write_soa(zone, ttl);
  increase(out_, dns::kAuthorityCountOffset);
}

}  // namespace sluice::local
