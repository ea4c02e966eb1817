#include "tests/lab/tcp_segments.h"

// A file of its own: the kernel's header, which alone has tcpi_segs_in, cannot be included beside
// the C library's <netinet/tcp.h>, which Asio includes.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sluice::lab {

std::uint32_t segments_received(int socket) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_segs_in;
}

}  // namespace sluice::lab
