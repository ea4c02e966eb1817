#include "resolver/dns/record.h"

#include "resolver/dns/message.h"
#include "resolver/dns/name.h"

namespace sluice::dns {

std::optional<Record> read_record(std::span<const std::byte> message,
                                  std::size_t& offset) noexcept {
  Record record{.offset = offset};
  std::size_t at = offset;
  if (!skip_name(message, at) || message.size() - at < kRecordFixedSize) return std::nullopt;
  record.type = Type{read_u16(message, at)};
  record.klass = Class{read_u16(message, at + 2)};
  record.ttl_offset = at + 4;
  record.ttl = read_u32(message, record.ttl_offset);
  record.rdata_size = read_u16(message, at + 8);
  record.rdata_offset = at + kRecordFixedSize;
  if (record.rdata_size > message.size() - record.rdata_offset) return std::nullopt;
  offset = record.rdata_offset + record.rdata_size;
  return record;
}

}  // namespace sluice::dns
