#pragma once

#include <string>
#include <string_view>

#include "resolver/net/spender_words.h"

namespace sluice::net {

/// What operators call a control group. `kind` is unit, container, pod or cgroup.
struct GroupName {
  ClientKind kind = ClientKind::cgroup;
  std::string name;

  bool operator==(const GroupName&) const = default;
};

/// Reads the name off a group's path below the mount, "/system.slice/a.service":
///  - a container of a pod by the pod's UID and its own short ID, "pod UID/0123456789ab", whether
///    the kubelet uses systemd's cgroup driver or cgroupfs;
///  - another container by its short ID, "container 0123456789ab": what runs in it, be it a whole
///    systemd, belongs to it;
///  - else the innermost unit;
///  - else the path as it is.
/// Pure. Takes any octets and leaves them as they are.
[[nodiscard]] GroupName group_name(std::string_view path);

}  // namespace sluice::net
