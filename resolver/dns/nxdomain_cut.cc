#include "resolver/dns/nxdomain_cut.h"

#include <algorithm>
#include <optional>

#include "resolver/dns/encode.h"
#include "resolver/dns/record.h"

namespace sluice::dns {

namespace {

constexpr std::size_t kSoaNumbers = 20;  // SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM

std::optional<Record> find_soa(std::span<const std::byte> stored,
                               const Response& response) noexcept {
  std::size_t offset = response.question_end;
  for (int i = 0; i < response.header.authority_count; ++i) {
    const auto record = read_record(stored, offset);
    if (!record || record->type == Type::soa) return record;
  }
  return std::nullopt;
}

}  // namespace

bool denies_own_name(const Response& response) noexcept {
  return response.rcode == static_cast<std::uint16_t>(Rcode::nxdomain) &&
         response.header.answer_count == 0 && response.negative_ttl.has_value();
}

std::size_t write_nxdomain_below(std::span<std::byte> out, const Question& question,
                                 std::span<const std::byte> stored,
                                 const Response& response) noexcept {
  const auto soa = find_soa(stored, response);
  if (!soa) return 0;
  std::size_t owner_at = soa->offset;
  std::size_t rdata_at = soa->rdata_offset;
  const auto owner = Name::read(stored, owner_at);
  const auto mname = Name::read(stored, rdata_at);
  const auto rname = Name::read(stored, rdata_at);
  if (!owner || !mname || !rname || stored.size() - rdata_at < kSoaNumbers) return 0;

  Appender reply{out, write_empty_response(out, question, Rcode::nxdomain)};
  reply.bytes(owner->wire());
  reply.record(Type::soa, soa->klass, soa->ttl, mname->size() + rname->size() + kSoaNumbers);
  reply.bytes(mname->wire());
  reply.bytes(rname->wire());
  reply.bytes(stored.subspan(rdata_at, kSoaNumbers));
  write_u16(out, kAuthorityCountOffset, 1);
  return reply.size();
}

}  // namespace sluice::dns
