#pragma once

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "resolver/net/socket.h"

namespace sluice::net {

/// Runs `test` in a thread with a network of its own: nothing but a loopback interface that is
/// down. False, and nothing has run, if this host does not permit that.
template <typename F>
[[nodiscard]] bool in_private_network(F&& test) {
  bool is_permitted = false;
  std::thread{[&] {
    is_permitted = ::unshare(CLONE_NEWNET) == 0;
    if (is_permitted) test();
  }}.join();
  return is_permitted;
}

/// Sets the interface up or down; true if that worked.
inline bool set_up(const std::string& interface, bool is_up) {
  const Socket socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_flags = is_up ? IFF_UP : 0;
  return ::ioctl(socket.descriptor(), SIOCSIFFLAGS, &request) == 0;
}

}  // namespace sluice::net
