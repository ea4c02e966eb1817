#include "resolver/net/interfaces_watcher.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "resolver/net/socket.h"

namespace sluice::net {

namespace {

constexpr std::uint32_t kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                  RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE |
                                  1U << (RTNLGRP_IPV6_RULE - 1);
// Reads in one turn of the loop; the rest waits for the next.
constexpr int kMessagesPerTurn = 64;

Socket open_netlink() {
  Socket socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kGroups;
  if (::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  return socket;
}

}  // namespace

InterfacesWatcher::InterfacesWatcher(boost::asio::io_context& loop, Changed changed,
                                     Duration settle)
    : changed_{std::move(changed)}, settle_{settle}, netlink_{loop}, timer_{loop} {
  Socket socket = open_netlink();
  if (socket.descriptor() < 0) return;
  netlink_.assign(socket.release());
  await_event();
}

void InterfacesWatcher::await_event() {
  netlink_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec) {
                        if (ec || alive.expired()) return;
                        if (drain()) report_soon();
                        await_event();
                      });
}

/// Reads what has come; what it says in detail does not matter. True if something has.
bool InterfacesWatcher::drain() {
  bool has_come = false;
  std::array<std::byte, 64> piece{};  // the rest of a message goes with it
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    // ENOBUFS: the kernel had more to say than there was room for.
    if (::recv(netlink_.native_handle(), piece.data(), piece.size(), 0) < 0 && errno != ENOBUFS)
      break;
    has_come = true;
  }
  return has_come;
}

void InterfacesWatcher::report_soon() {
  // The wait is not prolonged by further changes: on a host of many containers they never end.
  if (std::exchange(is_due_, true)) return;
  timer_.expires_after(settle_);
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec) {
    if (ec || alive.expired()) return;
    is_due_ = false;
    changed_();
  });
}

}  // namespace sluice::net
