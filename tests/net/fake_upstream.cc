#include "tests/net/fake_upstream.h"

#include <linux/tcp.h>  // clashes with <netinet/tcp.h>, which Asio includes

namespace sluice::net {

std::uint32_t TcpPeer::segments_received() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_segs_in;
}

}  // namespace sluice::net
