#include "resolver/local/private_answers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "resolver/base/assert.h"
#include "resolver/base/prefix.h"
#include "resolver/dns/answer_records.h"
#include "resolver/dns/encode.h"
#include "resolver/dns/record.h"

namespace sluice::local {
namespace {

constexpr Address ipv4(std::uint8_t first, std::uint8_t second = 0) noexcept {
  return {.bytes = {first, second}, .scope = 0, .family = Address::Family::ipv4};
}
constexpr Address ipv6(std::uint8_t first, std::uint8_t second = 0) noexcept {
  return {.bytes = {first, second}, .scope = 0, .family = Address::Family::ipv6};
}

// A mapped address counts as the IPv4 one (Prefix).
constexpr std::array kPrivate{
    Prefix{ipv4(0), 8},          // "this" network, RFC 791
    Prefix{ipv4(10), 8},         // RFC 1918
    Prefix{ipv4(100, 64), 10},   // RFC 6598
    Prefix{ipv4(127), 8},        // loopback
    Prefix{ipv4(169, 254), 16},  // link-local, RFC 3927
    Prefix{ipv4(172, 16), 12},   // RFC 1918
    Prefix{ipv4(192, 168), 16},  // RFC 1918
    Prefix{ipv6(0), 127},        // :: and ::1
    Prefix{ipv6(0xfc), 7},       // ULA, RFC 4193
    Prefix{ipv6(0xfe, 0x80), 10},
};

/// The IPv4 address that one of NAT64's prefix 64:ff9b::/96 stands for (RFC 6052); any other as it
/// is.
Address untranslated(const Address& address) noexcept {
  constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b};
  if (address.family != Address::Family::ipv6 ||
      !std::equal(kNat64.begin(), kNat64.end(), address.bytes.begin()))
    return address;
  Address inside = ipv4(0);
  std::copy(address.bytes.begin() + kNat64.size(), address.bytes.end(), inside.bytes.begin());
  return inside;
}

bool holds_private(std::span<const std::byte> message, const dns::Record& record) noexcept {
  const auto address = dns::address_in(message, record);
  return address && is_private(*address);
}

/// The answer section written anew. Only an owner that is the same as the one before is compressed,
/// which the records of an RRset are, so that what is left does not grow.
class AnswerCopy {
 public:
  AnswerCopy(std::span<const std::byte> message, const dns::Response& response,
             std::span<std::byte> out) noexcept
      : message_{message}, out_{out}, size_{response.question_end} {
    SLUICE_ASSERT(out.size() >= size_);
    std::memcpy(out.data(), message.data(), size_);
    if (response.header.question_count == 1) last_owner_ = response.question.name;
    std::uint16_t flags = response.header.flags & static_cast<std::uint16_t>(~dns::Header::kAd);
    if (response.rcode > dns::Header::kRcodeMask) {  // its upper bits were in the OPT record
      flags &= static_cast<std::uint16_t>(~dns::Header::kRcodeMask);
      flags |= static_cast<std::uint16_t>(dns::Rcode::servfail);
    }
    dns::write_u16(out_, 2, flags);
  }

  void add(const dns::Record& record) noexcept {
    std::size_t offset = record.offset;
    const auto owner = dns::Name::read(message_, offset);
    if (!owner || record.klass != dns::Class::in) return;
    const auto rdata = message_.subspan(record.rdata_offset, record.rdata_size);
    switch (record.type) {
      case dns::Type::a:
      case dns::Type::aaaa:
        if (dns::address_in(message_, record)) write(*owner, record, rdata);
        break;
      case dns::Type::cname:
      case dns::Type::dname:
        if (const auto target = name_in(record)) write(*owner, record, target->wire());
        break;
      default:  // of the types that pass through everywhere else
        break;
    }
  }

  std::size_t finish() noexcept {
    dns::write_u16(out_, dns::kAnswerCountOffset, count_);
    dns::write_u16(out_, dns::kAuthorityCountOffset, 0);
    dns::write_u16(out_, dns::kAdditionalCountOffset, 0);
    return size_;
  }

 private:
  [[nodiscard]] std::optional<dns::Name> name_in(const dns::Record& record) const noexcept {
    const std::size_t end = record.rdata_offset + record.rdata_size;
    std::size_t offset = record.rdata_offset;
    const auto name = dns::Name::read(message_.first(end), offset);
    return offset == end ? name : std::nullopt;
  }

  void write(const dns::Name& owner, const dns::Record& record,
             std::span<const std::byte> rdata) noexcept {
    const bool is_same = last_owner_ == owner && last_owner_offset_ <= dns::kMaxPointerTarget;
    const std::size_t owner_size = is_same ? 2 : owner.size();
    if (out_.size() - size_ < owner_size + dns::kRecordFixedSize + rdata.size()) return;
    dns::Appender copy{out_, size_};
    if (is_same) {
      copy.u16(dns::pointer_to(last_owner_offset_));
    } else {
      copy.bytes(owner.wire());
      last_owner_ = owner;
      last_owner_offset_ = size_;
    }
    copy.record(record.type, record.klass, record.ttl, rdata.size());
    copy.bytes(rdata);
    size_ = copy.size();
    ++count_;
  }

  std::span<const std::byte> message_;
  std::span<std::byte> out_;
  std::size_t size_;
  std::uint16_t count_ = 0;
  std::optional<dns::Name> last_owner_;
  std::size_t last_owner_offset_ = dns::kHeaderSize;
};

}  // namespace

bool is_private(const Address& address) noexcept {
  const Address meant = untranslated(address);
  return std::any_of(kPrivate.begin(), kPrivate.end(),
                     [&](const Prefix& prefix) { return prefix.contains(meant); });
}

std::size_t strip_private_answers(std::span<const std::byte> message, const dns::Response& response,
                                  std::span<std::byte> out) noexcept {
  bool has_private = false;
  dns::for_each_answer(message, response, [&](const dns::Record& record) {
    has_private = has_private || holds_private(message, record);
  });
  if (!has_private) return 0;

  AnswerCopy copy{message, response, out};
  dns::for_each_answer(message, response, [&](const dns::Record& record) {
    if (!holds_private(message, record)) copy.add(record);
  });
  return copy.finish();
}

}  // namespace sluice::local
