#include "resolver/local/policy_zone.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "resolver/base/assert.h"
#include "resolver/dns/presentation.h"

namespace sluice::local {
namespace {

/// `name` without the last labels, which are those of `apex`.
dns::Name relative_to(const dns::Name& name, const dns::Name& apex) noexcept {
  std::array<std::byte, dns::kMaxNameSize> octets{};
  const std::size_t size = name.size() - apex.size();
  std::memcpy(octets.data(), name.wire().data(), size);
  std::size_t offset = 0;
  const auto relative = dns::Name::read(std::span{octets}.first(size + 1), offset);
  SLUICE_ASSERT(relative);
  return *relative;
}

/// Records that sign the zone, or prove what is in it. Nobody asks a policy for them.
bool is_dnssec(dns::Type type) noexcept {
  constexpr std::array<std::uint16_t, 7> kTypes{43, 46, 47, 48, 50, 51, 63};
  return std::find(kTypes.begin(), kTypes.end(), static_cast<std::uint16_t>(type)) != kTypes.end();
}

/// Triggers other than a QNAME are spelled as names below one of these.
std::optional<std::string> unsupported_trigger(const dns::Name& relative) {
  const std::string text = dns::to_string(relative);
  for (const std::string_view trigger :
       {"rpz-ip.", "rpz-client-ip.", "rpz-nsip.", "rpz-nsdname."}) {
    if (text == trigger || text.ends_with("." + std::string{trigger}))
      return "trigger " + std::string{trigger.substr(0, trigger.size() - 1)} + " is not supported";
  }
  return std::nullopt;
}

/// What a CNAME to this target says; nullopt if it is not supported.
std::optional<ListAction> action_of(const dns::Name& target) {
  if (target.is_root()) return ListAction::nxdomain;
  const std::string text = dns::to_string(target);
  if (text == "*.") return ListAction::nodata;
  if (text == "rpz-passthru.") return ListAction::passthru;
  return std::nullopt;
}

/// Reads one zone, record by record.
class PolicyZone {
 public:
  PolicyZone(std::string_view text, HashKey key)
      : reader_{text, kDefaultTtl}, key_{key}, contents_{key} {}

  ListContents read() && {
    while (const auto item = reader_.next()) {
      const auto problem = *item ? take(item->value()) : item->error();
      if (problem) contents_.skipped.add(reader_.line(), *problem);
    }
    return std::move(contents_);
  }

 private:
  static constexpr std::uint32_t kDefaultTtl = 60;  // of a zone without $TTL; the list may change

  /// nullopt, or why the record is skipped.
  std::optional<std::string> take(const dns::ZoneRecord& record) {
    if (record.type == dns::Type::soa && !apex_) apex_ = record.owner;
    const dns::Name apex = apex_.value_or(reader_.origin());
    if (!record.owner.is_at_or_below(apex)) return "not below the zone's apex";
    if (record.owner == apex || is_dnssec(record.type)) return std::nullopt;
    if (record.klass != dns::Class::in) return "not of class IN";
    const dns::Name relative = relative_to(record.owner, apex);
    if (auto problem = unsupported_trigger(relative)) return problem;
    const Owner owner = Owner::of(relative);
    return record.type == dns::Type::cname ? take_action(owner, record) : take_data(owner, record);
  }

  std::optional<std::string> take_action(const Owner& owner, const dns::ZoneRecord& cname) {
    std::size_t offset = 0;
    const auto target = dns::Name::read(cname.rdata, offset);
    SLUICE_ASSERT(target);
    const auto action = action_of(*target);
    if (!action) return "action CNAME " + dns::to_string(*target) + " is not supported";
    return add(owner, *action);
  }

  std::optional<std::string> take_data(const Owner& owner, const dns::ZoneRecord& record) {
    if (auto problem = data_type_problem(record.type)) return problem;
    if (auto problem = add(owner, ListAction::local_data)) return problem;
    RecordNode& node = contents_.data[std::string{as_text(owner.name.wire())}];
    if (add_record(record, owner.is_wildcard ? node.wildcard : node.here) == Added::too_large)
      return "too many records of one name and type";
    return std::nullopt;
  }

  std::optional<std::string> add(const Owner& owner, ListAction action) {
    const NameActions actions =
        owner.is_wildcard ? NameActions{.below = action} : NameActions{.itself = action};
    if (contents_.names.add(hash_of(as_text(owner.name.wire()), key_), actions))
      return std::nullopt;
    return "more names than are kept";
  }

  dns::ZoneReader reader_;
  HashKey key_;
  ListContents contents_;
  std::optional<dns::Name> apex_;
};

}  // namespace

ListContents read_policy_zone(std::string_view text, HashKey key) {
  return PolicyZone{text, key}.read();
}

}  // namespace sluice::local
