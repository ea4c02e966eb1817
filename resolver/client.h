#pragma once

#include <cstdint>

#include "resolver/base/endpoint.h"

namespace sluice {

enum class Transport : std::uint8_t { udp, tcp };

/// Where a query came from, and so where its reply goes. A plain value: the shell gives it to the
/// engine with a query and gets it back with the reply.
struct ClientRef {
  Endpoint client;                    ///< address and port of the client
  Address local;                      ///< what it asked, if the socket has many addresses or is TCP
  std::uint32_t interface_index = 0;  ///< where the datagram came in, if the socket has many
  std::uint16_t listener = 0;         ///< which listener's socket
  Transport transport = Transport::udp;
  std::uint64_t connection = 0;  ///< which TCP connection; 0 over UDP. Never reused

  friend bool operator==(const ClientRef&, const ClientRef&) = default;
};

}  // namespace sluice
