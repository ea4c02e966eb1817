// The floor under every UDP server on this machine: takes datagrams in batches and sends each back
// with the QR bit set, so that a DNS load generator takes it for a reply. What a resolver costs
// above this is its own.
//
//   udp_echo PORT      serves 127.0.0.1:PORT until it is killed, on one thread

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr std::size_t kBatchSize = 32;
constexpr std::size_t kMaxSize = 4'096;

struct Slot {
  sockaddr_in source{};
  iovec part{};
  std::array<unsigned char, kMaxSize> bytes;
};

std::array<Slot, kBatchSize> slots;
std::array<mmsghdr, kBatchSize> messages;

int fail(const char* what) {
  std::perror(what);
  return 1;
}

void arm(std::size_t i) {
  Slot& slot = slots[i];
  slot.part = {slot.bytes.data(), slot.bytes.size()};
  messages[i].msg_hdr = {};
  messages[i].msg_hdr.msg_name = &slot.source;
  messages[i].msg_hdr.msg_namelen = sizeof slot.source;
  messages[i].msg_hdr.msg_iov = &slot.part;
  messages[i].msg_hdr.msg_iovlen = 1;
}

void echo(int descriptor) {
  const int received = ::recvmmsg(descriptor, messages.data(), kBatchSize, MSG_WAITFORONE, nullptr);
  if (received <= 0) return;
  const auto count = static_cast<std::size_t>(received);
  for (std::size_t i = 0; i < count; ++i) {
    slots[i].part.iov_len = messages[i].msg_len;
    slots[i].bytes[2] |= 0x80;  // QR (RFC 1035 section 4.1.1)
  }
  for (std::size_t begin = 0; begin < count;) {
    const int sent =
        ::sendmmsg(descriptor, &messages[begin], static_cast<unsigned>(count - begin), 0);
    begin += sent > 0 ? static_cast<std::size_t>(sent) : 1;
  }
  for (std::size_t i = 0; i < count; ++i) arm(i);
}

}  // namespace

int main(int argc, char** argv) {
  char* end = nullptr;
  const long port = argc == 2 ? std::strtol(argv[1], &end, 10) : 0;
  if (port < 1 || port > 65'535 || *end != '\0') {
    std::fputs("usage: udp_echo PORT\n", stderr);
    return 2;
  }
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail("bind");
  for (std::size_t i = 0; i < kBatchSize; ++i) arm(i);
  for (;;) echo(descriptor);
}
