#include "resolver/net/interfaces.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace sluice::net {

namespace {

// An answer about one route is a few hundred octets.
constexpr std::size_t kBufferSize = 8'192;
// The kernel fills what it is given, up to this.
constexpr std::size_t kDumpBufferSize = 32'768;
constexpr std::uint32_t kSequence = 1;  // one request for each socket
// A list that changes while it is read is read again.
constexpr int kDumpAttempts = 4;

using NetlinkSocket = std::unique_ptr<mnl_socket, decltype(&::mnl_socket_close)>;

NetlinkSocket open_socket() {
  NetlinkSocket socket{::mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), ::mnl_socket_close};
  if (socket && ::mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) socket.reset();
  return socket;
}

// One pass over all objects of a kind; `read` gets each message. False if it was not complete.
template <typename Read>
bool dump_once(std::uint16_t type, Read read) {
  const NetlinkSocket socket = open_socket();
  if (!socket) return false;
  std::vector<char> buffer(kDumpBufferSize);
  nlmsghdr* request = ::mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = type;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = kSequence;
  auto* family = static_cast<rtgenmsg*>(::mnl_nlmsg_put_extra_header(request, sizeof(rtgenmsg)));
  family->rtgen_family = AF_UNSPEC;
  if (::mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) return false;

  const auto each = [](const nlmsghdr* message, void* reader) {
    (*static_cast<Read*>(reader))(*message);
    return MNL_CB_OK;
  };
  const unsigned port = ::mnl_socket_get_portid(socket.get());
  for (;;) {
    const ssize_t size = ::mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (size <= 0) return false;
    const int result =
        ::mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), kSequence, port, each, &read);
    if (result <= MNL_CB_STOP) return result == MNL_CB_STOP;  // below: an error, or it has changed
  }
}

// All objects of a kind; `append` adds what it makes of a message to the list.
template <typename Value, typename Append>
std::optional<std::vector<Value>> dump(std::uint16_t type, Append append) {
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    std::vector<Value> values;
    if (dump_once(type, [&](const nlmsghdr& message) { append(message, values); })) return values;
  }
  return std::nullopt;
}

// Calls `use` for each attribute in `bytes`.
template <typename Use>
void for_each_attribute(std::span<const std::byte> bytes, Use use) {
  const auto each = [](const nlattr* attribute, void* user) {
    (*static_cast<Use*>(user))(attribute);
    return MNL_CB_OK;
  };
  ::mnl_attr_parse_payload(bytes.data(), bytes.size(), each, &use);
}

// What follows the fixed part of a message.
template <typename Fixed>
std::span<const std::byte> attributes_of(const nlmsghdr& message) {
  const std::size_t size = ::mnl_nlmsg_get_payload_len(&message);
  const std::size_t fixed = std::min<std::size_t>(NLMSG_ALIGN(sizeof(Fixed)), size);
  return {static_cast<const std::byte*>(::mnl_nlmsg_get_payload(&message)) + fixed, size - fixed};
}

// An address of that family in `bytes`; none if they are too few. `interface` is the scope of a
// link-local one.
Address to_address(int family, std::span<const std::byte> bytes, std::uint32_t interface) {
  Address address;
  const std::size_t size = family == AF_INET ? 4 : 16;
  if ((family != AF_INET && family != AF_INET6) || bytes.size() < size) return address;
  address.family = family == AF_INET ? Address::Family::ipv4 : Address::Family::ipv6;
  std::memcpy(address.bytes.data(), bytes.data(), size);
  if (family == AF_INET6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80)
    address.scope = interface;
  return address;
}

std::span<const std::byte> payload(const nlattr* attribute) {
  return {static_cast<const std::byte*>(::mnl_attr_get_payload(attribute)),
          ::mnl_attr_get_payload_len(attribute)};
}

