#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/base/prefix.h"
#include "resolver/dns/presentation.h"
#include "resolver/local/list_contents.h"
#include "resolver/local/special_use.h"

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
inline constexpr std::size_t kMaxAllowed = 256;     ///< networks of server.allow
inline constexpr std::size_t kMaxSearchTlds = 64;   ///< of one zone
inline constexpr std::size_t kMaxRecords = 10'000;  ///< lines of all [[record]]
inline constexpr std::size_t kMaxBlocklists = 16;
inline constexpr std::size_t kMaxNetworks = 64;
inline constexpr std::size_t kMaxPrefixes = 256;  ///< of one network

/// [server]
struct Server {
  /// Addresses that answer clients, over UDP and TCP.
  std::vector<Endpoint> listen;  // default 127.0.0.53:53, set in config.cc
  /// Networks whose clients may ask, beside those of this host; "local" stands for all networks
  /// that an interface of this host is attached to.
  std::vector<Prefix> allow;
  bool allow_attached = true;
  /// Queries per second that one client of a network may send over UDP; 0 = any number.
  std::uint32_t client_rate = 1'000;
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

/// [local]
struct Local {
  /// Special-use names that are answered here.
  local::SpecialUses special_use = local::default_special_uses();
  /// Whether this host's own name and "_gateway" are.
  bool own_name = true;
  /// The hosts file; empty = none.
  std::string hosts = "/etc/hosts";
  bool operator==(const Local&) const = default;
};

/// [recorder]
struct Recorder {
  /// Memory for the engine's last events. 0 = none are kept.
  std::uint64_t max_bytes = std::uint64_t{1} << 20;
  bool operator==(const Recorder&) const = default;
};

/// What a line of the query log may say, in the order in which it does.
enum class QueryField : std::uint8_t {
  time,
  client,
  name,
  type,
  klass,
  rcode,
  source,
  latency_ms,
  upstream,
  zone,
  tries,
  size,
  ede,
  count_,
};
/// What it calls them.
inline constexpr std::array<std::string_view, static_cast<std::size_t>(QueryField::count_)>
    kQueryFieldNames{"time",       "client",   "name", "type",  "class", "rcode", "source",
                     "latency_ms", "upstream", "zone", "tries", "size",  "ede"};
using QueryFields = std::bitset<kQueryFieldNames.size()>;

/// [query_log]
struct QueryLog {
  /// Of so many client queries one is logged; 0 = none.
  std::uint32_t sample = 0;
  QueryFields fields = QueryFields{}.set();
  /// Empty = the process's own log.
  std::string file;
  bool operator==(const QueryLog&) const = default;
};

/// Kinds of dnstap messages.
enum class DnstapMessage : std::uint8_t {
  client_query,
  client_response,
  forwarder_query,
  forwarder_response,
  count_,
};
using DnstapMessages = std::bitset<static_cast<std::size_t>(DnstapMessage::count_)>;

/// [dnstap]
struct Dnstap {
  /// Of the collector; empty = no dnstap.
  std::string socket;
  /// Who we are, for the collector; empty = the host's name.
  std::string identity;
  DnstapMessages messages{0b1100};  // those between us and upstreams
  /// Of so many messages from and to clients one is sent.
  std::uint32_t sample = 1'000;
  bool operator==(const Dnstap&) const = default;
};

/// [[record]]
struct Record {
  /// In the presentation format of zone files, for who reads of it, and what that says.
  std::string data;
  dns::ZoneRecord parsed;
  bool operator==(const Record&) const = default;
};

/// [[blocklist]]
struct Blocklist {
  std::string name;
  std::string file;
  local::ListFormat format = local::ListFormat::plain;
  local::ListAction answer = local::ListAction::nxdomain;  // or nodata, null_address
  bool operator==(const Blocklist&) const = default;
};

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
  /// Whether its AD bit is passed on: it validates, and the way to it is safe (RFC 4035
  /// section 4.9.3).
  bool trust_ad = false;
  /// Whether queries have random letters that responses must repeat (0x20).
  bool mixed_case = false;
  bool operator==(const Upstream&) const = default;
};

enum class PrivateAnswers : std::uint8_t { pass, strip };

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
  /// Private addresses in answers, by which a public name reaches into this network (rebinding).
  PrivateAnswers private_answers = PrivateAnswers::pass;
  /// The zone is a search suffix: names such as www.example.com.<zone> get NXDOMAIN at once, for
  /// these TLDs.
  std::vector<std::string> search_tlds = {};
  bool operator==(const Zone&) const = default;
};

/// What addresses are counted under that no [[network]] holds; none may be called so.
inline constexpr std::string_view kOtherNetwork = "other";

/// [[network]]
struct Network {
  std::string name;
  /// Of several networks that hold an address, the one with the longest prefix counts it.
  std::vector<Prefix> prefixes;
  /// What 10^9 octets to or from it cost, in whatever currency.
  double cost_per_gb = 0;
  bool operator==(const Network&) const = default;
};

struct Config {
  Server server;
  Admin admin;
  Log log;
  Cache cache;
  Local local;
  Recorder recorder;
  QueryLog query_log;
  Dnstap dnstap;
  std::vector<Record> records;
  std::vector<Blocklist> blocklists;
  std::vector<Budget> budgets;
  std::vector<Upstream> upstreams;
  std::vector<Zone> zones;
  std::vector<Network> networks;

  /// The defaults: 127.0.0.53:53, and everything forwarded to the system's resolvers under one
  /// budget named "eni", with the private and the public reverse zones as rules of their own.
  /// conf/sluice.toml parses to exactly this.
  Config();
  bool operator==(const Config&) const = default;
};

}  // namespace sluice::conf
