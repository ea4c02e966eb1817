#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

/// What operators call a spender: the nearest thing that they have a name for.
enum class ClientKind : std::uint8_t {
  unit,       ///< of systemd: a service, a scope
  container,  ///< not of a pod
  pod,        ///< one container of it
  cgroup,     ///< any other control group
  process,    ///< a user's programs of one name
  user,
  address,
  unknown,
};

/// As it stands in replies: the enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(ClientKind kind) noexcept {
  switch (kind) {
    case ClientKind::unit:
      return "unit";
    case ClientKind::container:
      return "container";
    case ClientKind::pod:
      return "pod";
    case ClientKind::cgroup:
      return "cgroup";
    case ClientKind::process:
      return "process";
    case ClientKind::user:
      return "user";
    case ClientKind::address:
      return "address";
    case ClientKind::unknown:
      return "unknown";
  }
  return "unknown";
}

/// A spender in words. They may hold any octets, since clients name their programs and groups:
/// escape them where they are printed.
struct SpenderWords {
  std::string client;  ///< "ptr-batch.service", "python3 ptr_job.py", "192.0.2.1"
  ClientKind kind = ClientKind::unknown;
  std::string detail{};                ///< what else is known: "cgroup /system.slice/a.service"
  std::optional<std::uint32_t> uid{};  ///< if one user owns all its sockets that were seen

  bool operator==(const SpenderWords&) const = default;
};

}  // namespace sluice::net
