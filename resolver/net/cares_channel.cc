#include "resolver/net/cares_channel.h"

// Later versions deprecate calls that have no successor in 1.18.
#define CARES_NO_DEPRECATED

#include <ares.h>
#include <arpa/inet.h>
#include <sys/epoll.h>

#include <cstring>

#include "resolver/base/assert.h"
#include "resolver/dns/constants.h"
#include "resolver/dns/message.h"

namespace sluice::net {

namespace {

// Far beyond the linger time: the engine and CaresExchange decide when to stop waiting.
constexpr int kNoTimeoutMs = 24 * 60 * 60 * 1000;
// The most that c-ares 1.18 reads of a datagram.
constexpr int kLargestDatagram = 4'096;

}  // namespace

CaresLibrary::CaresLibrary() { ::ares_library_init(ARES_LIB_INIT_ALL); }
CaresLibrary::~CaresLibrary() { ::ares_library_cleanup(); }

struct CaresChannel::Callbacks {
  static UpstreamSocket& socket(void* channel) noexcept {
    return static_cast<CaresChannel*>(channel)->socket_;
  }
  static ares_socket_t open(int family, int type, int protocol, void* channel) noexcept {
    return socket(channel).open(family, type, protocol);
  }
  static int close(ares_socket_t fd, void* channel) noexcept { return socket(channel).close(fd); }
  static int connect(ares_socket_t fd, const sockaddr*, ares_socklen_t, void* channel) noexcept {
    return socket(channel).connect(fd);
  }
  static ares_ssize_t receive(ares_socket_t fd, void* room, std::size_t size, int, sockaddr* from,
                              ares_socklen_t* from_size, void* channel) noexcept {
    return socket(channel).receive(fd, {static_cast<std::byte*>(room), size}, from, from_size);
  }
  static ares_ssize_t send(ares_socket_t fd, const iovec* parts, int count,
                           void* channel) noexcept {
    return socket(channel).send(fd, {parts, static_cast<std::size_t>(count)});
  }
  static void watch(void* channel, ares_socket_t fd, int readable, int writable) noexcept {
    socket(channel).watch(fd, readable != 0, writable != 0);
  }
  static void answered(void* argument, int status, int, unsigned char* response,
                       int size) noexcept {
    auto& exchange = *static_cast<OpenExchange*>(argument);
    const std::span bytes{response, response == nullptr ? 0 : static_cast<std::size_t>(size)};
    CaresChannel& channel = *exchange.channel;
    channel.settle(exchange, status, std::as_bytes(bytes));
    channel.release(exchange);
  }

