#include "resolver/local/blocklist.h"

#include <array>

#include "resolver/base/assert.h"
#include "resolver/local/policy_zone.h"

namespace sluice::local {
namespace {

constexpr std::array<std::byte, 16> kNullAddress{};

ListContents read(const Blocklist::Options& options, std::string_view text) {
  switch (options.format) {
    case ListFormat::plain:
      return read_plain_list(text, options.action, options.key);
    case ListFormat::hosts:
      return read_hosts_list(text, options.action, options.key);
    case ListFormat::rpz:
      break;
  }
  return read_policy_zone(text, options.key);
}

/// False if the name has no address of this type. ANY gets one RRset (RFC 8482 section 4.1).
bool add_null_address(dns::Type type, AnswerWriter& out) noexcept {
  const std::span<const std::byte> octets{kNullAddress};
  const NameOffset qname = AnswerWriter::qname_offset();
  if (type == dns::Type::a || type == dns::Type::any) {
    out.add(qname, dns::Type::a, kLocalNegativeTtl, octets.first(4));
  } else if (type == dns::Type::aaaa) {
    out.add(qname, dns::Type::aaaa, kLocalNegativeTtl, octets);
  } else {
    return false;
  }
  return true;
}

}  // namespace

Blocklist::Blocklist(const Options& options, std::string_view text)
    : contents_{read(options, text)},
      names_{contents_.names},
      blocked_text_{"blocked by list \"" + options.name + '"'},
      answered_text_{"answered by list \"" + options.name + '"'} {
  contents_.names = {};  // all of it is in the table now
}

std::optional<BlockMatch> Blocklist::find(const Suffixes& name) const noexcept {
  if (names_.size() == 0) return std::nullopt;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const Suffix suffix = name[i];
    const NameActions actions = names_.find(suffix.hash);
    const ListAction action = i == 0 ? actions.itself : actions.below;
    if (action != ListAction::none)
      return BlockMatch{.list = this, .action = action, .suffix = suffix};
  }
  return std::nullopt;
}

dns::Ede Blocklist::write(const BlockMatch& match, dns::Type type, AnswerWriter& out) noexcept {
  SLUICE_ASSERT(match.action != ListAction::none && match.action != ListAction::passthru);
  const Blocklist& list = *match.list;
  const auto deny = [&](dns::Rcode rcode) {
    out.end_negative(rcode, AnswerWriter::qname_offset(match.suffix.offset), kLocalNegativeTtl);
  };
  switch (match.action) {
    case ListAction::nxdomain:
      deny(dns::Rcode::nxdomain);
      break;
    case ListAction::nodata:
      deny(dns::Rcode::noerror);
      break;
    case ListAction::null_address:
      if (!add_null_address(type, out)) deny(dns::Rcode::noerror);
      break;
    case ListAction::local_data:
      if (!list.add_data(match, type, out)) deny(dns::Rcode::noerror);
      return {.code = dns::EdeCode::forged_answer, .text = list.answered_text_};
    case ListAction::none:
    case ListAction::passthru:
      break;
  }
  return {.code = dns::EdeCode::blocked, .text = list.blocked_text_};
}

bool Blocklist::add_data(const BlockMatch& match, dns::Type type,
                         AnswerWriter& out) const noexcept {
  const auto node = contents_.data.find(match.suffix);
  if (node == contents_.data.end()) return false;
  const Rrset* const set = find_type(node->second.sets(match.suffix.offset == 0), type);
  if (set == nullptr) return false;
  write_rrset(*set, AnswerWriter::qname_offset(), out);
  return true;
}

}  // namespace sluice::local
