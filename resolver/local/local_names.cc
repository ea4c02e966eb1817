#include "resolver/local/local_names.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "resolver/base/assert.h"
#include "resolver/local/address_records.h"
#include "resolver/local/blocklist.h"
#include "resolver/local/hosts_table.h"
#include "resolver/local/local_records.h"
#include "resolver/local/special_zones.h"

namespace sluice::local {
namespace {

// Why a name that we have is answered with nothing, for whoever asks with dig.
constexpr std::string_view kNoSuchRecord = "local records have this name, but not this type";
constexpr std::string_view kNoSuchHost = "the hosts file has no such address of this name";
constexpr std::string_view kNoSuchOwn = "the host has no such address";

std::optional<dns::Ede> explain(bool is_positive, std::string_view why) noexcept {
  if (is_positive) return std::nullopt;
  return dns::Ede{.code = dns::EdeCode::other, .text = why};
}

bool is_same(HashKey a, HashKey b) noexcept { return a.k0 == b.k0 && a.k1 == b.k1; }

bool is_our_class(dns::Class klass) noexcept {
  return klass == dns::Class::in || klass == dns::Class::any;
}

}  // namespace

struct LocalNames::Tables {
  // Whose word it is, with what was found there.
  using Own = const std::vector<Address>*;
  using Found = std::variant<const Rrsets*, HostsTable::Found, Own, BlockMatch, SpecialMatch>;

  explicit Tables(Parts given);

  [[nodiscard]] std::optional<Found> find(const dns::Question& question,
                                          const Covering& covering) const noexcept;
  [[nodiscard]] Own find_own(const Suffixes& name, dns::Type type,
                             const Covering& covering) const noexcept;
  [[nodiscard]] std::optional<BlockMatch> find_listed(const Suffixes& name) const noexcept;

  Parts parts;
  NameMap<std::vector<Address>> own_names;
  SpecialZones special_zones;
};

LocalNames::Tables::Tables(Parts given)
    : parts{std::move(given)},
      own_names{0, SuffixHash{parts.hash_key}},
      special_zones{parts.special_use, parts.hash_key} {
  SLUICE_ASSERT(!parts.records || is_same(parts.records->key(), parts.hash_key));
  SLUICE_ASSERT(!parts.hosts || is_same(parts.hosts->key(), parts.hash_key));
  for (const auto& list : parts.blocklists) SLUICE_ASSERT(is_same(list->key(), parts.hash_key));
  for (OwnName& own : parts.own_names) {
    own.addresses.resize(std::min(own.addresses.size(), kMaxAddressesOfName));
    own_names.insert_or_assign(std::string{as_text(own.name.wire())}, std::move(own.addresses));
  }
}

LocalNames::Tables::Own LocalNames::Tables::find_own(const Suffixes& name, dns::Type type,
                                                     const Covering& covering) const noexcept {
  if (covering.rule_labels > 0) return nullptr;
  const auto found = own_names.find(name[0]);
  if (found == own_names.end()) return nullptr;
  // "myhost" is nobody else's; "myhost.example" may have other records in the DNS.
  return is_address_type(type) || name.label_count() == 1 ? &found->second : nullptr;
}

/// The first list with an exception or with data of its own speaks for all; else the first that
/// blocks the name.
std::optional<BlockMatch> LocalNames::Tables::find_listed(const Suffixes& name) const noexcept {
  std::optional<BlockMatch> blocked;
  for (const auto& list : parts.blocklists) {
    const auto match = list->find(name);
    if (!match) continue;
    if (match->action == ListAction::passthru) return std::nullopt;
    if (match->action == ListAction::local_data) return match;
    if (!blocked) blocked = match;
  }
  return blocked;
}

/// The order of the sources is decided here and nowhere else.
std::optional<LocalNames::Tables::Found> LocalNames::Tables::find(
    const dns::Question& question, const Covering& covering) const noexcept {
  if (!is_our_class(question.klass)) return std::nullopt;
  const Suffixes name{question.name, parts.hash_key};
  if (parts.records)
    if (const Rrsets* const records = parts.records->find(name)) return records;
  const auto listed = find_listed(name);
  if (listed && listed->action == ListAction::local_data) return *listed;
  if (parts.hosts)
    if (const auto hosts = parts.hosts->find(name, question.type)) return *hosts;
  if (const Own own = find_own(name, question.type, covering)) return own;
  if (listed) return *listed;
  if (const auto special = special_zones.find(name, question.type, covering)) return *special;
  return std::nullopt;
}

/// Writes what was found, and says whose word it is.
struct LocalNames::Write {
  const Tables& tables;
  dns::Type type;
  AnswerWriter& out;

  LocalAnswer operator()(const Rrsets* found) const noexcept {
    const bool is_positive = tables.parts.records->write(*found, type, out);
    return {.source = Source::record, .ede = explain(is_positive, kNoSuchRecord)};
  }
  LocalAnswer operator()(const HostsTable::Found& found) const noexcept {
    const bool is_positive = HostsTable::write(found, type, out);
    return {.source = Source::hosts, .ede = explain(is_positive, kNoSuchHost)};
  }
  LocalAnswer operator()(Tables::Own found) const noexcept {
    const bool is_positive = write_addresses(*found, type, out);
    return {.source = Source::own_name, .ede = explain(is_positive, kNoSuchOwn)};
  }
  LocalAnswer operator()(const BlockMatch& found) const noexcept {
    return {.source = Source::blocklist, .ede = Blocklist::write(found, type, out)};
  }
  LocalAnswer operator()(const SpecialMatch& found) const noexcept {
    return {.source = Source::special_use, .ede = SpecialZones::write(found, type, out)};
  }
};

LocalNames::LocalNames(Parts parts) : tables_{std::make_unique<const Tables>(std::move(parts))} {}

LocalNames::~LocalNames() = default;

std::optional<LocalAnswer> LocalNames::answer(const dns::Question& question,
                                              const Covering& covering,
                                              std::span<std::byte> out) const noexcept {
  SLUICE_ASSERT(out.size() >= kMaxLocalAnswer);
  const auto found = tables_->find(question, covering);
  if (!found) return std::nullopt;
  AnswerWriter writer{out, question};
  LocalAnswer answer = std::visit(Write{*tables_, question.type, writer}, *found);
  answer.size = writer.size();
  return answer;
}

bool LocalNames::covers(const dns::Question& question, const Covering& covering) const noexcept {
  return tables_->find(question, covering).has_value();
}

}  // namespace sluice::local