  static constexpr ares_socket_functions kSocket{open, close, connect, receive, send};
};

CaresChannel::CaresChannel(Kind kind, int epoll, OpenExchanges& exchanges)
    : kind_{kind},
      socket_{epoll, this, kind == Kind::tcp ? Transport::tcp : Transport::udp},
      exchanges_{exchanges} {
  if (kind == Kind::tcp) ids_in_use_ = std::make_unique<std::bitset<65'536>>();
}

CaresChannel::~CaresChannel() {
  if (cares_ != nullptr) ::ares_destroy(cares_);
}

bool CaresChannel::warm_up() {
  // Everything that c-ares would else look up in files is given, so that it reads none.
  char lookups[] = "b";
  in_addr placeholder{.s_addr = htonl(INADDR_LOOPBACK)};
  ares_options options{};
  options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | ARES_FLAG_NOSEARCH;
  if (kind_ == Kind::udp_edns) options.flags |= ARES_FLAG_EDNS;
  if (kind_ == Kind::tcp) options.flags |= ARES_FLAG_USEVC | ARES_FLAG_STAYOPEN;
  options.ednspsz = kLargestDatagram;
  options.timeout = kNoTimeoutMs;
  options.tries = 1;
  options.ndots = 1;
  options.lookups = lookups;
  options.servers = &placeholder;
  options.nservers = 1;
  options.sock_state_cb = Callbacks::watch;
  options.sock_state_cb_data = this;
  int given = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
              ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
              ARES_OPT_SORTLIST | ARES_OPT_SOCK_STATE_CB;
#if ARES_VERSION >= 0x011f00
  options.qcache_max_ttl = 0;  // the cache is ours
  given |= ARES_OPT_QUERY_CACHE;
#endif
  if (::ares_init_options(&cares_, &options, given) != ARES_SUCCESS) {
    cares_ = nullptr;
    return false;
  }
  ::ares_set_socket_functions(cares_, &Callbacks::kSocket, this);
  return true;
}

bool CaresChannel::aim(const Endpoint& server, const std::string& interface) {
  SLUICE_ASSERT(waiting_ == 0);
  const bool is_new = cares_ == nullptr;
  if (is_new && !warm_up()) return false;
  const bool same_server = !is_new && server == socket_.server();
  socket_.aim(server, interface);
  if (same_server) return true;

  ares_addr_port_node node{};
  if (server.address.family == Address::Family::ipv4) {
    node.family = AF_INET;
    std::memcpy(&node.addr.addr4, server.address.bytes.data(), sizeof node.addr.addr4);
  } else {
    node.family = AF_INET6;
    std::memcpy(&node.addr.addr6, server.address.bytes.data(), sizeof node.addr.addr6);
  }
  node.udp_port = node.tcp_port = server.port;
  if (::ares_set_servers_ports(cares_, &node) == ARES_SUCCESS) return true;
  cool();
  return false;
}

void CaresChannel::send(OpenExchange& exchange, std::span<const std::byte> query) {
  SLUICE_ASSERT(query.size() >= dns::kHeaderSize && cares_ != nullptr);
  exchange.channel = this;
  exchange.message_id = exchange.wire_id = dns::read_u16(query, 0);
  if (ids_in_use_) query = with_free_id(exchange, query);
  carried_ = &exchange;
  ++waiting_;
  ::ares_send(cares_, reinterpret_cast<const unsigned char*>(query.data()),
              static_cast<int>(query.size()), Callbacks::answered, &exchange);
}

std::span<const std::byte> CaresChannel::with_free_id(OpenExchange& exchange,
                                                      std::span<const std::byte> query) {
  SLUICE_ASSERT(!ids_in_use_->all());  // OpenExchanges is smaller
  while (ids_in_use_->test(exchange.wire_id)) ++exchange.wire_id;
  ids_in_use_->set(exchange.wire_id);
  if (exchange.wire_id == exchange.message_id) return query;
  renamed_.assign(query.begin(), query.end());
  dns::write_u16(renamed_, 0, exchange.wire_id);
  return renamed_;
}

void CaresChannel::give_up(OpenExchange& exchange) {
  if (kind_ != Kind::tcp) {
    ::ares_cancel(cares_);
    return;
  }
  retiring_ = true;
  settle(exchange, ARES_ECANCELLED, {});
}

void CaresChannel::process(std::uint32_t events) {
  const ares_socket_t fd = socket_.fd();
  if (fd < 0) return;
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool readable = broken || (events & EPOLLIN) != 0;
  const bool writable = kind_ == Kind::tcp && (broken || (events & EPOLLOUT) != 0);
  ::ares_process_fd(cares_, readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
  if (kind_ != Kind::tcp && waiting_ > 0) end_early();
}

/// c-ares itself ignores a response without question, and would listen to forgers for as long as
/// the exchange is open.
void CaresChannel::end_early() {
  const auto error = socket_.bare_error();
  if (error.empty() && !socket_.is_suspicious()) return;
  if (!error.empty()) {
    const auto rcode = static_cast<dns::Rcode>(dns::Header::read(error)->rcode());
    const bool refuses_edns = kind_ == Kind::udp_edns && rcode == dns::Rcode::formerr;
    settle(*carried_, refuses_edns ? ARES_EFORMERR : ARES_SUCCESS, error);
  }
  ::ares_cancel(cares_);
}

void CaresChannel::cool() noexcept {
  if (cares_ != nullptr) ::ares_destroy(cares_);
  cares_ = nullptr;
  retiring_ = false;
}

void CaresChannel::settle(OpenExchange& exchange, int status, std::span<const std::byte> response) {
  if (exchange.settled) return;
  --waiting_;
  const bool answered = status == ARES_SUCCESS && response.size() >= dns::kHeaderSize;
  ExchangeOutcome outcome;
  outcome.status = answered ? ExchangeStatus::answered : failure(status);
  outcome.packets_sent = socket_.datagrams_sent();
  outcome.mismatched = socket_.datagrams_received();
  outcome.case_mismatched = socket_.case_mismatched();
  const bool accepted = answered || outcome.status == ExchangeStatus::edns_refused;
  if (accepted && outcome.mismatched > 0) --outcome.mismatched;
  if (answered) outcome.response = response;
  outcome.octets_received = kind_ == Kind::tcp ? response.size() : socket_.octets_received();

  const std::span<std::byte> copy = exchanges_.settle(exchange, outcome);
  if (!answered) return;
  dns::write_u16(copy, 0, exchange.message_id);
  // c-ares clips what is longer than it expected. Such an answer is a truncated one.
  if (kind_ != Kind::tcp && socket_.last_datagram_size() > copy.size())
    dns::write_u16(copy, 2, dns::read_u16(copy, 2) | dns::Header::kTc);
}

void CaresChannel::release(OpenExchange& exchange) noexcept {
  if (ids_in_use_) ids_in_use_->reset(exchange.wire_id);
  exchanges_.release(exchange);
}

ExchangeStatus CaresChannel::failure(int status) const noexcept {
  if (status == ARES_ECANCELLED)
    return socket_.is_suspicious() ? ExchangeStatus::suspicious : ExchangeStatus::expired;
  if (status == ARES_EFORMERR || socket_.refused_resend()) return ExchangeStatus::edns_refused;
  if (kind_ == Kind::tcp && socket_.was_established()) return ExchangeStatus::closed;
  if (status == ARES_ENOMEM || socket_.was_exhausted()) return ExchangeStatus::no_socket;
  return ExchangeStatus::unreachable;
}

}  // namespace sluice::net
