#pragma once

#include <cstdint>
#include <optional>

#include "resolver/base/random.h"
#include "resolver/in_flight.h"
#include "resolver/routing.h"

namespace sluice {

/// Sends of one question to one server over one transport (RFC 9520 section 3.1).
inline constexpr unsigned kMaxSendsPerServer = 3;
/// One question in so many goes to any server.
inline constexpr std::uint64_t kExploreOneIn = 32;
/// How often a silent server is probed while others answer: each such probe costs a client the
/// time-out of one try.
inline constexpr Duration kProbeBesideOthers = std::chrono::seconds{5};

/// Which server of `rule` the next try of `question` goes to: of those that had it least often, the
/// better of two picked at random (fewest failures in a row, then fastest), and now and then any
/// of them, so that a server that was slow once gets another chance.
///
/// A silent server is left out but for a probe that is due. nullopt if each server has had the
/// question as often as it may, or may not be asked now.
[[nodiscard]] std::optional<std::uint8_t> choose_server(const InFlight& question, const Rule& rule,
                                                        TimePoint now, Random& random);

/// Whether a server of `rule` is silent, and only that keeps `question` from being sent to it.
[[nodiscard]] bool waits_for_recovery(const InFlight& question, const Rule& rule) noexcept;

/// Whether a probe to a server of `rule`, all of which are silent, may leave now.
[[nodiscard]] bool is_probe_due(const Rule& rule, TimePoint now) noexcept;
/// When that will be; kNever if no server is silent.
[[nodiscard]] TimePoint next_probe(const Rule& rule) noexcept;

}  // namespace sluice
