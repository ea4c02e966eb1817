#include "resolver/local/rrset.h"

#include <algorithm>
#include <cstring>

namespace sluice::local {

std::optional<std::string> data_type_problem(dns::Type type) {
  const auto number = static_cast<std::uint16_t>(type);
  // RFC 6895 section 3.1: 128 to 255 are for questions and for single messages.
  if (type == dns::Type::opt || number == 0 || (number >= 128 && number <= 255))
    return dns::to_string(type) + " is no type of data";
  if (type == dns::Type::dname) return "DNAME is not supported: no CNAMEs are made from it";
  return std::nullopt;
}

Added add_record(const dns::ZoneRecord& record, Rrsets& sets) {
  const std::size_t size = kRecordHeadSize + record.rdata.size();
  auto set = std::find_if(sets.begin(), sets.end(),
                          [&](const Rrset& other) { return other.type == record.type; });
  if (size + (set == sets.end() ? 0 : set->size) > kMaxRrsetSize) return Added::too_large;
  if (set == sets.end()) {
    sets.push_back({.type = record.type, .ttl = record.ttl});
    set = sets.end() - 1;
  }
  set->ttl = std::min(set->ttl, record.ttl);
  if (std::find(set->rdatas.begin(), set->rdatas.end(), record.rdata) != set->rdatas.end())
    return Added::twice;
  set->size += size;
  set->rdatas.push_back(record.rdata);
  return Added::yes;
}

const Rrset* find_type(const Rrsets& sets, dns::Type type) noexcept {
  const auto found = std::find_if(sets.begin(), sets.end(), [&](const Rrset& set) {
    return set.type == type || type == dns::Type::any;
  });
  return found == sets.end() ? nullptr : &*found;
}

NameOffset write_rrset(const Rrset& set, NameOffset owner, AnswerWriter& out) noexcept {
  NameOffset last = 0;
  for (const auto& rdata : set.rdatas) last = out.add(owner, set.type, set.ttl, rdata);
  return last;
}

Owner Owner::of(const dns::Name& name) noexcept {
  const auto wire = name.wire();
  const bool is_wildcard = wire.size() > 2 && wire[0] == std::byte{1} && wire[1] == std::byte{'*'};
  return {.name = is_wildcard ? name.parent() : name, .is_wildcard = is_wildcard};
}

}  // namespace sluice::local
