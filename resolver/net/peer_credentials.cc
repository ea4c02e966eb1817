#include "resolver/net/peer_credentials.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sluice::net {

namespace {

// The kernel's own limit is 65,536 groups; a peer with more than this loses the rest.
constexpr std::size_t kMaxGroups = 1'024;

std::vector<gid_t> groups_of_user(uid_t uid, gid_t gid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> text{};
  if (getpwuid_r(uid, &entry, text.data(), text.size(), &found) != 0 || found == nullptr) return {};
  std::vector<gid_t> groups(kMaxGroups);
  int size = static_cast<int>(groups.size());
  if (getgrouplist(entry.pw_name, gid, groups.data(), &size) < 0)
    size = static_cast<int>(groups.size());
  groups.resize(static_cast<std::size_t>(size));
  return groups;
}

std::vector<gid_t> read_groups(int descriptor, const ucred& peer) {
#ifdef SO_PEERGROUPS
  // What the process has, not what the user database says: no look-up that could end in a query
  // to ourselves. Since Linux 4.13.
  std::vector<gid_t> groups(kMaxGroups);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
    groups.resize(size / sizeof(gid_t));
    return groups;
  }
  if (errno != ENOPROTOOPT) return {};
#endif
  return groups_of_user(peer.uid, peer.gid);
}

}  // namespace

bool allow(const PeerCredentials& peer, const SocketOwner& owner) noexcept {
  return peer.uid == 0 || peer.uid == owner.uid || peer.gid == owner.gid ||
         std::find(peer.groups.begin(), peer.groups.end(), owner.gid) != peer.groups.end();
}

std::optional<PeerCredentials> read_peer_credentials(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return PeerCredentials{
      .pid = peer.pid, .uid = peer.uid, .gid = peer.gid, .groups = read_groups(descriptor, peer)};
}

}  // namespace sluice::net
