#pragma once

#include <filesystem>
#include <span>

#include "conf/host_facts.h"

namespace sluice::net {

/// Where a host says what it is.
struct HostPaths {
  std::filesystem::path resolv_conf = "/etc/resolv.conf";
  std::filesystem::path dmi = "/sys/class/dmi/id";    ///< what the machine's maker says
  std::filesystem::path ipv4 = "/proc/sys/net/ipv4";  ///< the kernel's settings of local ports
};

/// All facts but what is answered without any upstream. `own` are our listening endpoints. Reads
/// small files, and asks the kernel for addresses: at the start, or on the command line.
[[nodiscard]] conf::HostFacts read_host_facts(std::span<const Endpoint> own,
                                              const HostPaths& paths = {});

}  // namespace sluice::net
