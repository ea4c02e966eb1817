#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/dns/name.h"

namespace sluice::policy {

/// Which rule a name falls under: the longest suffix wins, whole labels only.
///
/// Immutable after construction. find() does not allocate; it hashes the name once and takes at
/// most one probe for each of its labels and the root, and none for labels beyond the deepest
/// suffix.
class ZoneTable {
 public:
  using RuleIndex = std::uint16_t;
  struct Entry {
    dns::Name suffix;
    RuleIndex rule = 0;
  };

  ZoneTable() = default;
  /// Of entries with the same suffix, the first counts.
  explicit ZoneTable(std::vector<Entry> entries);

  /// The rule for `name`, or nullopt if no suffix (not even the root) is listed.
  [[nodiscard]] std::optional<RuleIndex> find(const dns::Name& name) const noexcept;

 private:
  std::vector<std::uint32_t> buckets_;  // power of two; index + 1 into entries_, 0 is empty
  std::vector<Entry> entries_;
  std::size_t max_labels_ = 0;  // of any suffix
};

}  // namespace sluice::policy
