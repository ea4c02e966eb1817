#include "resolver/net/packet_tap.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace sluice::net {

namespace {

// Where things are, from the beginning of a packet's network header.
constexpr std::uint32_t kIpv4Destination = 16;
constexpr std::uint32_t kIpv6Destination = 24;
constexpr std::uint32_t kIpv6Payload = 40;
// From the beginning of UDP's and TCP's headers.
constexpr std::uint32_t kPort = 2;

// Loads of what the kernel knows about a packet (linux/filter.h).
constexpr auto kPacketType = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
constexpr auto kProtocol = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL);

using Program = std::vector<sock_filter>;

sock_filter statement(int code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}
/// Goes on with the next instruction if the loaded word is `value`, else skips `otherwise` of them.
sock_filter if_equal(std::uint32_t value, std::size_t otherwise) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<std::uint8_t>(otherwise), value};
}
/// Skips the next instruction if the loaded word is `value`.
sock_filter unless_equal(std::uint32_t value) { return {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value}; }

std::uint32_t mask_of(std::size_t bits) { return bits == 32 ? ~0U : ~(~0U >> bits); }

std::uint32_t word_of(const Address& address, std::size_t index) {
  std::uint32_t word = 0;
  std::memcpy(&word, address.bytes.data() + 4 * index, sizeof word);
  return ntohl(word);
}

/// Loads the port that a packet goes to. Not looked for behind IPv6's extension headers.
void append_load_port(Program& program, Address::Family family) {
  if (family == Address::Family::ipv6) {
    program.push_back(statement(BPF_LD | BPF_H | BPF_ABS, kIpv6Payload + kPort));
    return;
  }
  program.push_back(statement(BPF_LDX | BPF_B | BPF_MSH, 0));  // the header's length
  program.push_back(statement(BPF_LD | BPF_H | BPF_IND, kPort));
}

/// Accepts a packet that goes to `destination`; else falls through.
void append_test(Program& program, const Destination& destination) {
  const Address& address = destination.address;
  Program port;
  if (destination.port != 0) {
    append_load_port(port, address.family);
    port.push_back(if_equal(destination.port, 1));
  }
  const std::uint32_t offset =
      address.family == Address::Family::ipv4 ? kIpv4Destination : kIpv6Destination;
  constexpr std::size_t kPerWord = 3;  // load, mask, compare
  const std::size_t words = (destination.bits + 31U) / 32U;
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint32_t mask = mask_of(std::min<std::size_t>(32, destination.bits - 32 * i));
    const std::size_t left = kPerWord * (words - 1 - i) + port.size() + 1;
    program.push_back(
        statement(BPF_LD | BPF_W | BPF_ABS, offset + static_cast<std::uint32_t>(4 * i)));
    program.push_back(statement(BPF_ALU | BPF_AND | BPF_K, mask));
    program.push_back(if_equal(word_of(address, i) & mask, left));
  }
  program.insert(program.end(), port.begin(), port.end());
  program.push_back(statement(BPF_RET | BPF_K, 1));
}

/// Tests for all destinations of one family; then refuses.
Program tests_for(Address::Family family, const std::vector<Destination>& destinations) {
  Program program;
  for (const Destination& destination : destinations)
    if (destination.address.family == family) append_test(program, destination);
  program.push_back(statement(BPF_RET | BPF_K, 0));
  return program;
}

/// Accepts one octet of each packet that leaves for one of `destinations`, nothing of others. On
/// the loopback interface a packet passes twice, and only once as outgoing.
Program filter_for(const std::vector<Destination>& destinations) {
  const Program ipv4 = tests_for(Address::Family::ipv4, destinations);
  const Program ipv6 = tests_for(Address::Family::ipv6, destinations);
  Program program{
      statement(BPF_LD | BPF_W | BPF_ABS, kPacketType),
      unless_equal(PACKET_OUTGOING),
      statement(BPF_RET | BPF_K, 0),
      statement(BPF_LD | BPF_W | BPF_ABS, kProtocol),
      unless_equal(ETH_P_IP),
      statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(ipv4.size())),
  };
  program.insert(program.end(), ipv4.begin(), ipv4.end());  // which returns in any case
  program.push_back(unless_equal(ETH_P_IPV6));
  program.push_back(statement(BPF_RET | BPF_K, 0));
  program.insert(program.end(), ipv6.begin(), ipv6.end());
  return program;
}

std::string explain(const std::string& interface, int error) {
  const std::string subject = "cannot count packets on " + interface + ": ";
  switch (error) {
    case EPERM:
    case EACCES:
      return subject + "not permitted; give the process CAP_NET_RAW";
    case ENODEV:
    case ENXIO:
      return subject + "there is no such interface";
    case ENETDOWN:
      return subject + "the interface is down";
    default:
      return subject + std::generic_category().message(error);
  }
}

bool attach(int descriptor, Program program) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

bool bind_to(int descriptor, unsigned index) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);  // sockets for one protocol see nothing that leaves
  address.sll_ifindex = static_cast<int>(index);
  return ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Result<PacketTap, std::string> PacketTap::open(const std::string& interface,
                                               const std::vector<Destination>& destinations) {
  if (destinations.size() > kMostDestinations)
    return "cannot count packets on " + interface + ": they go to more than " +
           std::to_string(kMostDestinations) + " addresses";
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) return explain(interface, errno);
  // Without a protocol, so that it hears nothing before it is filtered and bound.
  Socket socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int smallest =
      1;  // the kernel makes it some 2 KiB; packets beyond are counted all the same
  if (socket.descriptor() < 0 || !attach(socket.descriptor(), filter_for(destinations)) ||
      ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest) != 0 ||
      !bind_to(socket.descriptor(), index))
    return explain(interface, errno);
  return PacketTap{std::move(socket)};
}

std::uint64_t PacketTap::total() noexcept {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  // Reading sets it back to zero. Those that found no room are among tp_packets.
  if (::getsockopt(socket_.descriptor(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
    total_ += statistics.tp_packets;
  return total_;
}

}  // namespace sluice::net
