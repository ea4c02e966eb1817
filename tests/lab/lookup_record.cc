#include "tests/lab/lookup_record.h"

#include <ostream>
#include <string_view>

#include "resolver/dns/record.h"
#include "resolver/dns/response.h"

namespace sluice::lab {

namespace {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::answered:
      return "answered";
    case Outcome::failed:
      return "failed";
    case Outcome::silent:
      return "silent";
    case Outcome::late:
      return "late";
    case Outcome::unfinished:
      return "unfinished";
  }
  return "unknown";
}

/// The INFO-CODE of the first EDE option among `options` (RFC 8914 section 2).
std::optional<std::uint16_t> find_ede(std::span<const std::byte> options) noexcept {
  constexpr std::size_t kOptionHeaderSize = 4;
  while (options.size() >= kOptionHeaderSize) {
    const std::uint16_t code = dns::read_u16(options, 0);
    const std::size_t size = dns::read_u16(options, 2);
    options = options.subspan(kOptionHeaderSize);
    if (size > options.size()) return std::nullopt;
    if (code == static_cast<std::uint16_t>(dns::OptionCode::ede) && size >= 2)
      return dns::read_u16(options, 0);
    options = options.subspan(size);
  }
  return std::nullopt;
}

}  // namespace

ReplyCodes reply_codes(std::span<const std::byte> reply) noexcept {
  ReplyCodes codes;
  if (const auto header = dns::Header::read(reply)) codes.rcode = header->rcode();
  dns::Response response;
  if (dns::parse_response(reply, response)) return codes;
  codes.rcode = response.rcode;
  if (response.opt_offset == 0) return codes;
  std::size_t offset = response.opt_offset;
  if (const auto opt = dns::read_record(reply, offset))
    codes.ede = find_ede(reply.subspan(opt->rdata_offset, opt->rdata_size));
  return codes;
}

void LookupRecord::add(const EndedLookup& lookup) {
  if (lookups_.size() == capacity_)
    ++unrecorded_;
  else
    lookups_.push_back(lookup);
}

void LookupRecord::write_csv(std::ostream& out) const {
  out << "asked_ns,took_us,kind,number,outcome,rcode,ede\n";
  for (const EndedLookup& lookup : lookups_) {
    out << lookup.asked_ns << ',' << lookup.took / 1us << ','
        << (lookup.kind == LookupKind::ordinary ? "ordinary" : "storm") << ',' << lookup.number
        << ',' << to_string(lookup.outcome) << ',';
    if (lookup.last_reply) out << lookup.last_reply->rcode;
    out << ',';
    if (lookup.last_reply && lookup.last_reply->ede) out << *lookup.last_reply->ede;
    out << '\n';
  }
}

}  // namespace sluice::lab
