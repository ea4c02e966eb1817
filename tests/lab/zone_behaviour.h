#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/result.h"
#include "resolver/dns/name.h"

namespace sluice::lab {

/// What the emulated resolver does with a query.
enum class Behaviour : std::uint8_t {
  answer,  ///< records made from the name's hash; NODATA for types it cannot make
  servfail,
  refused,
  nxdomain,       ///< with the zone's SOA
  nodata,         ///< with the zone's SOA
  silent,         ///< no reply
  tc,             ///< UDP: TC and no records; TCP: the answer
  large,          ///< some 3000 octets of A or TXT records, so that UDP replies are truncated
  wrongid,        ///< first a reply with a wrong ID, then the right one
  wrongquestion,  ///< first a reply to another question, then the right one
  formerr,        ///< a server that knows no EDNS: FORMERR without OPT to a query with one
  malformed,      ///< a record that is cut off
  cname,          ///< a chain of three CNAME records towards the answer
};

[[nodiscard]] std::string_view to_string(Behaviour behaviour) noexcept;

/// How names at and below `suffix` behave.
struct ZoneBehaviour {
  dns::Name suffix{};
  Behaviour behaviour = Behaviour::answer;
  Duration delay{0};   ///< before the reply
  Duration jitter{0};  ///< added to it: uniformly from none to all of this
  double fail = 0;     ///< share of the names that always get SERVFAIL
  double loss = 0;     ///< share of the packets that vanish, chosen at random
  std::uint32_t ttl_seconds = 60;
};

/// Reads 'SUFFIX=BEHAVIOUR[,delay=2s][,jitter=500ms][,fail=0.5][,loss=0.05][,ttl=60]'. On failure
/// the reason, for people.
[[nodiscard]] Result<ZoneBehaviour, std::string> parse_zone(std::string_view text);

/// "2000ms", "2s", "1.5s", "250us": not negative, at most an hour.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// The longest suffix that `name` is at or below; nullopt if none fits.
[[nodiscard]] std::optional<std::size_t> find_zone(std::span<const ZoneBehaviour> zones,
                                                   const dns::Name& name) noexcept;

/// Everything answers in 2 ms, 104.in-addr.arpa slowly and with SERVFAIL, and under example. there
/// is one zone for every other behaviour, named after it: nxdomain.example, tc.example.
[[nodiscard]] std::vector<ZoneBehaviour> default_zones();

}  // namespace sluice::lab
