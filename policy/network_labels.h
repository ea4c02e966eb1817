#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "resolver/base/prefix.h"

namespace sluice::policy {

/// Which label an address has by the networks that it is in: the longest prefix wins.
///
/// Immutable, so that any thread may look. Bound: kMaxPrefixes, which the caller keeps to.
class NetworkLabels {
 public:
  static constexpr std::size_t kMaxPrefixes = 16'384;

  /// What the caller makes of it is its own affair.
  using Label = std::uint16_t;
  struct Entry {
    Prefix prefix;
    Label label = 0;
  };

  explicit NetworkLabels(Label other) noexcept : other_{other} {}
  /// `other`: the label of an address in none of the networks. Of entries with the same prefix any
  /// may count.
  NetworkLabels(std::vector<Entry> entries, Label other);

  /// In time logarithmic to the number of prefixes and linear to how deep they nest; does not
  /// allocate.
  [[nodiscard]] Label find(const Address& address) const noexcept;

 private:
  struct Network {
    Prefix prefix;
    Label label = 0;
    std::uint32_t around = 0;  ///< number of the closest network that holds it; kNone
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  [[nodiscard]] std::uint32_t closest(std::uint32_t from, const Address& address) const noexcept;

  std::vector<Network> networks_;  // in the order of comes_before()
  Label other_;
};

}  // namespace sluice::policy
