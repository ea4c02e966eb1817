// What the daemon itself is told.
#include <array>

#include "conf/option_row.h"

namespace sluice::conf {

namespace {

constexpr std::array kServer{
    option<Server, form::ListenAddresses, &Server::listen>({
        .key = "listen",
        .reload = Reload::restart,
        .help = "Addresses that answer clients, over UDP and TCP. Port 53 unless said; port 0 "
                "takes a free one.",
    }),
    option<Server, form::Networks, &Server::allow, &Server::allow_attached>({
        .key = "allow",
        .help = "Networks whose clients may ask, beside those of this host; \"local\" = all that "
                "an interface of this host is attached to. Others get REFUSED.",
    }),
    option<Server, form::Count, &Server::client_rate>({
        .key = "client_rate",
        .bounds = {0, 1'000'000},
        .help = "Queries per second that one client of a network may send over UDP, so that a "
                "flood in its name hits it with no more than it took. What is above is answered "
                "with TC: ask again over TCP. 0 = any number.",
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

}  // namespace

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

}  // namespace sluice::conf