// 0 if the attribute holds something else.
std::uint32_t number(const nlattr* attribute) {
  return ::mnl_attr_validate(attribute, MNL_TYPE_U32) == 0 ? ::mnl_attr_get_u32(attribute) : 0;
}

std::optional<std::vector<std::uint32_t>> interfaces_up() {
  return dump<std::uint32_t>(RTM_GETLINK, [](const nlmsghdr& message, auto& up) {
    const auto& link = *static_cast<const ifinfomsg*>(::mnl_nlmsg_get_payload(&message));
    if ((link.ifi_flags & IFF_UP) != 0) up.push_back(static_cast<std::uint32_t>(link.ifi_index));
  });
}

InterfaceAddress read_address(const nlmsghdr& message) {
  const auto& header = *static_cast<const ifaddrmsg*>(::mnl_nlmsg_get_payload(&message));
  InterfaceAddress all{.address = {},
                       .peer = {},
                       .prefix_length = header.ifa_prefixlen,
                       .interface = header.ifa_index};
  std::uint32_t flags = header.ifa_flags;
  for_each_attribute(attributes_of<ifaddrmsg>(message), [&](const nlattr* attribute) {
    switch (::mnl_attr_get_type(attribute)) {
      case IFA_LOCAL:
        all.address = to_address(header.ifa_family, payload(attribute), all.interface);
        break;
      case IFA_ADDRESS:
        all.peer = to_address(header.ifa_family, payload(attribute), all.interface);
        break;
      case IFA_FLAGS:
        flags = number(attribute);
        break;
      default:
        break;
    }
  });
  // IFA_ADDRESS is ours where there is no other, or only ours again.
  if (all.address.family == Address::Family::none) all.address = all.peer;
  if (all.peer == all.address) all.peer = {};
  // What is "temporary" in IPv6 is "secondary" in IPv4, and lasts.
  constexpr std::uint32_t kPassing =
      IFA_F_TEMPORARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_DADFAILED;
  all.is_passing = header.ifa_family == AF_INET6 && (flags & kPassing) != 0;
  return all;
}

// The gateway in an attribute of a route or a next hop, if that is what it is.
Address read_gateway(int family, const nlattr* attribute, std::uint32_t interface) {
  const std::span bytes = payload(attribute);
  if (::mnl_attr_get_type(attribute) == RTA_GATEWAY) return to_address(family, bytes, interface);
  if (::mnl_attr_get_type(attribute) != RTA_VIA || bytes.size() < sizeof(rtvia)) return {};
  rtvia via{};  // the gateway is of another family (RFC 5549)
  std::memcpy(&via, bytes.data(), sizeof via);
  return to_address(via.rtvia_family, bytes.subspan(offsetof(rtvia, rtvia_addr)), interface);
}

void read_next_hops(int family, std::span<const std::byte> rest, std::vector<DefaultRoute>& hops) {
  rtnexthop hop{};
  while (rest.size() >= sizeof hop) {
    std::memcpy(&hop, rest.data(), sizeof hop);
    if (hop.rtnh_len < sizeof hop || hop.rtnh_len > rest.size()) return;
    const auto interface = static_cast<std::uint32_t>(hop.rtnh_ifindex);
    const auto attributes = rest.first(hop.rtnh_len).subspan(sizeof hop);
    for_each_attribute(attributes, [&](const nlattr* each) {
      hops.push_back({.gateway = read_gateway(family, each, interface), .interface = interface});
    });
    rest = rest.subspan(std::min(rest.size(), static_cast<std::size_t>(RTNH_ALIGN(hop.rtnh_len))));
  }
}

