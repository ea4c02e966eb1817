#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/dns/name.h"

/// The configuration as plain values. What a key is called, its bounds and whether a reload may
/// change it stand once, in option_table.h; what the file may look like stands in sluice.toml.
/// Immutable once loaded: threads share a `std::shared_ptr<const Config>`.
namespace sluice::conf {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How many of each a configuration may have: every table that is sized from it is bounded.
inline constexpr std::size_t kMaxListen = 16;
inline constexpr std::size_t kMaxBudgets = 16;
inline constexpr std::size_t kMaxInterfaces = 16;  ///< of one budget
inline constexpr std::size_t kMaxUpstreams = 256;
inline constexpr std::size_t kMaxServers = 16;  ///< of one upstream
inline constexpr std::size_t kMaxZones = 1'024;

/// [server]
struct Server {
  /// Addresses that answer clients, over UDP and TCP.
  std::vector<Endpoint> listen;  // default 127.0.0.53:53, set in config.cc
  /// Threads that answer from the cache. The first one is the engine's own.
  std::uint32_t threads = 1;
  /// Path of the control socket; empty = none.
  std::string control = "/run/sluice/control.sock";
  /// Folder for what outlives a restart.
  std::string state_dir = "/var/lib/sluice";
  /// Questions being resolved or waiting for a packet.
  std::uint32_t max_in_flight = 8'192;
  /// Client queries attached to these questions.
  std::uint32_t max_waiters = 16'384;
  /// Sockets open towards upstreams at once.
  std::uint32_t max_exchanges = 4'096;
  /// How long a client's query is worked on before it gets SERVFAIL; below the clients' own 5 s.
  milliseconds deadline{4'500};
  /// TCP connections of clients, all together and from one address.
  std::uint32_t tcp_connections = 256;
  std::uint32_t tcp_connections_per_client = 64;
  /// A TCP connection without a query for so long is closed (RFC 7766 section 6.2.3).
  milliseconds tcp_idle_timeout{10'000};

  bool operator==(const Server&) const = default;
};

/// [admin]
struct Admin {
  /// Where /metrics, /health and /ready are served; port 0 picks a free one; empty = nowhere.
  std::string listen = "127.0.0.1:9353";
  bool operator==(const Admin&) const = default;
};

enum class LogLevel : std::uint8_t { debug, info, warn, error };

/// [log]
struct Log {
  LogLevel level = LogLevel::info;
  bool operator==(const Log&) const = default;
};

/// [cache]
struct Cache {
  /// Memory for responses in bytes, keys and bookkeeping included. 0 turns the cache off.
  std::uint64_t max_bytes = std::uint64_t{32} << 20;
  /// Shortest and longest time a positive answer is kept, whatever its TTL (RFC 2181 section 8).
  seconds min_ttl{0};
  seconds max_ttl{86'400};
  /// Longest time NODATA or NXDOMAIN is kept (RFC 2308 section 5).
  seconds max_negative_ttl{3'600};
  /// How long past its TTL an answer may still be given while no upstream has a better one
  /// (RFC 8767). 0 = never.
  seconds max_stale{86'400};
  /// Ask again for names in use shortly before their TTL is over, with packets to spare.
  bool prefetch = true;
  /// Failed questions remembered (RFC 9520).
  std::uint32_t max_failures = 65'536;
  bool operator==(const Cache&) const = default;
};

/// allowance_counter: the interface's driver says (linklocal_allowance_exceeded of ENA).
inline constexpr std::string_view kFromDriver = "auto";

/// [[budget]]
struct Budget {
  std::string name;
  /// Empty = "auto": whatever interface the routes lead through. Else the interfaces to send from.
  std::vector<std::string> interfaces;
  /// Packets per second that the interface may send; rate = limit - burst - reserve.
  std::uint32_t limit = 1'024;
  std::uint32_t burst = 60;
  std::uint32_t reserve = 64;
  /// Folder of the files through which processes share budgets; empty = this process alone.
  std::string shared = "/run/sluice/budget";
  /// Count other processes' packets to the upstreams' addresses and take them off the budget.
  bool count_others = true;
  /// Where the packets that the cloud dropped are counted: kFromDriver, a file, or empty = nowhere.
  std::string allowance_counter{kFromDriver};
  bool operator==(const Budget&) const = default;
};

/// [[upstream]]
struct Upstream {
  std::string name;
  /// Addresses of resolvers; empty together with `follow_system`.
  std::vector<Endpoint> servers;
  /// servers = ["system"]: take them from the system's resolv.conf and follow its changes.
  bool follow_system = false;
  /// Name of the budget that its packets are paid from; empty = unlimited.
  std::string budget;
  bool operator==(const Upstream&) const = default;
};

/// [[zone]]
struct Zone {
  /// A [[zone]] of the file that lists several names becomes one Zone for each of them.
  dns::Name name;
  std::string upstream;
  /// Share of the budget while questions of several zones wait.
  std::uint32_t weight = 100;
  /// How long a question may wait for a packet before it is shed.
  milliseconds max_wait{1'800};
  /// NXDOMAIN for a name answers for all names below it, too (RFC 8020).
  bool nxdomain_cut = false;
  bool operator==(const Zone&) const = default;
};

struct Config {
  Server server;
  Admin admin;
  Log log;
  Cache cache;
  std::vector<Budget> budgets;
  std::vector<Upstream> upstreams;
  std::vector<Zone> zones;

  /// The defaults: 127.0.0.53:53, and everything forwarded to the system's resolvers under one
  /// budget named "eni", with the private and the public reverse zones as rules of their own.
  /// conf/sluice.toml parses to exactly this.
  Config();
  bool operator==(const Config&) const = default;
};

}  // namespace sluice::conf
