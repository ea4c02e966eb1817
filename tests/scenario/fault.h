#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/action.h"

namespace sluice::scenario {

/// How an exchange fails.
enum class Fault : std::uint8_t {
  silent,          ///< no answer; the exchange expires
  servfail,        ///< RCODE 2
  refused,         ///< RCODE 5
  unreachable,     ///< ICMP, ECONNREFUSED
  truncated,       ///< TC and no records
  wrong_question,  ///< a response to something else
};

inline constexpr std::array kEveryFault{Fault::silent,    Fault::servfail,
                                        Fault::refused,   Fault::unreachable,
                                        Fault::truncated, Fault::wrong_question};

[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

/// How the shell reports it.
[[nodiscard]] ExchangeStatus status_of(Fault fault) noexcept;

/// The response to `query` with this fault; empty if there is none.
[[nodiscard]] std::vector<std::byte> faulty_response(Fault fault, std::span<const std::byte> query);

}  // namespace sluice::scenario
