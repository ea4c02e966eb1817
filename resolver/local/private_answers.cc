#include "resolver/local/private_answers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "resolver/base/assert.h"
#include "resolver/dns/message.h"
#include "resolver/dns/record.h"

namespace sluice::local {
namespace {

struct Prefix4 {
  std::uint32_t network;
  int bits;
};
constexpr std::array kPrivate4{
    Prefix4{0x00'00'00'00, 8},   // "this" network, RFC 791
    Prefix4{0x0a'00'00'00, 8},   // RFC 1918
    Prefix4{0x64'40'00'00, 10},  // RFC 6598
    Prefix4{0x7f'00'00'00, 8},   // loopback
    Prefix4{0xa9'fe'00'00, 16},  // link-local, RFC 3927
    Prefix4{0xac'10'00'00, 12},  // RFC 1918
    Prefix4{0xc0'a8'00'00, 16},  // RFC 1918
};

// IPv6 prefixes of 96 bits that are followed by an IPv4 address.
using Prefix96 = std::array<std::uint8_t, 12>;
constexpr Prefix96 kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Prefix96 kNat64{0, 0x64, 0xff, 0x9b};
constexpr Prefix96 kZero{};

bool is_private4(std::span<const std::byte, 4> octets) noexcept {
  const std::uint32_t address = dns::read_u32(octets, 0);
  return std::any_of(kPrivate4.begin(), kPrivate4.end(), [address](const Prefix4& prefix) {
    return (address ^ prefix.network) >> (32 - prefix.bits) == 0;
  });
}

bool is_private6(std::span<const std::byte, 16> octets) noexcept {
  const auto begins_with = [&](const Prefix96& prefix) {
    return std::memcmp(octets.data(), prefix.data(), prefix.size()) == 0;
  };
  const auto first = dns::read_u16(octets, 0);
  if ((first & 0xfe00) == 0xfc00 || (first & 0xffc0) == 0xfe80) return true;
  if (begins_with(kMapped) || begins_with(kNat64)) return is_private4(octets.last<4>());
  return begins_with(kZero) && dns::read_u32(octets, 12) <= 1;  // :: and ::1
}

bool is_address(const dns::Record& record) noexcept {
  return record.klass == dns::Class::in &&
         ((record.type == dns::Type::a && record.rdata_size == 4) ||
          (record.type == dns::Type::aaaa && record.rdata_size == 16));
}

bool is_private(std::span<const std::byte> message, const dns::Record& record) noexcept {
  if (!is_address(record)) return false;
  const auto rdata = message.subspan(record.rdata_offset, record.rdata_size);
  return rdata.size() == 4 ? is_private4(rdata.first<4>()) : is_private6(rdata.first<16>());
}

/// Calls `visit` with each record of the answer section; of a message cut off (TC) with those that
/// are whole.
template <typename Visit>
void for_each_answer(std::span<const std::byte> message, const dns::Response& response,
                     Visit&& visit) noexcept {
  std::size_t offset = response.question_end;
  for (int left = response.header.answer_count; left > 0; --left) {
    const auto record = dns::read_record(message, offset);
    if (!record) return;
    visit(*record);
  }
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
        if (is_address(record)) write(*owner, record, rdata);
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
    dns::write_u16(out_, 6, count_);
    dns::write_u32(out_, 8, 0);  // no authority, no additional section
    return size_;
  }

 private:
  static constexpr std::uint16_t kPointer = 0xc000;  // RFC 1035 section 4.1.4
  static constexpr std::size_t kMaxPointerTarget = 0x3fff;
  static constexpr std::size_t kFixedSize = 2 + 2 + 4 + 2;  // TYPE, CLASS, TTL, RDLENGTH

  [[nodiscard]] std::optional<dns::Name> name_in(const dns::Record& record) const noexcept {
    const std::size_t end = record.rdata_offset + record.rdata_size;
    std::size_t offset = record.rdata_offset;
    const auto name = dns::Name::read(message_.first(end), offset);
    return offset == end ? name : std::nullopt;
  }

  void write(const dns::Name& owner, const dns::Record& record,
             std::span<const std::byte> rdata) noexcept {
    const bool is_same = last_owner_ == owner && last_owner_offset_ <= kMaxPointerTarget;
    const std::size_t owner_size = is_same ? 2 : owner.size();
    if (out_.size() - size_ < owner_size + kFixedSize + rdata.size()) return;
    if (is_same) {
      dns::write_u16(out_, size_, static_cast<std::uint16_t>(kPointer | last_owner_offset_));
    } else {
      std::memcpy(out_.data() + size_, owner.wire().data(), owner_size);
      last_owner_ = owner;
      last_owner_offset_ = size_;
    }
    size_ += owner_size;
    dns::write_u16(out_, size_, static_cast<std::uint16_t>(record.type));
    dns::write_u16(out_, size_ + 2, static_cast<std::uint16_t>(record.klass));
    dns::write_u32(out_, size_ + 4, record.ttl);
    dns::write_u16(out_, size_ + 8, static_cast<std::uint16_t>(rdata.size()));
    std::memcpy(out_.data() + size_ + kFixedSize, rdata.data(), rdata.size());
    size_ += kFixedSize + rdata.size();
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
  const auto octets = std::as_bytes(std::span{address.bytes});
  switch (address.family) {
    case Address::Family::none:
      return false;
    case Address::Family::ipv4:
      return is_private4(octets.first<4>());
    case Address::Family::ipv6:
      return is_private6(octets);
  }
  return false;
}

std::size_t strip_private_answers(std::span<const std::byte> message, const dns::Response& response,
                                  std::span<std::byte> out) noexcept {
  bool has_private = false;
  for_each_answer(message, response, [&](const dns::Record& record) {
    has_private = has_private || is_private(message, record);
  });
  if (!has_private) return 0;

  AnswerCopy copy{message, response, out};
  for_each_answer(message, response, [&](const dns::Record& record) {
    if (!is_private(message, record)) copy.add(record);
  });
  return copy.finish();
}

}  // namespace sluice::local
