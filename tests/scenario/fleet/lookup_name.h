#pragma once

#include <cstdint>
#include <optional>

#include "resolver/dns/question.h"

namespace sluice::fleet {

/// What is looked up: the address of one of the names that people use, the most used first, or
/// (the batch job) the name of an address in 104.16.0.0/12.
class LookupName {
 public:
  static constexpr std::uint32_t kAddresses = 1U << 20;  ///< in 104.16.0.0/12

  [[nodiscard]] static constexpr LookupName ordinary(std::uint32_t rank) noexcept {
    return LookupName{rank};
  }
  [[nodiscard]] static constexpr LookupName reverse(std::uint32_t address) noexcept {
    return LookupName{kReverse | address % kAddresses};
  }
  /// What question() made.
  [[nodiscard]] static LookupName of(const dns::Question& question) noexcept;

  [[nodiscard]] constexpr bool is_reverse() const noexcept { return (value_ & kReverse) != 0; }
  /// The rank, or the address within its network.
  [[nodiscard]] constexpr std::uint32_t number() const noexcept { return value_ & ~kReverse; }
  /// "n0000002a.example. A" or "1.2.16.104.in-addr.arpa. PTR".
  [[nodiscard]] dns::Question question() const noexcept;

  friend bool operator==(const LookupName&, const LookupName&) = default;

 private:
  static constexpr std::uint32_t kReverse = 1U << 31;
  explicit constexpr LookupName(std::uint32_t value) noexcept : value_{value} {}

  std::uint32_t value_;
};

}  // namespace sluice::fleet
