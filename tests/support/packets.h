#pragma once

#include <string_view>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/endpoint.h"
#include "tests/support/wire.h"

/// Reads capture files, for tests of what we write: pcap with LINKTYPE_RAW, UDP in IPv4 and IPv6.
/// Everything else throws std::invalid_argument.
namespace sluice::packets {

struct Packet {
  Duration time{};  ///< since 1970
  Endpoint source, destination;
  wire::Bytes payload;
  std::size_t payload_size = 0;  ///< before it was cut
  bool has_right_checksums = false;
};

[[nodiscard]] std::vector<Packet> read(std::string_view file);

}  // namespace sluice::packets
