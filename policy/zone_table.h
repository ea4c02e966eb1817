#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/dns/name.h"

namespace sluice::policy {

/// Which rule a name falls under: the longest suffix wins, whole labels only.
///
/// Immutable after construction. find() does not allocate and takes one probe per label.
class ZoneTable {
 public:
  using RuleIndex = std::uint16_t;
  struct Entry {
    dns::Name suffix;
    RuleIndex rule = 0;
  };

  ZoneTable() = default;
  explicit ZoneTable(std::vector<Entry> entries);

  /// The rule for `name`, or nullopt if no suffix (not even the root) is listed.
  [[nodiscard]] std::optional<RuleIndex> find(const dns::Name& name) const noexcept;

 private:
  std::vector<std::uint32_t> buckets_;  // power of two; index + 1 into entries_, 0 is empty
  std::vector<Entry> entries_;
};

}  // namespace sluice::policy
