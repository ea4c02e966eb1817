#include "resolver/local/address_records.h"

#include <array>
#include <cstring>
#include <string_view>

#include "resolver/base/assert.h"

namespace sluice::local {
namespace {

constexpr std::string_view kInAddrArpa{
    "\x07in-addr\x04"
    "arpa\0",
    14};
constexpr std::string_view kIp6Arpa{
    "\x03ip6\x04"
    "arpa\0",
    10};

dns::Type type_of(const Address& address) noexcept {
  return address.family == Address::Family::ipv4 ? dns::Type::a : dns::Type::aaaa;
}

/// Puts a name together label by label.
class Labels {
 public:
  void add(std::string_view label) noexcept {
    octets_[size_++] = static_cast<std::byte>(label.size());
    append(label);
  }
  void append(std::string_view text) noexcept {
    std::memcpy(octets_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  [[nodiscard]] dns::Name name() const noexcept {
    std::size_t offset = 0;
    const auto name = dns::Name::read(std::span{octets_}.first(size_), offset);
    SLUICE_ASSERT(name);
    return *name;
  }

 private:
  std::array<std::byte, dns::kMaxNameSize> octets_{};
  std::size_t size_ = 0;
};

}  // namespace

std::span<const std::byte> rdata_of(const Address& address) noexcept {
  return std::as_bytes(std::span{address.bytes})
      .first(address.family == Address::Family::ipv4 ? 4 : 16);
}

bool write_addresses(std::span<const Address> addresses, dns::Type type,
                     AnswerWriter& out) noexcept {
  if (type == dns::Type::any && !addresses.empty()) type = type_of(addresses.front());
  const NameOffset qname = AnswerWriter::qname_offset();
  bool has_any = false;
  for (const Address& address : addresses) {
    if (type_of(address) != type) continue;
    out.add(qname, type, kHostTtl, rdata_of(address));
    has_any = true;
  }
  if (!has_any) out.end_negative(dns::Rcode::noerror, qname, kHostTtl);
  return has_any;
}

dns::Name reverse_name(const Address& address) noexcept {
  Labels labels;
  if (address.family == Address::Family::ipv4) {
    for (std::size_t i = 4; i > 0; --i) {
      const unsigned octet = address.bytes[i - 1];
      std::array<char, 3> digits{};
      std::size_t size = 0;
      if (octet >= 100) digits[size++] = static_cast<char>('0' + octet / 100);
      if (octet >= 10) digits[size++] = static_cast<char>('0' + octet / 10 % 10);
      digits[size++] = static_cast<char>('0' + octet % 10);
      labels.add({digits.data(), size});
    }
    labels.append(kInAddrArpa);
  } else {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t i = 16; i > 0; --i) {
      const unsigned octet = address.bytes[i - 1];
      labels.add(kDigits.substr(octet & 0xf, 1));
      labels.add(kDigits.substr(octet >> 4, 1));
    }
    labels.append(kIp6Arpa);
  }
  return labels.name();
}

}  // namespace sluice::local
