#include "tests/support/packets.h"

#include <algorithm>
#include <stdexcept>

#include "resolver/dns/message.h"

namespace sluice::packets {

namespace {

using View = std::span<const std::byte>;

void require(bool is_so, const char* what) {
  if (!is_so) throw std::invalid_argument{what};
}

/// What a right checksum makes of the words that it covers, itself among them: all ones.
std::uint32_t folded_sum(const wire::Bytes& covered) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < covered.size(); i += 2) {
    sum += std::to_integer<std::uint32_t>(covered[i]) << 8;
    if (i + 1 < covered.size()) sum += std::to_integer<std::uint32_t>(covered[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}

Address address(View bytes) {
  Address out;
  out.family = bytes.size() == 4 ? Address::Family::ipv4 : Address::Family::ipv6;
  std::transform(bytes.begin(), bytes.end(), out.bytes.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return out;
}

Packet read_ip(View packet) {
  Packet out;
  const bool is_ipv6 = std::to_integer<int>(packet[0]) >> 4 == 6;
  const std::size_t header = is_ipv6 ? 40 : 20;
  require(packet.size() >= header + 8, "no room for headers");
  require(packet[is_ipv6 ? 6 : 9] == std::byte{17}, "not UDP");
  const View source = is_ipv6 ? packet.subspan(8, 16) : packet.subspan(12, 4);
  const View destination = is_ipv6 ? packet.subspan(24, 16) : packet.subspan(16, 4);
  const View udp = packet.subspan(header);
  out.source = {address(source), dns::read_u16(udp, 0)};
  out.destination = {address(destination), dns::read_u16(udp, 2)};
  const std::size_t udp_size = dns::read_u16(udp, 4);
  require(dns::read_u16(packet, is_ipv6 ? 4 : 2) == udp_size + (is_ipv6 ? 0 : header),
          "the lengths of IP and UDP differ");
  out.payload_size = udp_size - 8;
  out.payload.assign(udp.begin() + 8, udp.end());

  wire::Bytes covered;
  for (const View part : {source, destination, udp})
    covered.insert(covered.end(), part.begin(), part.end());
  if (covered.size() % 2 != 0) covered.push_back(std::byte{0});
  covered.insert(covered.end(), {std::byte{0}, std::byte{17}, udp[4], udp[5]});
  const bool is_header_right =
      is_ipv6 || folded_sum({packet.begin(), packet.begin() + 20}) == 0xffff;
  out.has_right_checksums = is_header_right && folded_sum(covered) == 0xffff;
  return out;
}

}  // namespace

std::vector<Packet> read(std::string_view file) {
  const View bytes = std::as_bytes(std::span{file});
  require(bytes.size() >= 24 && dns::read_u32(bytes, 0) == 0xa1b2c3d4, "no pcap, big-endian");
  require(dns::read_u32(bytes, 4) == 0x00020004, "another version");
  require(dns::read_u32(bytes, 20) == 101, "not LINKTYPE_RAW");
  std::vector<Packet> packets;
  for (std::size_t at = 24; at < bytes.size();) {
    const View record = bytes.subspan(at);
    const std::size_t size = dns::read_u32(record, 8);
    Packet& packet = packets.emplace_back(read_ip(record.subspan(16, size)));
    packet.time = std::chrono::seconds{dns::read_u32(record, 0)} +
                  std::chrono::microseconds{dns::read_u32(record, 4)};
    at += 16 + size;
  }
  return packets;
}

}  // namespace sluice::packets
