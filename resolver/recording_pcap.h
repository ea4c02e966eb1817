#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "resolver/recording.h"

namespace sluice {

/// The exchanges of a recording as a capture file (pcap, microseconds, LINKTYPE_RAW) that tcpdump
/// and Wireshark read: each query that was sent and each response that came.
///
/// What a packet capture would have and a recording has not is made up: our own end is
/// kPcapLocal4 or kPcapLocal6, with a port made of the message's ID, so that query and response
/// find each other; TCP messages look like UDP datagrams; IP identification is 0 and the hop limit
/// 64. Server's address and port, times, octets and checksums are right, but for the UDP checksum
/// of a message that was kept in part, which is 0. `wall_offset` added to a time of Clock gives
/// the time since 1970.
[[nodiscard]] std::string to_pcap(const Recording& recording, Duration wall_offset);

/// 192.0.2.1 and 2001:db8::1, of the blocks for documentation: nobody has them.
inline constexpr std::array<std::uint8_t, 4> kPcapLocal4{192, 0, 2, 1};
inline constexpr std::array<std::uint8_t, 16> kPcapLocal6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
                                                          0,    0,    0,    0,    0, 0, 0, 1};

}  // namespace sluice
