#include "resolver/net/interfaces.h"

#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>

#include "resolver/net/socket.h"

namespace sluice::net {

namespace {

// An answer about one route is a few hundred octets.
constexpr std::size_t kBufferSize = 8'192;
constexpr std::uint32_t kSequence = 1;  // one request for each socket

using NetlinkSocket = std::unique_ptr<mnl_socket, decltype(&::mnl_socket_close)>;

int read_attribute(const nlattr* attribute, void* index) {
  if (::mnl_attr_get_type(attribute) == RTA_OIF &&
      ::mnl_attr_validate(attribute, MNL_TYPE_U32) == 0)
    *static_cast<std::uint32_t*>(index) = ::mnl_attr_get_u32(attribute);
  return MNL_CB_OK;
}

int read_route(const nlmsghdr* message, void* index) {
  ::mnl_attr_parse(message, sizeof(rtmsg), read_attribute, index);
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
  const NetlinkSocket socket{::mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), ::mnl_socket_close};
  if (!socket || ::mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return std::nullopt;

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

std::vector<Address> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) < 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{first, ::freeifaddrs};

  std::vector<Address> addresses;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    sockaddr_storage storage{};
    const auto family = each->ifa_addr->sa_family;
    if (family == AF_INET)
      std::memcpy(&storage, each->ifa_addr, sizeof(sockaddr_in));
    else if (family == AF_INET6)
      std::memcpy(&storage, each->ifa_addr, sizeof(sockaddr_in6));
    else
      continue;
    addresses.push_back(to_endpoint(storage).address);
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace sluice::net
