#include "resolver/recording_pcap.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "resolver/dns/message.h"

namespace sluice {

namespace {

// The format's own names: a magic number that tells byte order and microseconds, version 2.4.
constexpr std::uint32_t kMagic = 0xa1b2c3d4;
constexpr std::uint32_t kVersion = 2U << 16 | 4U;
constexpr std::uint32_t kSnapshotLength = 65'535;
constexpr std::uint32_t kLinkTypeRaw = 101;

constexpr std::size_t kIpv4Size = 20;
constexpr std::size_t kIpv6Size = 40;
constexpr std::size_t kUdpSize = 8;
constexpr std::uint8_t kUdpProtocol = 17;
constexpr std::uint8_t kHopLimit = 64;
// A message over TCP may be longer than any datagram: its end is left out.
constexpr std::size_t kMaxPayload = 65'535 - kIpv4Size - kUdpSize;
// Ports that the system gives to clients; the lower bits are the message's.
constexpr std::uint16_t kFirstLocalPort = 0xc000;
constexpr std::uint16_t kLocalPortBits = 0x3fff;

using Bytes = std::vector<std::byte>;

void append_u16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value >> 8 & 0xff));
  out.push_back(static_cast<std::byte>(value & 0xff));
}

void append_u32(Bytes& out, std::size_t value) {
  append_u16(out, value >> 16);
  append_u16(out, value & 0xffff);
}

void append(Bytes& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// The Internet checksum (RFC 1071): a sum of 16-bit words in ones' complement.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      sum_ += std::to_integer<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  void add(std::size_t word) noexcept { sum_ += word; }
  [[nodiscard]] std::uint16_t finish() const noexcept {
    std::uint64_t sum = sum_;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum & 0xffff);
  }

 private:
  std::uint64_t sum_ = 0;
};

/// A datagram between our made-up end and a server's.
struct Datagram {
  std::span<const std::byte> source;
  std::span<const std::byte> destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::span<const std::byte> payload;
  std::size_t payload_size = 0;  ///< before it was cut

  [[nodiscard]] bool is_ipv6() const noexcept { return source.size() == 16; }
  [[nodiscard]] std::size_t udp_size() const noexcept { return kUdpSize + payload_size; }
  [[nodiscard]] std::size_t size() const noexcept {
    return (is_ipv6() ? kIpv6Size : kIpv4Size) + udp_size();
  }
};

Datagram datagram_of(const Event& event) {
  const bool is_ipv6 = event.peer.address.family == Address::Family::ipv6;
  const auto server = std::as_bytes(std::span{event.peer.address.bytes}.first(is_ipv6 ? 16 : 4));
  const std::span<const std::byte> local =
      is_ipv6 ? std::span<const std::byte>{std::as_bytes(std::span{kPcapLocal6})}
              : std::span<const std::byte>{std::as_bytes(std::span{kPcapLocal4})};
  const std::uint16_t id = dns::read_u16(event.message, 0);
  const auto port = static_cast<std::uint16_t>(kFirstLocalPort | (id & kLocalPortBits));
  const std::size_t size = std::min(event.message_size, kMaxPayload);
  const auto payload = event.message.first(std::min(event.message.size(), size));
  if (event.kind == EventKind::sent) return {local, server, port, event.peer.port, payload, size};
  return {server, local, event.peer.port, port, payload, size};
}

void append_ipv4(Bytes& out, const Datagram& datagram) {
  const std::size_t begin = out.size();
  append_u16(out, 0x4500);  // version 4, five words of header, no special service
  append_u16(out, datagram.size());
  append_u32(out, 0x4000);  // identification 0, don't fragment
  append_u16(out, kHopLimit << 8 | kUdpProtocol);
  append_u16(out, 0);
  append(out, datagram.source);
  append(out, datagram.destination);
  Checksum checksum;
  checksum.add(std::span{out}.subspan(begin));
  dns::write_u16(std::span{out}.subspan(begin), 10, checksum.finish());
}

void append_ipv6(Bytes& out, const Datagram& datagram) {
  append_u32(out, 6U << 28);
  append_u16(out, datagram.udp_size());
  append_u16(out, kUdpProtocol << 8 | kHopLimit);
  append(out, datagram.source);
  append(out, datagram.destination);
}

/// RFC 768; over IPv6 RFC 8200 section 8.1. Zero, which stands for none, where part of the message
/// is missing.
std::uint16_t udp_checksum(const Datagram& datagram) noexcept {
  if (datagram.payload.size() < datagram.payload_size) return 0;
  Checksum checksum;
  checksum.add(datagram.source);
  checksum.add(datagram.destination);
  checksum.add(std::size_t{kUdpProtocol});
  checksum.add(datagram.udp_size());
  checksum.add(std::size_t{datagram.source_port});
  checksum.add(std::size_t{datagram.destination_port});
  checksum.add(datagram.udp_size());
  checksum.add(datagram.payload);
  const std::uint16_t sum = checksum.finish();
  return sum == 0 ? 0xffff : sum;
}

void append_packet(Bytes& out, const Event& event, Duration wall_offset) {
  const Datagram datagram = datagram_of(event);
  const auto at =
      std::chrono::floor<std::chrono::microseconds>(event.at.time_since_epoch() + wall_offset)
          .count();
  const std::size_t missing = datagram.payload_size - datagram.payload.size();
  append_u32(out, static_cast<std::size_t>(at / 1'000'000));
  append_u32(out, static_cast<std::size_t>(at % 1'000'000));
  append_u32(out, datagram.size() - missing);
  append_u32(out, datagram.size());
  if (datagram.is_ipv6())
    append_ipv6(out, datagram);
  else
    append_ipv4(out, datagram);
  append_u16(out, datagram.source_port);
  append_u16(out, datagram.destination_port);
  append_u16(out, datagram.udp_size());
  append_u16(out, udp_checksum(datagram));
  append(out, datagram.payload);
}

}  // namespace

std::string to_pcap(const Recording& recording, Duration wall_offset) {
  Bytes out;
  append_u32(out, kMagic);  // big-endian: readers take either order
  append_u32(out, kVersion);
  append_u32(out, 0);  // times are UTC
  append_u32(out, 0);
  append_u32(out, kSnapshotLength);
  append_u32(out, kLinkTypeRaw);
  recording.for_each([&](const Event& event) {
    if (event.message.size() < dns::kHeaderSize) return;
    append_packet(out, event, wall_offset);
  });
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

}  // namespace sluice
