#include "resolver/net/client_sockets.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "resolver/net/socket.h"

namespace sluice::net {

namespace {

// The index that the kernel gives the loopback interface of every network namespace.
constexpr std::uint32_t kLoopbackIndex = 1;
// Answers to earlier questions that may wait to be read: none, unless reading one has failed.
constexpr int kStaleAnswers = 4;

struct Side {
  std::uint32_t* address;  // in a request, four words
  std::uint16_t* port;
};

void fill(const Side& side, const Endpoint& endpoint) noexcept {
  std::memcpy(side.address, endpoint.address.bytes.data(), endpoint.address.bytes.size());
  *side.port = htons(endpoint.port);
}

int read_cgroup(const nlattr* attribute, void* socket) {
  if (::mnl_attr_get_type(attribute) == INET_DIAG_CGROUP_ID &&
      ::mnl_attr_validate(attribute, MNL_TYPE_U64) == 0)
    static_cast<ClientSocket*>(socket)->cgroup_id = ::mnl_attr_get_u64(attribute);
  return MNL_CB_OK;
}

}  // namespace

ClientSockets::ClientSockets()
    : netlink_{::mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | SOCK_NONBLOCK),
               ::mnl_socket_close} {
  if (!netlink_ || ::mnl_socket_bind(netlink_.get(), 0, MNL_SOCKET_AUTOPID) < 0) return;
  for (const Transport transport : {Transport::udp, Transport::tcp})
    can_find_[static_cast<std::size_t>(transport)] = is_told_of(transport);
}

ClientSockets::~ClientSockets() = default;

bool ClientSockets::can_find(Transport transport) const noexcept {
  return can_find_[static_cast<std::size_t>(transport)];
}

// Without a module for these sockets the kernel answers as if there were none, so we ask for one
// that there surely is.
bool ClientSockets::is_told_of(Transport transport) noexcept {
  const Endpoint wanted{*Address::parse("127.0.0.1"), 0};
  const auto own =
      transport == Transport::udp ? open_udp(wanted, PortSharing::alone) : open_tcp(wanted);
  if (!own) return true;  // no way to find out; what is asked later costs little
  const Endpoint bound = local_endpoint(own.value().descriptor());
  return ask({bound, bound, transport, kLoopbackIndex}).has_value();
}

std::optional<ClientSocket> ClientSockets::find(const Endpoint& client, const Endpoint& server,
                                                Transport transport,
                                                std::uint32_t interface_index) noexcept {
  // On a wildcard, our socket could be taken for a closed one of a client at our own port.
  if (!can_find(transport) || client.port == server.port) return std::nullopt;
  const auto report =
      ask({client, server, transport, interface_index != 0 ? interface_index : kLoopbackIndex});
  if (!report || report->port != client.port) return std::nullopt;
  // What listens at the port of a connection, or is connected to another, is somebody else's.
  const bool is_for_us =
      report->peer_port == server.port || (transport == Transport::udp && report->peer_port == 0);
  // A connection that nobody has open any more is reported as root's.
  if (!is_for_us || report->socket.inode == 0) return std::nullopt;
  return report->socket;
}

std::optional<ClientSockets::Report> ClientSockets::ask(const Conversation& about) noexcept {
  const bool is_ipv4 = about.client.address.family == Address::Family::ipv4;
  nlmsghdr* message = ::mnl_nlmsg_put_header(buffer_.data());
  message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message->nlmsg_flags = NLM_F_REQUEST;
  message->nlmsg_seq = ++sequence_;
  auto* request = static_cast<inet_diag_req_v2*>(
      ::mnl_nlmsg_put_extra_header(message, sizeof(inet_diag_req_v2)));
  request->sdiag_family = is_ipv4 ? AF_INET : AF_INET6;
  request->sdiag_protocol = about.transport == Transport::udp ? IPPROTO_UDP : IPPROTO_TCP;
  request->idiag_states = ~0U;
  inet_diag_sockid& id = request->id;
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  id.idiag_if = about.interface_index;
  // A TCP socket is asked for as it sees itself, a UDP socket by the datagram that it would
  // receive. The other way round, UDP would give us our own socket.
  const Side source{id.idiag_src, &id.idiag_sport};
  const Side destination{id.idiag_dst, &id.idiag_dport};
  const bool is_tcp = about.transport == Transport::tcp;
  fill(source, is_tcp ? about.client : about.server);
  fill(destination, is_tcp ? about.server : about.client);

  if (::mnl_socket_sendto(netlink_.get(), message, message->nlmsg_len) < 0) return std::nullopt;
  return receive(sequence_);
}

// The kernel has answered before it returns from the call that asks.
std::optional<ClientSockets::Report> ClientSockets::receive(std::uint32_t sequence) noexcept {
  const unsigned port = ::mnl_socket_get_portid(netlink_.get());
  for (int stale = 0; stale <= kStaleAnswers; ++stale) {
    const ssize_t size = ::mnl_socket_recvfrom(netlink_.get(), buffer_.data(), buffer_.size());
    if (size <= 0) return std::nullopt;
    const auto received = static_cast<std::size_t>(size);
    const auto& message = *reinterpret_cast<const nlmsghdr*>(buffer_.data());
    if (received >= sizeof message && message.nlmsg_seq != sequence) continue;
    std::optional<Report> report;
    ::mnl_cb_run(buffer_.data(), received, sequence, port, read_report, &report);
    return report;
  }
  return std::nullopt;
}

int ClientSockets::read_report(const nlmsghdr* message, void* report) {
  if (::mnl_nlmsg_get_payload_len(message) < sizeof(inet_diag_msg)) return MNL_CB_STOP;
  const auto& found = *static_cast<const inet_diag_msg*>(::mnl_nlmsg_get_payload(message));
  auto& result = static_cast<std::optional<Report>*>(report)->emplace();
  result.port = ntohs(found.id.idiag_sport);
  result.peer_port = ntohs(found.id.idiag_dport);
  result.socket.uid = found.idiag_uid;
  result.socket.inode = found.idiag_inode;
  ::mnl_attr_parse(message, sizeof(inet_diag_msg), read_cgroup, &result.socket);
  return MNL_CB_STOP;
}

}  // namespace sluice::net
