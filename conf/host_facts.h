#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/dns/name.h"

namespace sluice::local {
class LocalNames;
}

namespace sluice::conf {

/// How programs of a host ask, by the `options` and the search list of its resolv.conf(5). The
/// defaults are those of glibc.
struct StubOptions {
  std::chrono::seconds timeout{5};  ///< of one query to one server
  std::uint32_t attempts = 2;       ///< queries to each server
  std::uint32_t ndots = 1;          ///< a name with fewer dots is tried in the search list first
  std::vector<dns::Name> search = {};
  bool operator==(const StubOptions&) const = default;
};

enum class Platform : std::uint8_t { unknown, ec2 };

/// What there is to know of a host that a configuration may be right or wrong for. The shell reads
/// it (net/host_facts.h); what could not be read is nullopt, null or empty, and not judged.
struct HostFacts {
  /// Whether its resolv.conf names us, and whom else; the first three servers count.
  bool asks_us = false;
  std::vector<Endpoint> asks_others;
  StubOptions stub;
  Platform platform = Platform::unknown;
  /// Ports that sockets may get which ask for none in particular.
  std::optional<std::uint32_t> ports;
  /// Files and sockets that the daemon may have open.
  std::optional<std::uint64_t> open_files;
  /// What is answered without any upstream.
  std::shared_ptr<const local::LocalNames> local_names;
};

}  // namespace sluice::conf
