#include "resolver/local/list_contents.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "resolver/base/endpoint.h"
#include "resolver/dns/presentation.h"
#include "resolver/local/text_lines.h"

namespace sluice::local {
namespace {

constexpr const char* kFull = "more names than are kept";
constexpr const char* kNoName = "no domain name";

/// Lists hold names of hosts: a stricter reading than that of a DNS name keeps out the rules of
/// other formats ("||ads.example^").
std::optional<dns::Name> parse_host_name(std::string_view word) {
  const bool is_plain = std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  const auto name = is_plain ? dns::parse_name(word) : std::nullopt;
  return name && !name->is_root() ? name : std::nullopt;
}

std::uint64_t hash_of_name(const dns::Name& name, HashKey key) noexcept {
  return hash_of(as_text(name.wire()), key);
}

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
}

/// Null, or why the line is skipped.
const char* read_plain_line(std::string_view line, NameActions actions, HashKey key,
                            BlockedNames::Builder& names) {
  std::string_view word = next_word(line);
  if (word.empty() || word.front() == '!') return nullptr;
  if (!next_word(line).empty()) return "more than a domain name";
  if (word.starts_with("*.")) word.remove_prefix(1);
  if (word.starts_with(".")) word.remove_prefix(1);
  const auto name = parse_host_name(word);
  if (!name) return kNoName;
  return names.add(hash_of_name(*name, key), actions) ? nullptr : kFull;
}

bool is_null_or_loopback(const Address& address) noexcept {
  return address.is_unspecified() || address == Address::parse("127.0.0.1") ||
         address == Address::parse("::1");
}

/// What every hosts file begins with, and no list means.
bool is_of_the_host(std::string_view word) noexcept {
  return word.find('.') == std::string_view::npos || word == "localhost.localdomain" ||
         Address::parse(word).has_value();
}

/// Null, or why the line, or some of its names, are skipped.
const char* read_hosts_line(std::string_view line, NameActions actions, HashKey key,
                            BlockedNames::Builder& names) {
  const std::string_view first = next_word(line);
  if (first.empty()) return nullptr;
  const auto address = Address::parse(first.substr(0, first.find('%')));
  const char* problem = nullptr;
  for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
    if (is_of_the_host(word)) continue;
    const auto name = parse_host_name(word);
    if (!address || !is_null_or_loopback(*address)) {
      problem = "an address that is neither null nor loopback";
    } else if (!name) {
      problem = kNoName;
    } else if (!names.add(hash_of_name(*name, key), actions)) {
      problem = kFull;
    }
  }
  return address ? problem : "does not begin with an address";
}

/// `read_line` puts a line's names into the contents; null, or why it skips the line.
template <typename ReadLine>
ListContents read_lines(std::string_view text, HashKey key, ReadLine&& read_line) {
  ListContents contents{key};
  contents.names.reserve(count_lines(text));
  TextLines lines{text};
  while (const auto line = lines.next())
    if (const char* const problem = read_line(*line, contents.names))
      contents.skipped.add(lines.number(), problem);
  return contents;
}

}  // namespace

ListContents read_plain_list(std::string_view text, ListAction action, HashKey key) {
  return read_lines(text, key, [&](std::string_view line, BlockedNames::Builder& names) {
    return read_plain_line(line, {.itself = action, .below = action}, key, names);
  });
}

ListContents read_hosts_list(std::string_view text, ListAction action, HashKey key) {
  return read_lines(text, key, [&](std::string_view line, BlockedNames::Builder& names) {
    return read_hosts_line(line, {.itself = action}, key, names);
  });
}

}  // namespace sluice::local
