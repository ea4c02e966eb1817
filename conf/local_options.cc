// What is answered on the host.
#include <array>

#include "conf/option_row.h"

namespace sluice::conf {

namespace {

constexpr std::array kLocal{
    option<Local, form::SpecialUseNames, &Local::special_use>({
        .key = "special_use",
        .help = "Names with a meaning of their own that are answered here and never leave the "
                "host (RFC 6761), unless a [[zone]] is as specific. \"private-reverse\" is for the "
                "reverse zones of private addresses, unless a [[zone]] or a private upstream "
                "covers them (RFC 6303). One more can be listed: \"doh-canary\" asks browsers to "
                "stay with this resolver.",
    }),
    option<Local, form::Flag, &Local::own_name>({
        .key = "own_name",
        .help = "Whether this host's own name and \"_gateway\" are answered with its addresses "
                "and its routers'.",
    }),
    option<Local, form::OptionalPath, &Local::hosts>({
        .key = "hosts",
        .bounds = {0, kMaxPath},
        .help = "The hosts file, whose changes are followed. \"\" = none.",
    }),
};

constexpr std::array kRecord{
    option<Record, form::RecordLine, &Record::data, &Record::parsed>({
        .key = "data",
        .presence = Presence::required,
        .help = "Records that are answered here, as in a zone file; TTL and class may be left out. "
                "A name with records is this host's alone: other types of it do not exist. \"*\" "
                "as first label stands for all names below "
                "that have none of their own. A CNAME must lead to a name that has records here.",
    }),
};

constexpr std::array kBlocklist{
    option<Blocklist, form::Label, &Blocklist::name>({
        .key = "name",
        .presence = Presence::required,
        .help = "What clients are told it is (RFC 8914, Blocked).",
    }),
    option<Blocklist, form::Path, &Blocklist::file>({
        .key = "file",
        .bounds = {1, kMaxPath},
        .presence = Presence::required,
        .help = "Where it is. Its changes are followed.",
    }),
    option<Blocklist, form::Format, &Blocklist::format>({
        .key = "format",
        .help = "\"plain\" = a name in each line, which stands for all names below it, too; "
                "\"hosts\" = as a hosts file, these names alone; \"rpz\" = a response policy zone, "
                "of which triggers by QNAME are used, and the actions NXDOMAIN, NODATA, passthru "
                "and local data.",
    }),
    option<Blocklist, form::Block, &Blocklist::answer>({
        .key = "answer",
        .help = "What its names get: \"nxdomain\", \"nodata\", or \"null\" = 0.0.0.0 and ::. A "
                "response policy zone says so itself.",
    }),
};

}  // namespace

template <>
std::span<const Option<Local>> options<Local>() noexcept {
  return kLocal;
}
template <>
std::span<const Option<Record>> options<Record>() noexcept {
  return kRecord;
}
template <>
std::span<const Option<Blocklist>> options<Blocklist>() noexcept {
  return kBlocklist;
}

}  // namespace sluice::conf