void append_default_route(const nlmsghdr& message, std::vector<DefaultRoute>& routes) {
  const auto& header = *static_cast<const rtmsg*>(::mnl_nlmsg_get_payload(&message));
  if (header.rtm_dst_len != 0 || header.rtm_src_len != 0 || header.rtm_type != RTN_UNICAST ||
      header.rtm_table != RT_TABLE_MAIN)
    return;
  DefaultRoute route;
  std::vector<DefaultRoute> hops;
  const std::span attributes = attributes_of<rtmsg>(message);
  for_each_attribute(attributes, [&](const nlattr* attribute) {
    if (::mnl_attr_get_type(attribute) == RTA_OIF) route.interface = number(attribute);
    if (::mnl_attr_get_type(attribute) == RTA_PRIORITY) route.metric = number(attribute);
    if (::mnl_attr_get_type(attribute) == RTA_MULTIPATH)
      read_next_hops(header.rtm_family, payload(attribute), hops);
  });
  for_each_attribute(attributes, [&](const nlattr* attribute) {
    route.gateway = read_gateway(header.rtm_family, attribute, route.interface);
    hops.push_back(route);
  });
  for (DefaultRoute& hop : hops) {
    hop.metric = route.metric;
    if (hop.gateway.family != Address::Family::none) routes.push_back(hop);
  }
}

int read_route(const nlmsghdr* message, void* index) {
  for_each_attribute(attributes_of<rtmsg>(*message), [&](const nlattr* attribute) {
    if (::mnl_attr_get_type(attribute) == RTA_OIF)
      *static_cast<std::uint32_t*>(index) = number(attribute);
  });
  return MNL_CB_STOP;
}

// Puts "which route leads to `address`?" into `buffer`; its size is in the header.
const nlmsghdr* route_request(std::span<char> buffer, const Address& address) {
  const bool is_ipv4 = address.family == Address::Family::ipv4;
  const std::size_t address_size = is_ipv4 ? 4 : 16;
  nlmsghdr* message = ::mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = RTM_GETROUTE;
  message->nlmsg_flags = NLM_F_REQUEST;
  message->nlmsg_seq = kSequence;
  auto* route = static_cast<rtmsg*>(::mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
  route->rtm_family = is_ipv4 ? AF_INET : AF_INET6;
  route->rtm_dst_len = static_cast<unsigned char>(8 * address_size);
  ::mnl_attr_put(message, RTA_DST, address_size, address.bytes.data());
  if (address.scope != 0) ::mnl_attr_put_u32(message, RTA_OIF, address.scope);
  return message;
}

}  // namespace

std::optional<std::string> egress_interface(const Address& address) {
  if (address.family == Address::Family::none) return std::nullopt;
  const NetlinkSocket socket = open_socket();
  if (!socket) return std::nullopt;

  alignas(nlmsghdr) std::array<char, kBufferSize> buffer{};
  const nlmsghdr* request = route_request(buffer, address);
  if (::mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) return std::nullopt;
  const ssize_t size = ::mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;

  std::uint32_t index = 0;
  const unsigned port = ::mnl_socket_get_portid(socket.get());
  const auto received = static_cast<std::size_t>(size);
  if (::mnl_cb_run(buffer.data(), received, kSequence, port, read_route, &index) < 0)
    return std::nullopt;
  std::array<char, IF_NAMESIZE> name{};
  if (index == 0 || ::if_indextoname(index, name.data()) == nullptr) return std::nullopt;
  return name.data();
}

std::optional<std::vector<InterfaceAddress>> interface_addresses() {
  const auto up = interfaces_up();
  if (!up) return std::nullopt;
  return dump<InterfaceAddress>(RTM_GETADDR, [&](const nlmsghdr& message, auto& all) {
    InterfaceAddress address = read_address(message);
    if (address.address.family == Address::Family::none) return;
    address.is_up = std::find(up->begin(), up->end(), address.interface) != up->end();
    all.push_back(address);
  });
}

std::optional<std::vector<DefaultRoute>> default_routes() {
  return dump<DefaultRoute>(RTM_GETROUTE, append_default_route);
}

std::vector<Address> own_addresses() {
  std::vector<Address> addresses;
  if (const auto all = interface_addresses())
    for (const InterfaceAddress& each : *all) addresses.push_back(each.address);
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace sluice::net
