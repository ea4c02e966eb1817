#pragma once

#include <cstdint>
#include <string_view>

#include "resolver/local/blocked_names.h"
#include "resolver/local/rrset.h"
#include "resolver/local/skipped_lines.h"
#include "resolver/local/suffixes.h"

namespace sluice::local {

/// How the text of a list is to be read.
enum class ListFormat : std::uint8_t {
  plain,  ///< a domain in each line; it and all names below it
  hosts,  ///< hosts(5) with null or loopback addresses; the names themselves
  rpz,    ///< a response policy zone, as far as its triggers are names
};

/// What a list's text says.
struct ListContents {
  explicit ListContents(HashKey key) : data{0, SuffixHash{key}} {}

  BlockedNames::Builder names;
  NameMap<RecordNode> data;  ///< of the names with ListAction::local_data
  SkippedLines skipped;
};

/// A domain in each line, "*." or "." in front of it or not; '#' and '!' begin comments.
[[nodiscard]] ListContents read_plain_list(std::string_view text, ListAction action, HashKey key);

/// hosts(5) of the addresses 0.0.0.0, 127.0.0.1, :: and ::1. What such files have for the host's
/// own use (single labels, localhost.localdomain) is no part of the list.
[[nodiscard]] ListContents read_hosts_list(std::string_view text, ListAction action, HashKey key);

}  // namespace sluice::local
