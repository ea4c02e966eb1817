#pragma once

#include <cstddef>
#include <vector>

#include "resolver/base/prefix.h"

namespace sluice::policy {

/// The clients that may ask: those in any of a list of networks, and always those on this host.
///
/// Immutable, so that any thread may look. Bound: kMaxPrefixes, which the caller keeps to.
class AccessList {
 public:
  static constexpr std::size_t kMaxPrefixes = 1'024;

  /// `prefixes` in any order; they may overlap.
  explicit AccessList(std::vector<Prefix> prefixes);

  /// In time logarithmic to the list; does not allocate. An address of no family is not allowed.
  [[nodiscard]] bool allows(const Address& client) const noexcept;

 private:
  std::vector<Prefix> prefixes_;  // disjoint, in the order of comes_before()
};

}  // namespace sluice::policy
