// Who is asked, for which names, what it may cost, and under which names traffic is counted.
#include <array>

#include "conf/option_row.h"

namespace sluice::conf {

namespace {

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
    option<Upstream, form::Flag, &Upstream::trust_ad>({
        .key = "trust_ad",
        .help = "Whether its word that an answer has been validated (AD) is passed on. Only for "
                "a resolver that validates, at the end of a way that nobody else can write to.",
    }),
    option<Upstream, form::Flag, &Upstream::mixed_case>({
        .key = "mixed_case",
        .help = "Whether names are asked for in random upper and lower case that an answer must "
                "repeat, which makes it harder to forge (0x20). Not for a server that changes the "
                "case: every question to it would be asked again over TCP.",
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
    option<Zone, form::Private, &Zone::private_answers>({
        .key = "private_answers",
        .help = "\"strip\" takes private addresses out of answers, so that a public name cannot "
                "lead a browser into this network (DNS rebinding). Give internal names a [[zone]] "
                "of their own that passes them.",
    }),
    option<Zone, form::Tlds, &Zone::search_tlds>({
        .key = "search_tlds",
        .help = "For a zone that clients have as a search suffix: a name that ends in one of "
                "these before the zone's own, such as www.example.com.<zone>, is answered NXDOMAIN "
                "at once. Not for a TLD that is the name of something in the zone.",
    }),
};

constexpr std::array kNetwork{
    option<Network, form::Label, &Network::name>({
        .key = "name",
        .presence = Presence::required,
        .help = "What metrics call it. \"other\" stands for every address in no network.",
    }),
    option<Network, form::Cidrs, &Network::prefixes>({
        .key = "cidr",
        .presence = Presence::required,
        .help = "Its addresses. Where networks overlap, the longest prefix wins.",
    }),
    option<Network, form::Amount, &Network::cost_per_gb>({
        .key = "cost_per_gb",
        .bounds = {0, kMaxPrice},
        .help = "What a GB (10^9 octets) to or from it costs, in whatever currency, for "
                "sluice_network_cost_total.",
    }),
};

}  // namespace

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
template <>
std::span<const Option<Network>> options<Network>() noexcept {
  return kNetwork;
}

}  // namespace sluice::conf
