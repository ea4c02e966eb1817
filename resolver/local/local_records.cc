#include "resolver/local/local_records.h"

#include <algorithm>
#include <utility>

#include "resolver/base/assert.h"

namespace sluice::local {
namespace {

dns::Name target_of(std::span<const std::byte> cname_rdata) noexcept {
  std::size_t offset = 0;
  const auto name = dns::Name::read(cname_rdata, offset);
  SLUICE_ASSERT(name);  // as the parser of presentation format wrote it
  return *name;
}

}  // namespace

LocalRecords::LocalRecords(const std::vector<dns::ZoneRecord>& records, HashKey key)
    : nodes_{0, SuffixHash{key}} {
  const auto refuse = [this](std::size_t index, std::optional<std::string> problem) {
    if (!problem) return false;
    problems_.push_back({.index = index, .text = *std::move(problem)});
    return true;
  };
  // CNAMEs come last, since they must be alone at their name and lead to what is there.
  std::vector<std::size_t> cnames;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i >= kMaxRecords) {
      refuse(i, "more than " + std::to_string(kMaxRecords) + " records");
    } else if (records[i].type == dns::Type::cname) {
      cnames.push_back(i);
    } else {
      refuse(i, add(records[i]));
    }
  }
  std::erase_if(cnames, [&](std::size_t i) { return refuse(i, add(records[i])); });
  std::erase_if(cnames, [&](std::size_t i) { return !refuse(i, cname_problem(records[i])); });
  for (const std::size_t i : cnames) remove_cname(records[i]);
  std::sort(problems_.begin(), problems_.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
}

std::optional<std::string> LocalRecords::add(const dns::ZoneRecord& record) {
  if (record.klass != dns::Class::in) return "only class IN is answered from local records";
  if (auto problem = data_type_problem(record.type)) return problem;
  const Owner owner = Owner::of(record.owner);
  for (dns::Name above = owner.name; !above.is_root();) node(above = above.parent());
  RecordNode& at = node(owner.name);
  Rrsets& sets = owner.is_wildcard ? at.wildcard : at.here;
  if (record.type == dns::Type::cname && !sets.empty()) {
    return find_type(sets, dns::Type::cname) != nullptr
               ? "a name has one CNAME at most (RFC 2181 section 10.1)"
               : "a CNAME stands alone: its name has other records, too (RFC 1034 section 3.6.2)";
  }
  if (add_record(record, sets) == Added::too_large)
    return "too many records of one name and type to fit a message";
  return std::nullopt;
}

std::optional<std::string> LocalRecords::cname_problem(const dns::ZoneRecord& cname) const {
  dns::Name target = target_of(cname.rdata);
  for (std::size_t links = 1; links <= kMaxCnameLinks; ++links) {
    const Rrsets* const found = find(Suffixes{target, key()});
    if (found == nullptr) {
      return "the CNAME leads to " + dns::to_string(target) +
             ", which has no local record: clients would not follow it";
    }
    const Rrset* const next = find_type(*found, dns::Type::cname);
    if (next == nullptr) return std::nullopt;
    target = target_of(next->rdatas.front());
  }
  return "the CNAME leads in a circle, or over more than " + std::to_string(kMaxCnameLinks) +
         " links";
}

void LocalRecords::remove_cname(const dns::ZoneRecord& cname) {
  const Owner owner = Owner::of(cname.owner);
  RecordNode& at = node(owner.name);
  (owner.is_wildcard ? at.wildcard : at.here).clear();
}

RecordNode& LocalRecords::node(const dns::Name& name) {
  return nodes_[std::string{as_text(name.wire())}];
}

const Rrsets* LocalRecords::find(const Suffixes& name) const noexcept {
  if (nodes_.empty()) return nullptr;
  // The first name that is there is the closest encloser (RFC 4592 section 3.3.1); the root is
  // there. Names without records that only lead to others stop a wildcard above them (2.2.2).
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto found = nodes_.find(name[i]);
    if (found == nodes_.end()) continue;
    const Rrsets& sets = found->second.sets(i == 0);
    return sets.empty() ? nullptr : &sets;
  }
  return nullptr;
}

bool LocalRecords::write(const Rrsets& found, dns::Type type, AnswerWriter& out) const noexcept {
  const Rrsets* sets = &found;
  NameOffset owner = AnswerWriter::qname_offset();
  for (std::size_t links = 0; links <= kMaxCnameLinks && sets != nullptr; ++links) {
    if (const Rrset* const set = find_type(*sets, type)) {
      write_rrset(*set, owner, out);
      return true;
    }
    const Rrset* const cname = find_type(*sets, dns::Type::cname);
    if (cname == nullptr) break;
    owner = write_rrset(*cname, owner, out);
    sets = find(Suffixes{target_of(cname->rdatas.front()), key()});
  }
  out.end_negative(dns::Rcode::noerror, owner, kLocalNegativeTtl);
  return false;
}

}  // namespace sluice::local
