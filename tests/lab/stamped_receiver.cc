#include <utility>

#include "tests/lab/stamped_receiver.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>
#include <ctime>

namespace sluice::lab {

namespace {

constexpr std::size_t kBatchSize = 64;
constexpr std::size_t kMaxDatagram = 4'096;
constexpr std::size_t kControlSize = 128;
constexpr int kReceiveBufferBytes = 32 << 20;

std::int64_t to_ns(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void set_option(int socket, int option, int value) noexcept {
  ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value);
}

}  // namespace

struct StampedReceiver::Batch {
  std::array<mmsghdr, kBatchSize> headers{};
  std::array<iovec, kBatchSize> vectors{};
  std::array<std::array<std::byte, kMaxDatagram>, kBatchSize> bytes{};
  std::array<std::array<std::byte, kControlSize>, kBatchSize> control{};
  std::array<sockaddr_storage, kBatchSize> addresses{};
  std::array<Datagram, kBatchSize> datagrams{};
};

StampedReceiver::StampedReceiver(int socket) : socket_{socket}, batch_{std::make_unique<Batch>()} {
  set_option(socket, SO_TIMESTAMPNS, 1);
  set_option(socket, SO_RXQ_OVFL, 1);
  set_option(socket, SO_RCVBUF, kReceiveBufferBytes);       // up to net.core.rmem_max
  set_option(socket, SO_RCVBUFFORCE, kReceiveBufferBytes);  // beyond it, with CAP_NET_ADMIN
}

StampedReceiver::~StampedReceiver() = default;

std::span<const Datagram> StampedReceiver::receive() {
  Batch& batch = *batch_;
  for (std::size_t i = 0; i < kBatchSize; ++i) {
    batch.vectors[i] = {batch.bytes[i].data(), kMaxDatagram};
    msghdr& header = batch.headers[i].msg_hdr;
    header = {};
    header.msg_name = &batch.addresses[i];
    header.msg_namelen = sizeof batch.addresses[i];
    header.msg_iov = &batch.vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = batch.control[i].data();
    header.msg_controllen = kControlSize;
  }
  const int received = ::recvmmsg(socket_, batch.headers.data(), kBatchSize, MSG_DONTWAIT, nullptr);
  if (received <= 0) return {};

  for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
    msghdr& header = batch.headers[i].msg_hdr;
    Datagram& datagram = batch.datagrams[i];
    datagram.bytes = std::span{batch.bytes[i]}.first(batch.headers[i].msg_len);
    datagram.from.resize(header.msg_namelen);
    std::memcpy(datagram.from.data(), &batch.addresses[i], header.msg_namelen);
    datagram.at_ns = 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET) continue;
      timespec stamp{};
      if (c->cmsg_type == SO_TIMESTAMPNS) {
        std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        datagram.at_ns = to_ns(stamp);
      } else if (c->cmsg_type == SO_RXQ_OVFL) {
        std::memcpy(&overflows_, CMSG_DATA(c), sizeof overflows_);
      }
    }
    if (datagram.at_ns == 0) datagram.at_ns = realtime_ns();
  }
  return std::span{batch.datagrams}.first(static_cast<std::size_t>(received));
}

std::int64_t realtime_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return to_ns(now);
}

}  // namespace sluice::lab
