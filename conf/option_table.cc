#include "conf/option_table.h"

#include <array>
#include <tuple>

namespace sluice::conf {

namespace {

using form::Bounds;

/// What a row of a table says; the rest of an Option follows from its form and its members.
struct Row {
  std::string_view key;
  Bounds bounds{};
  Reload reload = Reload::live;
  Presence presence = Presence::optional;
  std::string_view help;
};

template <typename Section, typename Form, auto... Members>
constexpr Option<Section> option(const Row& row) {
  return {
      .key = row.key,
      .shape = Form::kShape,
      .bounds = row.bounds,
      .reload = row.reload,
      .presence = row.presence,
      .help = row.help,
      .member_count = sizeof...(Members),
      .read = [](const Value& value, Bounds bounds,
                 Section& section) { return Form::read(value, bounds, (section.*Members)...); },
      .equal = [](const Section& a,
                  const Section& b) { return ((a.*Members == b.*Members) && ...); },
      .copy = [](const Section& from, Section& to) { ((to.*Members = from.*Members), ...); },
  };
}

// Durations are bounded in milliseconds (form::Bounds).
constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kHour = 3'600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;

constexpr std::int64_t kMaxPath = 4'095;         // PATH_MAX less its closing zero
constexpr std::int64_t kMaxSocketPath = 107;     // sun_path of sockaddr_un less its closing zero
constexpr std::int64_t kMaxPackets = 1'000'000;  // per second: the most that a Gcra takes

// A new TCP connection with one query costs 6 packets at once: a smaller burst could never pay it.
constexpr std::int64_t kMinBurst = 8;

constexpr std::array kServer{
    option<Server, form::ListenAddresses, &Server::listen>({
        .key = "listen",
        .reload = Reload::restart,
        .help = "Addresses that answer clients, over UDP and TCP. Port 53 unless said; port 0 "
                "takes a free one.",
    }),
    option<Server, form::Count, &Server::threads>({
        .key = "threads",
        .bounds = {1, 64},
        .reload = Reload::restart,
        .help = "Threads that answer from the cache. One is right for most hosts; more raise the "
                "rate of cache hits, never the rate of packets to an upstream.",
    }),
    option<Server, form::OptionalPath, &Server::control>({
        .key = "control",
        .bounds = {0, kMaxSocketPath},
        .reload = Reload::restart,
        .help = "Socket that sluicectl talks to. \"\" = none.",
    }),
    option<Server, form::Path, &Server::state_dir>({
        .key = "state_dir",
        .bounds = {1, kMaxPath},
        .reload = Reload::restart,
        .help = "Folder for what outlives a restart.",
    }),
    option<Server, form::Count, &Server::max_in_flight>({
        .key = "max_in_flight",
        .bounds = {16, 262'144},
        .reload = Reload::restart,
        .help = "Questions that are being resolved or wait for a packet, at most. More than that "
                "are answered stale or SERVFAIL at once.",
    }),
    option<Server, form::Count, &Server::max_waiters>({
        .key = "max_waiters",
        .bounds = {16, 1'048'576},
        .reload = Reload::restart,
        .help = "Client queries that wait for these questions, at most.",
    }),
    option<Server, form::Count, &Server::max_exchanges>({
        .key = "max_exchanges",
        .bounds = {1, 32'768},
        .reload = Reload::restart,
        .help = "Sockets open towards upstreams, at most. The limit of open files must be higher.",
    }),
    option<Server, form::Duration, &Server::deadline>({
        .key = "deadline",
        .bounds = {100, 30 * kSecond},
        .reload = Reload::restart,
        .help = "How long a client's query is worked on before it gets SERVFAIL. Keep it below "
                "the clients' own time-out, which is 5 s for most.",
    }),
    option<Server, form::Count, &Server::tcp_connections>({
        .key = "tcp_connections",
        .bounds = {1, 65'536},
        .reload = Reload::restart,
        .help = "TCP connections of all clients together, at most.",
    }),
    option<Server, form::Count, &Server::tcp_connections_per_client>({
        .key = "tcp_connections_per_client",
        .bounds = {1, 65'536},
        .reload = Reload::restart,
        .help = "TCP connections from one client address, at most.",
    }),
    option<Server, form::Duration, &Server::tcp_idle_timeout>({
        .key = "tcp_idle_timeout",
        .bounds = {100, 600 * kSecond},
        .reload = Reload::restart,
        .help = "A TCP connection without a query for so long is closed.",
    }),
};

constexpr std::array kAdmin{
    option<Admin, form::AdminAddress, &Admin::listen>({
        .key = "listen",
        .reload = Reload::restart,
        .help = "Where /metrics, /health, /ready and the dashboard are served over HTTP. Port 0 "
                "takes a free one; \"\" = nowhere.",
    }),
};

constexpr std::array kLog{
    option<Log, form::Level, &Log::level>({
        .key = "level",
        .help = "What is logged: this level and everything more serious.",
    }),
};

constexpr std::array kCache{
    option<Cache, form::Size, &Cache::max_bytes>({
        .key = "max_bytes",
        .bounds = {0, std::int64_t{64} << 30},
        .reload = Reload::restart,
        .help = "Memory for responses, keys and bookkeeping included. 0 turns the cache off.",
    }),
    option<Cache, form::Duration, &Cache::min_ttl>({
        .key = "min_ttl",
        .bounds = {0, kHour},
        .help = "Shortest time a positive answer is kept, whatever its TTL. Above \"0s\" clients "
                "see changes of a name later than its owner wants.",
    }),
    option<Cache, form::Duration, &Cache::max_ttl>({
        .key = "max_ttl",
        .bounds = {kSecond, 7 * kDay},
        .help = "Longest time a positive answer is kept, whatever its TTL.",
    }),
    option<Cache, form::Duration, &Cache::max_negative_ttl>({
        .key = "max_negative_ttl",
        .bounds = {0, kDay},
        .help = "Longest time that \"no such name\" or \"no such type\" is kept (RFC 2308).",
    }),
    option<Cache, form::Duration, &Cache::max_stale>({
        .key = "max_stale",
        .bounds = {0, 7 * kDay},
        .help = "How long past its TTL an answer is still given, with a TTL of 30 s, while its "
                "upstream fails or is silent (RFC 8767). \"0s\" = never.",
    }),
    option<Cache, form::Flag, &Cache::prefetch>({
        .key = "prefetch",
        .help = "Whether names in use are asked for again in the last tenth of their TTL. Only "
                "packets that nobody waits for are spent on it.",
    }),
    option<Cache, form::Count, &Cache::max_failures>({
        .key = "max_failures",
        .bounds = {16, 1'048'576},
        .reload = Reload::restart,
        .help = "Failed questions remembered, so that asking again costs no packet (RFC 9520).",
    }),
};

constexpr std::array kBudget{
    option<Budget, form::Label, &Budget::name>({
        .key = "name",
        .presence = Presence::required,
        .help = "What upstreams, metrics and sluicectl call it. Names its file, too.",
    }),
    option<Budget, form::Interfaces, &Budget::interfaces>({
        .key = "interface",
        .reload = Reload::restart,
        .help = "The interface that the packets leave by: \"auto\" = whichever the routes lead "
                "through. Each interface of a list has a budget of its own, and a query leaves by "
                "the one with most to spend.",
    }),
    option<Budget, form::Count, &Budget::limit>({
        .key = "limit",
        .bounds = {1, kMaxPackets},
        .help = "Packets per second that the interface may send to the upstreams.",
    }),
    option<Budget, form::Count, &Budget::burst>({
        .key = "burst",
        .bounds = {kMinBurst, kMaxPackets},
        .help = "Of these, packets that may leave at once.",
    }),
    option<Budget, form::Count, &Budget::reserve>({
        .key = "reserve",
        .bounds = {0, kMaxPackets},
        .help = "Of these, packets left to other programs of the host. No second ever sees more "
                "than limit - reserve packets of ours; what remains after burst, "
                "limit - reserve - burst, is the steady rate.",
    }),
    option<Budget, form::OptionalPath, &Budget::shared>({
        .key = "shared",
        .bounds = {0, kMaxPath},
        .reload = Reload::restart,
        .help = "Folder of the files through which all processes of the host spend the same "
                "budget. On a tmpfs. \"\" = this process alone.",
    }),
    option<Budget, form::Flag, &Budget::count_others>({
        .key = "count_others",
        .help = "Whether packets that other programs send to the upstreams' addresses and to "
                "link-local services are counted and taken off the budget. Needs CAP_NET_RAW; "
                "without it the reserve is for them.",
    }),
    option<Budget, form::CounterSource, &Budget::allowance_counter>({
        .key = "allowance_counter",
        .bounds = {0, kMaxPath},
        .help = "Where the count of packets that the cloud has dropped above the allowance is "
                "read: when it moves, the rate falls by three tenths and recovers slowly. "
                "\"auto\" = linklocal_allowance_exceeded of the interface's driver.",
    }),
};

constexpr std::array kUpstream{
    option<Upstream, form::Label, &Upstream::name>({
        .key = "name",
        .presence = Presence::required,
        .help = "What zones, metrics and sluicectl call it.",
    }),
    option<Upstream, form::Servers, &Upstream::servers, &Upstream::follow_system>({
        .key = "servers",
        .presence = Presence::required,
        .help = "Addresses of its resolvers, port 53 unless said. [\"system\"] takes those of "
                "the system's resolv.conf and follows its changes.",
    }),
    option<Upstream, form::OptionalLabel, &Upstream::budget>({
        .key = "budget",
        .help = "The [[budget]] that its packets are paid from. \"\", or no such line = "
                "unlimited.",
    }),
};

constexpr std::array kZone{
    option<Zone, form::ZoneName, &Zone::name>({
        .key = "name",
        .presence = Presence::required,
        .help = "The name and all names below it, unless a longer one matches. A list of names "
                "makes a rule for each, all alike.",
    }),
    option<Zone, form::Label, &Zone::upstream>({
        .key = "upstream",
        .presence = Presence::required,
        .help = "The [[upstream]] that is asked.",
    }),
    option<Zone, form::Count, &Zone::weight>({
        .key = "weight",
        .bounds = {1, 10'000},
        .help = "Share of the budget while questions of several zones wait: 10 gets a tenth of "
                "what 100 gets. Whatever one zone leaves, the others take.",
    }),
    option<Zone, form::Duration, &Zone::max_wait>({
        .key = "max_wait",
        .bounds = {0, 30 * kSecond},
        .help = "How long a question may wait for a packet before it is answered stale or "
                "SERVFAIL.",
    }),
    option<Zone, form::Flag, &Zone::nxdomain_cut>({
        .key = "nxdomain_cut",
        .help = "Whether NXDOMAIN for a name answers for every name below it (RFC 8020). Saves "
                "the look-ups of search lists; not for upstreams that say NXDOMAIN for a name "
                "that has others below it.",
    }),
};

constexpr std::array kSectionNames{
    SectionName{"server", false}, SectionName{"admin", false}, SectionName{"log", false},
    SectionName{"cache", false},  SectionName{"budget", true}, SectionName{"upstream", true},
    SectionName{"zone", true},
};

}  // namespace

std::span<const SectionName> section_names() noexcept { return kSectionNames; }

template <>
std::span<const Option<Server>> options<Server>() noexcept {
  return kServer;
}
template <>
std::span<const Option<Admin>> options<Admin>() noexcept {
  return kAdmin;
}
template <>
std::span<const Option<Log>> options<Log>() noexcept {
  return kLog;
}
template <>
std::span<const Option<Cache>> options<Cache>() noexcept {
  return kCache;
}
template <>
std::span<const Option<Budget>> options<Budget>() noexcept {
  return kBudget;
}
template <>
std::span<const Option<Upstream>> options<Upstream>() noexcept {
  return kUpstream;
}
template <>
std::span<const Option<Zone>> options<Zone>() noexcept {
  return kZone;
}

}  // namespace sluice::conf
