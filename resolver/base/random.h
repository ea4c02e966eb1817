#pragma once

#include <cstdint>

#include "resolver/base/hash.h"

namespace sluice {

/// Random numbers that a stranger cannot predict: SipHash of a counter under a secret key. The
/// shell keys it from the operating system; a test keys it with a literal and gets the same
/// numbers in every run.
///
/// Thread-confined; does not allocate.
class Random {
 public:
  explicit constexpr Random(HashKey key) noexcept : key_{key} {}

  [[nodiscard]] std::uint64_t next() noexcept {
    SipHasher hasher{key_};
    hasher.add(counter_++);
    return hasher.finish();
  }

  /// A message ID (RFC 5452 section 9.2: the full range).
  [[nodiscard]] std::uint16_t next_id() noexcept { return static_cast<std::uint16_t>(next()); }

  /// A number below `bound`, which is at least 1.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

  /// A fraction in [0, 1).
  [[nodiscard]] double fraction() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  [[nodiscard]] HashKey next_key() noexcept { return {.k0 = next(), .k1 = next()}; }

 private:
  HashKey key_;
  std::uint64_t counter_ = 0;
};

}  // namespace sluice
