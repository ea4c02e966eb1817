#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace sluice::fuzz {

/// Reads the fuzzer's bytes as what a target is to do: small numbers and strings of octets. Once
/// they are used up every number is 0 and every string empty.
class Script {
 public:
  explicit Script(std::span<const std::byte> bytes) : bytes_{bytes} {}
  [[nodiscard]] bool is_over() const { return bytes_.empty(); }

  /// One octet as a number below `bound`.
  unsigned next(unsigned bound) {
    if (bytes_.empty()) return 0;
    const unsigned value = std::to_integer<unsigned>(bytes_.front()) % bound;
    bytes_ = bytes_.subspan(1);
    return value;
  }
  bool next_flag() { return next(2) != 0; }
  /// Two octets, the higher one first.
  unsigned next_u16() {
    const unsigned high = next(256);
    return high << 8 | next(256);
  }
  /// The next `size` octets, or as many as are left.
  std::span<const std::byte> take(std::size_t size) {
    const auto taken = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  std::span<const std::byte> rest() { return take(bytes_.size()); }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace sluice::fuzz
