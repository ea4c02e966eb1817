#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/endpoint.h"
#include "resolver/dns/constants.h"
#include "resolver/dns/message.h"
#include "resolver/net/socket.h"

namespace sluice::net {

using Bytes = std::vector<std::byte>;

inline void append_u16(Bytes& bytes, std::size_t value) {
  bytes.push_back(static_cast<std::byte>(value >> 8 & 0xff));
  bytes.push_back(static_cast<std::byte>(value & 0xff));
}

inline void append_name(Bytes& bytes, std::string_view name) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    bytes.push_back(static_cast<std::byte>(label.size()));
    for (const char c : label) bytes.push_back(static_cast<std::byte>(c));
    name.remove_prefix(label.size() + 1);
  }
  bytes.push_back(std::byte{0});
}

/// A query for the A records of `name`, without OPT.
inline Bytes plain_query(std::uint16_t id, std::string_view name = "WwW.example.") {
  Bytes bytes;
  for (const std::size_t field : {std::size_t{id}, std::size_t{0x0100}, std::size_t{1},
                                  std::size_t{0}, std::size_t{0}, std::size_t{0}})
    append_u16(bytes, field);
  append_name(bytes, name);
  append_u16(bytes, 1);
  append_u16(bytes, 1);
  return bytes;
}

inline void append_opt(Bytes& message) {
  message.push_back(std::byte{0});
  append_u16(message, 41);
  append_u16(message, dns::kEdnsUdpSize);
  for (int i = 0; i < 3; ++i) append_u16(message, 0);
  dns::write_u16(message, 10, static_cast<std::uint16_t>(dns::read_u16(message, 10) + 1));
}

/// The same with a bare OPT as the last record.
inline Bytes edns_query(std::uint16_t id, std::string_view name = "WwW.example.") {
  Bytes bytes = plain_query(id, name);
  append_opt(bytes);
  return bytes;
}

inline std::size_t question_end(std::span<const std::byte> message) {
  std::size_t at = dns::kHeaderSize;
  while (message[at] != std::byte{0}) at += std::to_integer<std::size_t>(message[at]) + 1;
  return at + 5;
}

/// An answer to `query` with the given RCODE: header and question, no OPT.
inline Bytes response_to(std::span<const std::byte> query, std::uint16_t rcode = 0) {
  Bytes bytes(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(question_end(query)));
  dns::write_u16(bytes, 2, static_cast<std::uint16_t>(0x8180 | rcode));
  dns::write_u16(bytes, 10, 0);
  return bytes;
}

/// The same, filled with TXT records to exactly `size` octets.
inline Bytes long_response_to(std::span<const std::byte> query, std::size_t size) {
  constexpr std::size_t kFixed = 13;  // name, type, class, TTL, RDLENGTH, one length octet
  Bytes bytes = response_to(query);
  std::uint16_t records = 0;
  while (bytes.size() < size) {
    std::size_t text = std::min<std::size_t>(255, size - bytes.size() - kFixed);
    const std::size_t rest = size - bytes.size() - kFixed - text;
    if (rest > 0 && rest < kFixed) text -= kFixed;
    for (const std::size_t field : {std::size_t{0xc00c}, std::size_t{16}, std::size_t{1},
                                    std::size_t{0}, std::size_t{60}, text + 1})
      append_u16(bytes, field);
    bytes.push_back(static_cast<std::byte>(text));
    bytes.insert(bytes.end(), text, std::byte{'x'});
    ++records;
  }
  dns::write_u16(bytes, 6, records);
  return bytes;
}

/// A socket on 127.0.0.1 and a port that the kernel chose.
inline Socket bind_loopback(int type) {
  Socket socket{::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const SocketAddress address = to_socket_address(*Endpoint::parse("127.0.0.1:0", 0));
  if (::bind(socket.descriptor(), address.get(), address.size) < 0)
    throw std::runtime_error{"cannot bind a socket to 127.0.0.1"};
  return socket;
}

/// A UDP upstream that does what the test tells it, when it tells it.
class UdpUpstream {
 public:
  struct Datagram {
    Bytes bytes;
    sockaddr_in from;
    [[nodiscard]] std::uint16_t port() const { return ntohs(from.sin_port); }
  };

  [[nodiscard]] Endpoint endpoint() const { return local_endpoint(socket_.descriptor()); }

  /// What has arrived so far.
  [[nodiscard]] std::vector<Datagram> receive() {
    std::vector<Datagram> all;
    std::array<std::byte, 65'536> room;
    Datagram datagram{};
    socklen_t size = sizeof datagram.from;
    for (ssize_t got = 0;
         (got = ::recvfrom(socket_.descriptor(), room.data(), room.size(), 0,
                           reinterpret_cast<sockaddr*>(&datagram.from), &size)) >= 0;) {
      datagram.bytes.assign(room.begin(), room.begin() + got);
      all.push_back(datagram);
    }
    return all;
  }

  void send(const Datagram& query, const Bytes& response) {
    ::sendto(socket_.descriptor(), response.data(), response.size(), 0,
             reinterpret_cast<const sockaddr*>(&query.from), sizeof query.from);
  }

  void close() { Socket{std::move(socket_)}; }

 private:
  Socket socket_ = bind_loopback(SOCK_DGRAM);
};

/// One connection that a TcpUpstream accepted.
class TcpPeer {
 public:
  explicit TcpPeer(int fd) : socket_{fd} {}

  [[nodiscard]] bool is_open() const { return socket_.descriptor() >= 0; }

  /// The queries that have arrived in full so far.
  [[nodiscard]] std::vector<Bytes> receive() {
    std::array<std::byte, 65'536> room;
    for (ssize_t got = 0; (got = ::recv(socket_.descriptor(), room.data(), room.size(), 0)) > 0;)
      buffer_.insert(buffer_.end(), room.begin(), room.begin() + got);
    std::vector<Bytes> all;
    while (buffer_.size() >= 2) {
      const auto end = buffer_.begin() + 2 + dns::read_u16(buffer_, 0);
      if (end > buffer_.end()) break;
      all.emplace_back(buffer_.begin() + 2, end);
      buffer_.erase(buffer_.begin(), end);
    }
    return all;
  }

  void send(const Bytes& response) {
    Bytes framed;
    append_u16(framed, response.size());
    framed.insert(framed.end(), response.begin(), response.end());
    ::send(socket_.descriptor(), framed.data(), framed.size(), MSG_NOSIGNAL);
  }

  /// Packets that this side has got, the SYN among them (tcpi_segs_in).
  [[nodiscard]] std::uint32_t segments_received() const;

  void close() { Socket{std::move(socket_)}; }

 private:
  Socket socket_;
  Bytes buffer_;
};

class TcpUpstream {
 public:
  TcpUpstream() { ::listen(socket_.descriptor(), 16); }

  [[nodiscard]] Endpoint endpoint() const { return local_endpoint(socket_.descriptor()); }

  /// The next connection, not open if there is none.
  [[nodiscard]] TcpPeer accept() {
    return TcpPeer{::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  }

 private:
  Socket socket_ = bind_loopback(SOCK_STREAM);
};

}  // namespace sluice::net
