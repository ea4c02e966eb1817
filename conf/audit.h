#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/host_facts.h"

/// A look at a configuration that is right, on the host where it runs: what will not work as its
/// author may think. Nothing of it stops the daemon.
namespace sluice::conf {

/// What one interface of an EC2 instance may send to link-local services in a second, whatever the
/// instance type.
inline constexpr std::uint32_t kEc2LinkLocalPackets = 1'024;

// The engine's and the shell's own times, which a test compares with them.
inline constexpr milliseconds kShortestTry{400};  ///< policy::RttEstimator::kFloor
inline constexpr seconds kExchangeLinger{10};     ///< net::CaresExchange::Limits::linger
inline constexpr std::size_t kStubServers = 3;    ///< of a resolv.conf, that glibc asks

/// One thing that may not be as intended.
struct Advice {
  std::string key;   ///< "server.deadline", "zone[10.in-addr.arpa.].name"
  std::string text;  ///< what, why it matters, and what to change

  /// "FILE: warning: key: text"
  [[nodiscard]] std::string to_string(const std::string& file) const;
  bool operator==(const Advice&) const = default;
};

/// In the order: time-outs, budgets, rules, what the host can carry.
[[nodiscard]] std::vector<Advice> audit(const Config& config, const HostFacts& host);

/// Exchanges that a process may have open which may open so many files: the rest is for listeners,
/// clients' connections and files.
[[nodiscard]] std::uint64_t exchanges_within(std::uint64_t open_files,
                                             const Server& server) noexcept;

}  // namespace sluice::conf
