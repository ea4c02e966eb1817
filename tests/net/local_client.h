#pragma once

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "resolver/net/socket.h"
#include "tests/net/event_loop.h"

/// Programs of this host that send queries, and the socket that receives them.
namespace sluice::net {

inline constexpr std::uint32_t kNobody = 65'534;

inline std::uint64_t inode_of(const Socket& socket) {
  struct stat status {};
  ::fstat(socket.descriptor(), &status);
  return status.st_ino;
}

inline bool bind_to(const Socket& socket, const Endpoint& where) {
  const auto address = to_socket_address(where);
  return ::bind(socket.descriptor(), address.get(), address.size) == 0;
}

inline void connect_to(const Socket& socket, const Endpoint& server) {
  const auto address = to_socket_address(server);
  if (::connect(socket.descriptor(), address.get(), address.size) != 0)
    throw std::runtime_error{"connect"};
}

inline void send_to(const Socket& socket, const Endpoint& server) {
  const auto address = to_socket_address(server);
  if (::sendto(socket.descriptor(), "q", 1, MSG_NOSIGNAL, address.get(), address.size) != 1)
    throw std::runtime_error{"sendto"};
}

inline Socket connected(int type, const Endpoint& server) {
  Socket socket{::socket(to_socket_address(server).storage.ss_family, type | SOCK_CLOEXEC, 0)};
  connect_to(socket, server);
  return socket;
}

inline Socket bound(int type, const Endpoint& where) {
  Socket socket{::socket(to_socket_address(where).storage.ss_family, type | SOCK_CLOEXEC, 0)};
  if (!bind_to(socket, where)) throw std::runtime_error{"bind"};
  return socket;
}

/// Our side.
class LocalServer {
 public:
  LocalServer(int type, std::string_view address) {
    auto opened = type == SOCK_DGRAM ? open_udp(endpoint(address), PortSharing::alone)
                                     : open_tcp(endpoint(address));
    if (opened) socket_ = std::move(opened).value();
  }
  [[nodiscard]] bool is_open() const { return socket_.descriptor() >= 0; }
  [[nodiscard]] Endpoint at() const { return local_endpoint(socket_.descriptor()); }

  /// Where the next datagram came from; waits for it.
  [[nodiscard]] Endpoint receive() const {
    await();
    sockaddr_storage source{};
    socklen_t size = sizeof source;
    std::array<char, 16> message{};
    ::recvfrom(socket_.descriptor(), message.data(), message.size(), 0,
               reinterpret_cast<sockaddr*>(&source), &size);
    return to_endpoint(source);
  }
  [[nodiscard]] Socket accept() const {
    await();
    return Socket{::accept(socket_.descriptor(), nullptr, nullptr)};
  }

 private:
  void await() const {
    pollfd wait{.fd = socket_.descriptor(), .events = POLLIN, .revents = 0};
    constexpr int kGiveUpMs = 10'000;
    if (::poll(&wait, 1, kGiveUpMs) != 1) throw std::runtime_error{"nothing has arrived"};
  }

  Socket socket_;
};

/// Runs `task` where no file and no socket can be opened.
template <typename F>
void without_more_files(F&& task) {
  rlimit usual{};
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit none{.rlim_cur = 0, .rlim_max = usual.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  task();
  ::setrlimit(RLIMIT_NOFILE, &usual);
}

/// For what a child does at its end: waits until it is killed.
inline void wait_for_parent() {
  for (;;) ::pause();
}

/// Another process that runs `task` and ends; it ends with this object at the latest.
class OtherProcess {
 public:
  template <typename F>
  explicit OtherProcess(F&& task) : pid_{::fork()} {
    if (pid_ != 0) return;
    try {
      task();
      ::_exit(0);
    } catch (const std::exception&) {
      ::_exit(2);
    }
  }
  ~OtherProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)exit_status();
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Waits for the end. -1 if it was killed.
  [[nodiscard]] int exit_status() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_;
};

}  // namespace sluice::net
