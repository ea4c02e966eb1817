#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

namespace sluice::net {

/// Who is at the other end of a Unix socket, as the kernel recorded it when that end connected.
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};  ///< supplementary
};

/// Who may use the control socket besides root.
struct SocketOwner {
  uid_t uid = 0;  ///< whom this process runs as
  gid_t gid = 0;  ///< the group of the socket's file
};

/// Root, our own user, and members of the socket's group. The mode of the file says the same; this
/// also holds if somebody widens the mode or hands a connected descriptor on.
[[nodiscard]] bool allow(const PeerCredentials& peer, const SocketOwner& owner) noexcept;

/// The credentials of a connected Unix socket's other end; nullopt if the kernel does not tell.
[[nodiscard]] std::optional<PeerCredentials> read_peer_credentials(int descriptor);

}  // namespace sluice::net
