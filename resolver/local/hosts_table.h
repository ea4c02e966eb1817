#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/local/answer_writer.h"
#include "resolver/local/skipped_lines.h"
#include "resolver/local/suffixes.h"

namespace sluice::local {

/// Bounds of a hosts file; what is beyond is skipped and counted.
inline constexpr std::size_t kMaxHostsNames = 500'000;
inline constexpr std::size_t kMaxAddressesOfName = 512;
/// Names in the answer to a PTR question: as many as glibc reads of a line.
inline constexpr std::size_t kMaxPtrNames = 36;

/// The hosts file (hosts(5)): an address and its names in each line.
///
/// Like glibc, takes the addresses of a name from all lines, and the names of an address from its
/// first line, the canonical name in front. A and AAAA of a listed name are answered, NODATA if it
/// has only the other family; other types of it are not ours: the name may be a domain's, with
/// mail. Of the reverse name of a listed address PTR is ours.
///
/// Immutable. find() and write() never allocate.
class HostsTable {
 public:
  /// The names of an address, or the addresses of a name.
  using Names = std::vector<std::string>;  // in wire form
  using Addresses = std::vector<Address>;
  using Found = std::variant<const Names*, const Addresses*>;

  /// Reads the text of the file. An IPv6 address with a scope ("fe80::1%eth0") cannot be told in a
  /// DNS record: its line is skipped.
  HostsTable(std::string_view text, HashKey key);

  [[nodiscard]] const SkippedLines& skipped() const noexcept { return skipped_; }
  [[nodiscard]] std::size_t name_count() const noexcept { return addresses_.size(); }
  [[nodiscard]] HashKey key() const noexcept { return addresses_.hash_function().key; }

  [[nodiscard]] std::optional<Found> find(const Suffixes& name, dns::Type type) const noexcept;
  /// Answers with what find() found for this type. False if the answer is negative.
  static bool write(const Found& found, dns::Type type, AnswerWriter& out) noexcept;

 private:
  void read_line(std::string_view line, std::size_t number);
  [[nodiscard]] const char* add(const Address& address, std::string_view word, Names& of_line);

  NameMap<Addresses> addresses_;
  NameMap<Names> names_;  ///< by reverse name
  SkippedLines skipped_;
};

}  // namespace sluice::local
