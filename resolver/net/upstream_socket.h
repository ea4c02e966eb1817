#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "resolver/base/clock.h"
#include "resolver/base/endpoint.h"
#include "resolver/client.h"
#include "resolver/net/sent_question.h"

namespace sluice::net {

/// The one socket that a channel has open to an upstream: its options, what left and what came.
///
/// Non-blocking, connected, so that the kernel drops what other addresses send (RFC 5452
/// section 9.1) and reports ICMP errors; bound to an interface if one is named. The calls have the
/// form of socket calls, -1 and errno, since a resolver library makes them.
///
/// Sends at most one datagram between two aim() calls: a second one would not have been paid for.
/// Hands on only datagrams that repeat its ID and question, and listens to no more after
/// kMaxMismatched others: each further one would be another guess of a forger's.
///
/// Thread-confined; does not allocate but in aim() with a longer interface name.
class UpstreamSocket {
 public:
  /// Events are reported by the epoll set `epoll` with `watcher` as their data.
  UpstreamSocket(int epoll, void* watcher, Transport transport) noexcept
      : epoll_{epoll}, watcher_{watcher}, transport_{transport} {}
  UpstreamSocket(const UpstreamSocket&) = delete;
  UpstreamSocket& operator=(const UpstreamSocket&) = delete;

  /// Where the next socket leads; counts start anew. `interface` empty: as the routes say.
  void aim(const Endpoint& server, const std::string& interface);

  /// `type` is SOCK_DGRAM or SOCK_STREAM; refused unless it is this socket's transport.
  int open(int family, int type, int protocol) noexcept;
  int connect(int fd) noexcept;
  ssize_t send(int fd, std::span<const iovec> parts) noexcept;
  /// Reads a piece of a stream, or the next datagram that answers the query. Others, empty ones
  /// and those longer than `room` are counted and skipped; so is an error without question, which
  /// bare_error() keeps.
  ssize_t receive(int fd, std::span<std::byte> room, sockaddr* from, socklen_t* from_size) noexcept;
  int close(int fd) noexcept;

  void watch(int fd, bool readable, bool writable) noexcept;
  /// Datagrams that may come without answering the query. A server's own mishaps are one or two.
  static constexpr std::uint32_t kMaxMismatched = 4;
  /// Requires: the query is not answered. What came looks like forgery: kMaxMismatched datagrams,
  /// or one that differs from an answer in its letter case alone.
  [[nodiscard]] bool is_suspicious() const noexcept {
    return received_ >= kMaxMismatched || case_mismatched_ > 0;
  }
  /// The header of an error that came without question, its counts zero; empty if none has come.
  [[nodiscard]] std::span<const std::byte> bare_error() const noexcept {
    return std::span{bare_error_}.first(has_bare_error_ ? bare_error_.size() : 0);
  }

  [[nodiscard]] const Endpoint& server() const noexcept { return server_; }
  [[nodiscard]] const std::string& interface() const noexcept { return interface_; }
  [[nodiscard]] int fd() const noexcept { return fd_; }  ///< -1: none is open
  [[nodiscard]] std::uint32_t datagrams_sent() const noexcept { return sent_; }
  [[nodiscard]] std::uint32_t datagrams_received() const noexcept { return received_; }
  [[nodiscard]] std::uint32_t case_mismatched() const noexcept { return case_mismatched_; }
  /// Of these, whatever they held.
  [[nodiscard]] std::uint64_t octets_received() const noexcept { return octets_received_; }
  [[nodiscard]] std::size_t last_datagram_size() const noexcept { return last_size_; }
  [[nodiscard]] bool refused_resend() const noexcept { return refused_resend_; }
  /// A SYN left: somebody pays for this connection.
  [[nodiscard]] bool was_started() const noexcept { return was_started_; }
  /// TCP: bytes went through it, so the connection was established.
  [[nodiscard]] bool was_established() const noexcept { return was_established_; }
  /// The last call failed for want of descriptors, ports or memory of ours.
  [[nodiscard]] bool was_exhausted() const noexcept;

  /// TCP: packets that have left since the last call (tcpi_segs_out).
  [[nodiscard]] std::uint32_t take_segments() noexcept;

 private:
  [[nodiscard]] int set_options(int fd, int family) const noexcept;
  int failed() noexcept;
  void keep_error(std::span<const std::byte> datagram) noexcept;
  int read_segments() noexcept;  // returns tcpi_state, 0 if there is no socket

  int epoll_;
  void* watcher_;
  Transport transport_;
  Endpoint server_;
  std::string interface_;

  int fd_ = -1;
  bool watched_ = false;
  int error_ = 0;
  std::uint32_t sent_ = 0;
  std::uint32_t received_ = 0;
  std::uint64_t octets_received_ = 0;
  std::uint32_t case_mismatched_ = 0;
  std::size_t last_size_ = 0;
  SentQuestion question_;
  std::array<std::byte, dns::kHeaderSize> bare_error_{};
  bool has_bare_error_ = false;
  bool refused_resend_ = false;
  bool was_started_ = false;
  bool was_established_ = false;
  std::uint32_t segments_ = 0;
  std::uint32_t segments_taken_ = 0;
};

}  // namespace sluice::net
