#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/dns/reply.h"
#include "resolver/local/answer_writer.h"
#include "resolver/local/list_contents.h"

namespace sluice::local {

class Blocklist;

/// What a list says of a name, and by which of its own names.
struct BlockMatch {
  const Blocklist* list = nullptr;
  ListAction action = ListAction::none;
  Suffix suffix;
};

/// A list of names that are blocked, or a response policy zone, under a name that clients are told.
///
/// Immutable; made from the text of a file once and shared by every LocalNames that uses it. Of the
/// text only hashes are kept, and the records of a policy zone. find() and write() never allocate.
class Blocklist {
 public:
  struct Options {
    std::string name;  ///< for the EDE: 'blocked by list "NAME"'
    ListFormat format = ListFormat::plain;
    /// nxdomain, nodata or null_address. A policy zone has its own actions.
    ListAction action = ListAction::nxdomain;
    HashKey key;
  };

  Blocklist(const Options& options, std::string_view text);

  [[nodiscard]] const SkippedLines& skipped() const noexcept { return contents_.skipped; }
  [[nodiscard]] std::size_t name_count() const noexcept { return names_.size(); }
  [[nodiscard]] HashKey key() const noexcept { return contents_.data.hash_function().key; }

  /// What the list says of the name: the longest of its names at or above it decides.
  [[nodiscard]] std::optional<BlockMatch> find(const Suffixes& name) const noexcept;
  /// Answers with what a list's find() found; its action is not passthru. Says by which list.
  [[nodiscard]] static dns::Ede write(const BlockMatch& match, dns::Type type,
                                      AnswerWriter& out) noexcept;

 private:
  /// False if the list has no data of this type for the name.
  [[nodiscard]] bool add_data(const BlockMatch& match, dns::Type type,
                              AnswerWriter& out) const noexcept;

  ListContents contents_;
  BlockedNames names_;
  std::string blocked_text_;
  std::string answered_text_;
};

}  // namespace sluice::local
