#include "resolver/dns/answer_records.h"

#include <cstring>

namespace sluice::dns {

std::optional<Address> address_in(std::span<const std::byte> message,
                                  const Record& record) noexcept {
  const bool is_ipv4 = record.type == Type::a && record.rdata_size == 4;
  const bool is_ipv6 = record.type == Type::aaaa && record.rdata_size == 16;
  if (record.klass != Class::in || !(is_ipv4 || is_ipv6)) return std::nullopt;
  Address address;
  address.family = is_ipv4 ? Address::Family::ipv4 : Address::Family::ipv6;
  std::memcpy(address.bytes.data(), message.data() + record.rdata_offset, record.rdata_size);
  return address;
}

}  // namespace sluice::dns
