#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/host_facts.h"
#include "resolver/base/endpoint.h"

namespace sluice::net {

/// Servers that are taken from one resolv.conf(5); glibc takes 3.
inline constexpr std::size_t kMaxSystemServers = 16;

/// The servers that the text of a resolv.conf(5) names, in order, each once, on port 53. Lines that
/// are no `nameserver` lines or name no address are skipped. A scope may be an interface's name.
[[nodiscard]] std::vector<Endpoint> parse_resolv_conf(std::string_view text);

/// Suffixes that are taken from its search list.
inline constexpr std::size_t kMaxSearchSuffixes = 32;

/// What the text says of how programs ask, as glibc takes it: the last word on each counts, and
/// numbers that are too large count as the largest there may be.
[[nodiscard]] conf::StubOptions parse_stub_options(std::string_view text);

/// The text of the file, or its beginning if it is too large to be one; empty if there is none.
[[nodiscard]] std::string read_resolv_conf(const std::filesystem::path& path);

/// Where to look for the system's servers, and who we are.
struct SystemServersSource {
  /// In order: the next one is read if the earlier ones name nobody but ourselves, as
  /// /etc/resolv.conf does on a host that asks us.
  std::vector<std::filesystem::path> files{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"};
  /// Our listening endpoints. A wildcard address stands for every address of this host.
  std::vector<Endpoint> own;
};

/// The system's servers without ourselves; empty if there are none.
[[nodiscard]] std::vector<Endpoint> system_servers(const SystemServersSource& source);

/// `servers` without those at which one of `own` listens. `host` are the addresses of this host.
[[nodiscard]] std::vector<Endpoint> without_own(std::vector<Endpoint> servers,
                                                std::span<const Endpoint> own,
                                                std::span<const Address> host);

}  // namespace sluice::net
