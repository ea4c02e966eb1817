#include "resolver/local/hosts_table.h"

#include <algorithm>
#include <utility>

#include "resolver/dns/presentation.h"
#include "resolver/local/address_records.h"
#include "resolver/local/text_lines.h"

namespace sluice::local {

HostsTable::HostsTable(std::string_view text, HashKey key)
    : addresses_{0, SuffixHash{key}}, names_{0, SuffixHash{key}} {
  TextLines lines{text};
  while (const auto line = lines.next()) read_line(*line, lines.number());
}

void HostsTable::read_line(std::string_view line, std::size_t number) {
  const std::string_view first = next_word(line);
  if (first.empty()) return;
  if (first.find('%') != std::string_view::npos)
    return skipped_.add(number, "an address with a scope");
  const auto address = Address::parse(first);
  if (!address) return skipped_.add(number, "does not begin with an address");

  Names of_line;
  const char* problem = nullptr;
  bool has_name = false;
  for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
    has_name = true;
    if (const char* const found = add(*address, word, of_line)) problem = found;
  }
  if (!has_name) problem = "an address without names";
  if (problem != nullptr) skipped_.add(number, problem);
  if (!of_line.empty())
    names_.try_emplace(std::string{as_text(reverse_name(*address).wire())}, std::move(of_line));
}

/// Null, or why the word was left out.
const char* HostsTable::add(const Address& address, std::string_view word, Names& of_line) {
  const auto name = dns::parse_name(word);
  if (!name || name->is_root()) return "a word that is no name";
  std::string wire{as_text(name->wire())};
  if (addresses_.size() == kMaxHostsNames && !addresses_.contains(std::string_view{wire}))
    return "more names than are kept";
  Addresses& addresses = addresses_[wire];
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    if (addresses.size() == kMaxAddressesOfName) return "more addresses of a name than are kept";
    addresses.push_back(address);
  }
  if (of_line.size() < kMaxPtrNames) of_line.push_back(std::move(wire));
  return nullptr;
}

std::optional<HostsTable::Found> HostsTable::find(const Suffixes& name,
                                                  dns::Type type) const noexcept {
  if (is_address_type(type)) {
    const auto found = addresses_.find(name[0]);
    if (found != addresses_.end()) return &found->second;
  }
  if (type == dns::Type::ptr || type == dns::Type::any) {
    const auto found = names_.find(name[0]);
    if (found != names_.end()) return &found->second;
  }
  return std::nullopt;
}

bool HostsTable::write(const Found& found, dns::Type type, AnswerWriter& out) noexcept {
  if (const auto* const addresses = std::get_if<const Addresses*>(&found))
    return write_addresses(**addresses, type, out);
  for (const std::string& name : **std::get_if<const Names*>(&found)) {
    out.add(AnswerWriter::qname_offset(), dns::Type::ptr, kHostTtl, std::as_bytes(std::span{name}));
  }
  return true;
}

}  // namespace sluice::local
