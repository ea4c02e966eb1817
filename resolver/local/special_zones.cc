#include "resolver/local/special_zones.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "resolver/base/assert.h"
#include "resolver/dns/presentation.h"

namespace sluice::local {
namespace {

/// How the names of a zone are answered.
enum class Content : std::uint8_t {
  nothing,       ///< NXDOMAIN, the zone's own name included
  no_data,       ///< every name exists and has no data
  loopback,      ///< every name is the loopback addresses (RFC 6761 section 6.3)
  loopback_ptr,  ///< the zone's name is the reverse of a loopback address
  empty_zone,    ///< SOA and NS at the zone's name, NXDOMAIN below (RFC 6303 section 3)
};

/// To which zone rules a zone yields.
enum class Yields : std::uint8_t {
  to_as_specific,  ///< rules with as many labels or more
  to_any,          ///< every rule but the root's, and an upstream that may serve the zone
};

}  // namespace

struct SpecialZone {
  SpecialUse use;
  std::string_view name;
  Content content;
  Yields yields = Yields::to_as_specific;
};

namespace {

constexpr SpecialUse kPrivate = SpecialUse::private_reverse;

// In front: what wins where two uses have the same zone.
constexpr std::array kZones{
    SpecialZone{SpecialUse::localhost, "localhost", Content::loopback},
    SpecialZone{SpecialUse::localhost, "1.0.0.127.in-addr.arpa", Content::loopback_ptr},
    SpecialZone{SpecialUse::localhost,
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
                Content::loopback_ptr},
    SpecialZone{SpecialUse::invalid, "invalid", Content::nothing},
    SpecialZone{SpecialUse::test, "test", Content::nothing},
    SpecialZone{SpecialUse::onion, "onion", Content::nothing},
    SpecialZone{SpecialUse::alt, "alt", Content::nothing},
    SpecialZone{SpecialUse::local, "local", Content::nothing},
    SpecialZone{SpecialUse::home_arpa, "home.arpa", Content::nothing},
    SpecialZone{SpecialUse::resolver_arpa, "resolver.arpa", Content::no_data},
    SpecialZone{SpecialUse::doh_canary, "use-application-dns.net", Content::nothing},
    // RFC 6303 section 4.1: networks for private use (RFC 1918).
    SpecialZone{kPrivate, "10.in-addr.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "168.192.in-addr.arpa", Content::empty_zone, Yields::to_any},
    // Section 4.2: "this" network, loopback, link-local, documentation, broadcast. Of these,
    // what an operator may serve yields.
    SpecialZone{kPrivate, "0.in-addr.arpa", Content::empty_zone},
    SpecialZone{kPrivate, "127.in-addr.arpa", Content::empty_zone},
    SpecialZone{kPrivate, "254.169.in-addr.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "2.0.192.in-addr.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "100.51.198.in-addr.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "113.0.203.in-addr.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "255.255.255.255.in-addr.arpa", Content::empty_zone},
    // Sections 4.3 to 4.6: unspecified and loopback, ULA, link-local, documentation.
    SpecialZone{kPrivate,
                "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
                Content::empty_zone},
    SpecialZone{kPrivate,
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
                Content::empty_zone},
    SpecialZone{kPrivate, "d.f.ip6.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "8.e.f.ip6.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "9.e.f.ip6.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "a.e.f.ip6.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "b.e.f.ip6.arpa", Content::empty_zone, Yields::to_any},
    SpecialZone{kPrivate, "8.b.d.0.1.0.0.2.ip6.arpa", Content::empty_zone, Yields::to_any},
};

/// Reverse zones of networks that take up several second labels: 16 to 31 for 172.16.0.0/12
/// (RFC 1918), 64 to 127 for 100.64.0.0/10 (RFC 7793).
struct ZoneRange {
  SpecialZone zone;
  int first;
  int last;
};
constexpr std::array kRanges{
    ZoneRange{{kPrivate, "172.in-addr.arpa", Content::empty_zone, Yields::to_any}, 16, 31},
    ZoneRange{{kPrivate, "100.in-addr.arpa", Content::empty_zone, Yields::to_any}, 64, 127},
};

/// Why a name of each use has no such data, for whoever asks with dig; in the enumeration's order.
constexpr std::array<std::string_view, kSpecialUseCount> kReasons{
    "localhost is this host alone (RFC 6761)",
    "invalid. has no names (RFC 6761)",
    "test. is not public (RFC 6761)",
    "onion. is not in the DNS (RFC 7686)",
    "alt. is not in the DNS (RFC 9476)",
    "local. is for multicast DNS (RFC 6762)",
    "home.arpa. is not public (RFC 8375)",
    "no designated resolvers (RFC 9462)",
    "addresses of this network have no public names (RFC 6303)",
    "browsers are asked to use the host's resolver"};

constexpr std::array kLoopback4{std::byte{127}, std::byte{0}, std::byte{0}, std::byte{1}};
constexpr std::array<std::byte, 16> kLoopback6{
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
constexpr std::string_view kLocalhost{"\x09localhost\0", 11};

bool is_any_or(dns::Type type, dns::Type wanted) noexcept {
  return type == wanted || type == dns::Type::any;
}

/// Adds what the zone has of `type` at the name itself. ANY gets one RRset of it (RFC 8482
/// section 4.1). False: nothing.
bool add_data(const SpecialMatch& match, dns::Type type, AnswerWriter& out) noexcept {
  const NameOffset qname = AnswerWriter::qname_offset();
  switch (match.zone->content) {
    case Content::nothing:
    case Content::no_data:
      return false;
    case Content::loopback:
      if (is_any_or(type, dns::Type::a)) {
        out.add(qname, dns::Type::a, kSpecialUseTtl, kLoopback4);
      } else if (type == dns::Type::aaaa) {
        out.add(qname, dns::Type::aaaa, kSpecialUseTtl, kLoopback6);
      } else {
        return false;
      }
      return true;
    case Content::loopback_ptr:
      if (match.offset != 0 || !is_any_or(type, dns::Type::ptr)) return false;
      out.add(qname, dns::Type::ptr, kSpecialUseTtl, std::as_bytes(std::span{kLocalhost}));
      return true;
    case Content::empty_zone:
      if (match.offset != 0) return false;
      if (is_any_or(type, dns::Type::soa)) {
        out.add_soa(qname, kSpecialUseTtl);
      } else if (type == dns::Type::ns) {
        out.add_ns(qname, kSpecialUseTtl);
      } else {
        return false;
      }
      return true;
  }
  return false;
}

/// Whether the name exists, with data of whatever type.
bool exists(const SpecialMatch& match) noexcept {
  switch (match.zone->content) {
    case Content::nothing:
      return false;
    case Content::no_data:
    case Content::loopback:
      return true;
    case Content::loopback_ptr:
    case Content::empty_zone:
      return match.offset == 0;
  }
  return false;
}

/// The DS of a zone is its parent's data. The public parents of these zones say that they are not
/// signed, without which a validator could not accept what we say (RFC 8375 section 4).
bool is_parents_data(const SpecialMatch& match, dns::Type type) noexcept {
  return type == dns::Type::ds && match.offset == 0 &&
         (match.zone->use == SpecialUse::home_arpa || match.zone->use == kPrivate);
}

bool yields(const SpecialMatch& match, const Covering& covering) noexcept {
  switch (match.zone->yields) {
    case Yields::to_as_specific:
      return covering.rule_labels >= match.labels;
    case Yields::to_any:
      return covering.rule_labels > 0 || covering.may_serve_private;
  }
  return false;
}

}  // namespace

SpecialZones::SpecialZones(const SpecialUses& uses, HashKey key) : zones_{0, SuffixHash{key}} {
  const auto add = [&](std::string_view text, const SpecialZone& zone) {
    if (!uses.test(static_cast<std::size_t>(zone.use))) return;
    const auto name = dns::parse_name(text);
    SLUICE_ASSERT(name);
    zones_.emplace(as_text(name->wire()), &zone);
  };
  for (const SpecialZone& zone : kZones) add(zone.name, zone);
  for (const ZoneRange& range : kRanges)
    for (int label = range.first; label <= range.last; ++label)
      add(std::to_string(label) + "." + std::string{range.zone.name}, range.zone);
}

std::optional<SpecialMatch> SpecialZones::find(const Suffixes& name, dns::Type type,
                                               const Covering& covering) const noexcept {
  for (std::size_t i = 0; i < name.label_count(); ++i) {
    const Suffix suffix = name[i];
    const auto found = zones_.find(suffix);
    if (found == zones_.end()) continue;
    const SpecialMatch match{
        .zone = found->second, .offset = suffix.offset, .labels = name.label_count() - i};
    if (yields(match, covering) || is_parents_data(match, type)) return std::nullopt;
    return match;
  }
  return std::nullopt;
}

std::optional<dns::Ede> SpecialZones::write(const SpecialMatch& match, dns::Type type,
                                            AnswerWriter& out) noexcept {
  if (add_data(match, type, out)) return std::nullopt;
  const dns::Rcode rcode = exists(match) ? dns::Rcode::noerror : dns::Rcode::nxdomain;
  out.end_negative(rcode, AnswerWriter::qname_offset(match.offset), kSpecialUseTtl);
  return dns::Ede{.code = dns::EdeCode::other,
                  .text = kReasons[static_cast<std::size_t>(match.zone->use)]};
}

}  // namespace sluice::local
