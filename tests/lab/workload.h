#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/dns/constants.h"

namespace sluice::lab {

/// The two kinds of look-up in the incident.
enum class LookupKind : std::uint8_t {
  ordinary,  ///< A of www-N.sSEED.corp.example: what people wait for
  ptr,       ///< the storm: PTR of an address in 104.16.0.0/12, unless StormNames says otherwise
};
inline constexpr std::size_t kLookupKinds = 2;

/// What the storm asks for.
enum class StormNames : std::uint8_t {
  ptr,     ///< addresses, as the batch job of the incident did
  broken,  ///< A of nN.sSEED.broken.example: a subtree of the forward tree
  bulk,    ///< A of bulk-N.sSEED.corp.example: the zone of the ordinary names
};

/// Addresses in 104.16.0.0/12, hence the most distinct names the batch job can ask for.
inline constexpr std::uint64_t kPtrNames = std::uint64_t{1} << 20;

inline constexpr std::size_t kMaxQuerySize = 128;
using QueryBuffer = std::array<std::byte, kMaxQuerySize>;

/// Which questions are asked: number n of a kind is always the same question for the same seed.
struct Workload {
  std::uint64_t seed = 1;
  std::uint64_t ptr_names =
      1'000'000;  ///< distinct names of the storm, then they repeat; at most kPtrNames
  std::uint64_t ordinary_names = 0;  ///< the same for ordinary look-ups; 0: all are distinct
  StormNames storm_names = StormNames::ptr;
  bool has_edns = false;  ///< an OPT record in each query, so that the reply may explain itself

  /// Writes look-up `number` of `kind` as glibc sends it, with RD and, unless has_edns, without
  /// EDNS. The result is the written part of `buffer`.
  [[nodiscard]] std::span<const std::byte> write_query(LookupKind kind, std::uint64_t number,
                                                       std::uint16_t id,
                                                       QueryBuffer& buffer) const noexcept;

  /// The address whose name PTR look-up `number` asks for: consecutive ones lie in different /24s,
  /// like addresses out of a traffic log.
  [[nodiscard]] std::uint32_t ptr_address(std::uint64_t number) const noexcept;

  /// How many distinct names `lookups` PTR look-ups ask for.
  [[nodiscard]] std::uint64_t distinct_ptr_names(std::uint64_t lookups) const noexcept;
};

}  // namespace sluice::lab
