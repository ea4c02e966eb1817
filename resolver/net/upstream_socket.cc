#include "resolver/net/upstream_socket.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "resolver/net/socket.h"

namespace sluice::net {

namespace {

// SYNs after the first: each is a packet of the budget's, and the engine has long moved on.
constexpr int kSynRetries = 2;
// Unacknowledged data for this long: the connection is dead.
constexpr unsigned kUserTimeoutMs = 10'000;
// States of tcpi_state in which close() with a zero linger sends a RST.
constexpr int kTcpEstablished = 1;
constexpr int kTcpCloseWait = 8;

template <typename Value>
bool set_option(int fd, int level, int name, const Value& value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

}  // namespace

void UpstreamSocket::aim(const Endpoint& server, const std::string& interface) {
  server_ = server;
  interface_ = interface;
  error_ = 0;
  sent_ = received_ = case_mismatched_ = 0;
  octets_received_ = 0;
  last_size_ = 0;
  has_bare_error_ = false;
  refused_resend_ = was_started_ = was_established_ = false;
  segments_ = segments_taken_ = 0;
}

int UpstreamSocket::open(int family, int type, int protocol) noexcept {
  if ((type == SOCK_STREAM) != (transport_ == Transport::tcp)) {
    errno = EPROTOTYPE;  // the engine decides about TCP, and has not paid for it
    return failed();
  }
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (fd < 0) return failed();
  if (set_options(fd, family) < 0) {
    failed();
    ::close(fd);
    errno = error_;
    return -1;
  }
  fd_ = fd;
  watched_ = false;
  return fd;
}

int UpstreamSocket::set_options(int fd, int family) const noexcept {
  if (!interface_.empty() && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface_.data(),
                                          static_cast<socklen_t>(interface_.size())) < 0)
    return -1;
  if (transport_ == Transport::udp) {
    // Never believe a forged "fragmentation needed" (RFC 9715 section 3.1). Best effort.
    if (family == AF_INET)
      set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, int{IP_PMTUDISC_OMIT});
    else
      set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, int{IPV6_PMTUDISC_OMIT});
    return 0;
  }
  // All of them trim packets or waiting; a connection works without.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_TCP, TCP_SYNCNT, kSynRetries);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  // Close with a RST: one packet instead of FIN and ACK, and nothing of ours is left in the pipe.
  set_option(fd, SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
  return 0;
}

int UpstreamSocket::connect(int fd) noexcept {
  // The address is our own rather than the library's, which has no room for an IPv6 scope.
  const SocketAddress to = to_socket_address(server_);
  const int result = ::connect(fd, to.get(), to.size);
  if (result == 0 || errno == EINPROGRESS) {
    was_started_ = true;
    return result;
  }
  return failed();
}

ssize_t UpstreamSocket::send(int fd, std::span<const iovec> parts) noexcept {
  if (transport_ == Transport::udp && sent_ > 0) {
    refused_resend_ = true;
    errno = EPERM;
    return -1;
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());  // sendmsg() does not write through it
  message.msg_iovlen = parts.size();
  const ssize_t size = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  if (size < 0) return failed();
  if (transport_ == Transport::udp) {
    ++sent_;
    // What has left rather than what was asked for: the library may have put in an ID of its own.
    question_.remember(
        {static_cast<const std::byte*>(parts.front().iov_base), parts.front().iov_len});
  }
  was_established_ = true;
  return size;
}

ssize_t UpstreamSocket::receive(int fd, std::span<std::byte> room, sockaddr* from,
                                socklen_t* from_size) noexcept {
  if (transport_ == Transport::tcp) {
    const ssize_t size = ::recv(fd, room.data(), room.size(), 0);
    if (size < 0 && errno != EAGAIN) return failed();
    return size;
  }
  while (!is_suspicious() && !has_bare_error_) {
    const ssize_t size = ::recvfrom(fd, room.data(), room.size(), MSG_TRUNC, from, from_size);
    if (size < 0) return errno == EAGAIN ? -1 : failed();
    ++received_;
    last_size_ = static_cast<std::size_t>(size);
    octets_received_ += last_size_;
    if (last_size_ > room.size()) continue;
    const auto datagram = room.first(last_size_);
    switch (question_.match(datagram)) {
      case DatagramMatch::answer:
        return size;
      case DatagramMatch::bare_error:
        keep_error(datagram);
        break;
      case DatagramMatch::letter_case:
        ++case_mismatched_;
        break;
      case DatagramMatch::other:
        break;
    }
  }
  errno = EAGAIN;  // the channel closes the socket, with what is left in it
  return -1;
}

void UpstreamSocket::keep_error(std::span<const std::byte> datagram) noexcept {
  constexpr std::size_t kCounts = 4;  // offset in the header
  std::copy_n(datagram.begin(), kCounts, bare_error_.begin());
  std::fill(bare_error_.begin() + kCounts, bare_error_.end(), std::byte{0});
  has_bare_error_ = true;
  last_size_ = bare_error_.size();
}

int UpstreamSocket::close(int fd) noexcept {
  if (transport_ == Transport::tcp) {
    const int state = read_segments();
    if (state == kTcpEstablished || state == kTcpCloseWait) ++segments_;  // the RST to come
  }
  fd_ = -1;
  return ::close(fd);
}

void UpstreamSocket::watch(int fd, bool readable, bool writable) noexcept {
  if (!readable && !writable) return;  // close() takes it out of the set
  epoll_event event{};
  event.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
  event.data.ptr = watcher_;
  ::epoll_ctl(epoll_, watched_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  watched_ = true;
}

bool UpstreamSocket::was_exhausted() const noexcept {
  switch (error_) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case EAGAIN:
      return true;
    default:
      return false;
  }
}

std::uint32_t UpstreamSocket::take_segments() noexcept {
  read_segments();
  const std::uint32_t delta = segments_ - segments_taken_;
  segments_taken_ = segments_;
  return delta;
}

int UpstreamSocket::failed() noexcept {
  error_ = errno;
  return -1;
}

int UpstreamSocket::read_segments() noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (fd_ < 0 || ::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return 0;
  segments_ = info.tcpi_segs_out;
  return info.tcpi_state;
}

}  // namespace sluice::net
