#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/engine_snapshot.h"

namespace sluice {

/// What would happen to a client's query for one question at one moment, and what is known that
/// decides it. Plain values; nothing is changed by looking.
struct Explanation {
  /// How the query would end, or where it would go.
  enum class Outcome : std::uint8_t {
    answered_locally,  ///< by the host itself: records, hosts file, blocklists, special-use names
    outside_zones,     ///< REFUSED
    answered_fresh,    ///< from the cache
    joins,             ///< the question is in flight
    below_nxdomain,    ///< NXDOMAIN, since a name above does not exist
    answered_stale,    ///< with data past its TTL: it failed lately, or nobody answers
    fails_at_once,     ///< SERVFAIL: it failed lately
    no_servers,        ///< SERVFAIL: its upstream has none
    waits_for_server,  ///< all servers are silent
    waits_behind,      ///< its subtree fails, and packets are short
    waits_for_packet,  ///< packets are short
    asked,             ///< a server is asked at once
  };
  struct Cached {
    bool is_fresh = false;
    Duration age{};
    std::chrono::seconds ttl{};
    std::uint16_t rcode = 0;
    std::uint32_t records = 0;
    std::size_t octets = 0;
  };
  struct Failure {
    std::string_view cause;  ///< "did not answer in time"
    std::uint32_t streak = 0;
    Duration age{};
    Duration retry_in{};
  };

  dns::Question question;
  Outcome outcome = Outcome::asked;
  std::string local;  ///< what on this host answers it; empty: nothing
  std::string above;  ///< the name above it that does not exist; empty: none known
  std::optional<EngineSnapshot::Zone> rule{};
  Duration max_wait{};
  std::optional<Cached> cached{};
  std::optional<Failure> failure{};
  std::optional<EngineSnapshot::Failing> subtree{};  ///< that fails and holds the name
  std::optional<EngineSnapshot::Request> in_flight{};
  std::vector<EngineSnapshot::Server> servers{};
  std::optional<EngineSnapshot::Budget> budget{};
};

}  // namespace sluice
