#include "resolver/net/udp_listener.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace sluice::net {
namespace {

using metrics::WorkerMetric;

// Room for the one control message that we ask for, of either family.
struct alignas(cmsghdr) Control {
  std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

template <typename T>
void put_control(Control& control, msghdr& header, const T& value) noexcept {
  header.msg_control = control.bytes.data();
  header.msg_controllen = CMSG_SPACE(sizeof(T));
  cmsghdr& part = *CMSG_FIRSTHDR(&header);
  part.cmsg_level = std::is_same_v<T, in_pktinfo> ? IPPROTO_IP : IPPROTO_IPV6;
  part.cmsg_type = std::is_same_v<T, in_pktinfo> ? int{IP_PKTINFO} : int{IPV6_PKTINFO};
  part.cmsg_len = CMSG_LEN(sizeof(T));
  std::memcpy(CMSG_DATA(&part), &value, sizeof value);
}

// The reply's source, on a wildcard; else the socket has but one. The route chooses the interface,
// except where the address means nothing without one.
void set_source(const ClientRef& client, Control& control, msghdr& header) noexcept {
  if (client.local.family == Address::Family::ipv4) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, client.local.bytes.data(), sizeof info.ipi_spec_dst);
    put_control(control, header, info);
  } else if (client.local.family == Address::Family::ipv6) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, client.local.bytes.data(), sizeof info.ipi6_addr);
    if (client.local.is_link_local()) info.ipi6_ifindex = client.interface_index;
    put_control(control, header, info);
  } else {
    header.msg_control = nullptr;
    header.msg_controllen = 0;
  }
}

// Which address was asked. IPv4 tells two: the destination in the packet and our own address for
// an answer; they differ for a broadcast.
void read_destination(msghdr& header, ClientRef& client) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      client.local.family = Address::Family::ipv4;
      std::memcpy(client.local.bytes.data(), &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
      client.interface_index = static_cast<std::uint32_t>(info.ipi_ifindex);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      client.local.family = Address::Family::ipv6;
      std::memcpy(client.local.bytes.data(), &info.ipi6_addr, sizeof info.ipi6_addr);
      client.interface_index = info.ipi6_ifindex;
    }
  }
}

}  // namespace

bool is_answerable(const Endpoint& source) noexcept {
  const auto& bytes = source.address.bytes;
  if (source.port == 0 || source.address.is_unspecified()) return false;
  switch (source.address.family) {
    case Address::Family::ipv4:
      return bytes[0] < 224;  // 224/4 is multicast, 240/4 reserved with 255.255.255.255 at its end
    case Address::Family::ipv6:
      return bytes[0] != 0xff;
    case Address::Family::none:
      return false;
  }
  return false;
}

bool is_from(const ClientRef& client, const Endpoint& bound) noexcept {
  const bool has_many = client.local.family != Address::Family::none;
  return client.client.port == bound.port &&
         client.client.address == (has_many ? client.local : bound.address);
}

/// Buffers of one batch, allocated once. Slot i of `in` holds the datagram that slot i of the
/// others describes; `out` is filled from its start, as replies come about.
struct UdpListener::Batch {
  struct In {
    sockaddr_storage source;
    Control control;
    iovec part;
    std::array<std::byte, kMaxQuerySize> bytes;
  };
  struct Out {
    Control control;
    iovec part;
    std::array<std::byte, AnswerPath::kOutSize> bytes;
  };
  struct Miss {
    ClientRef client;
    dns::Query query;
    bool is_refresh;  // answered already
  };

  std::array<mmsghdr, kBatchSize> received{};
  std::array<mmsghdr, kBatchSize> replies{};
  std::size_t reply_count = 0;
  std::size_t miss_count = 0;
  std::array<Miss, kBatchSize> misses;
  std::array<In, kBatchSize> in;
  std::array<Out, kBatchSize> out;

  Batch() {  // leaves the bytes as they are, so that pages no reply ever needs stay untouched
    for (std::size_t slot = 0; slot < kBatchSize; ++slot) {
      in[slot].part = {in[slot].bytes.data(), kMaxQuerySize};
      rearm(slot);
    }
  }

  // recvmmsg() leaves the sizes of what it found where the room was.
  void rearm(std::size_t slot) noexcept {
    msghdr& header = received[slot].msg_hdr;
    header = {};
    header.msg_name = &in[slot].source;
    header.msg_namelen = sizeof in[slot].source;
    header.msg_iov = &in[slot].part;
    header.msg_iovlen = 1;
    header.msg_control = in[slot].control.bytes.data();
    header.msg_controllen = sizeof in[slot].control;
  }

  void add_reply(std::size_t slot, const ClientRef& client, std::size_t size) noexcept {
    Out& reply = out[reply_count];
    reply.part = {reply.bytes.data(), size};
    msghdr& header = replies[reply_count].msg_hdr;
    header = {};
    header.msg_name = &in[slot].source;
    header.msg_namelen = received[slot].msg_hdr.msg_namelen;
    header.msg_iov = &reply.part;
    header.msg_iovlen = 1;
    set_source(client, reply.control, header);
    ++reply_count;
  }
};

UdpListener::UdpListener(boost::asio::io_context& loop, std::uint16_t index, AnswerPath& answers,
                         QuerySink& sink, ClientTap& tap)
    : socket_{loop},
      answers_{answers},
      sink_{sink},
      tap_{tap},
      batch_{std::make_unique<Batch>()},
      index_{index} {}

UdpListener::~UdpListener() = default;

Result<Endpoint, std::string> UdpListener::listen(const Endpoint& endpoint, PortSharing sharing) {
  auto opened = open_udp(endpoint, sharing);
  if (!opened) return opened.error();
  socket_.assign(opened.value().release());
  wait();
  bound_ = net::local_endpoint(socket_.native_handle());
  return bound_;
}

void UdpListener::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void UdpListener::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error || stopped_) return;  // on an error `this` may be gone
                       // While a batch is answered, the next queries arrive. To look for them
                       // costs one call, to wait for them two (epoll_ctl, epoll_wait).
                       for (int batches = 0; batches < kMaxBatches; ++batches)
                         if (receive() == 0) break;
                       wait();
                     });
}

std::size_t UdpListener::receive() {
  Batch& batch = *batch_;
  const int result =
      ::recvmmsg(socket_.native_handle(), batch.received.data(), kBatchSize, MSG_DONTWAIT, nullptr);
  if (result <= 0) return 0;
  const auto count = static_cast<std::size_t>(result);
  const TimePoint now = Clock::now();

  for (std::size_t slot = 0; slot < count; ++slot) take(slot, now);
  if (const std::size_t hits = batch.reply_count; hits > 0) {
    send_replies();
    answers_.counters().observe(metrics::WorkerHistogram::own_hit,
                                (Clock::now() - now) / static_cast<Duration::rep>(hits), hits);
  }
  for (std::size_t i = 0; i < batch.miss_count; ++i) {
    const Batch::Miss& miss = batch.misses[i];
    if (miss.is_refresh)
      sink_.on_refresh(miss.query);
    else
      sink_.on_query(miss.client, miss.query);
  }
  batch.miss_count = 0;
  for (std::size_t slot = 0; slot < count; ++slot) batch.rearm(slot);
  return count;
}

void UdpListener::take(std::size_t slot, TimePoint now) noexcept {
  Batch& batch = *batch_;
  Batch::Miss& miss = batch.misses[batch.miss_count];
  ClientRef& client = miss.client;
  client = {};
  client.client = to_endpoint(batch.in[slot].source);
  client.listener = index_;
  read_destination(batch.received[slot].msg_hdr, client);
  if (!is_answerable(client.client) || is_from(client, bound_)) {
    answers_.counters().add(WorkerMetric::dropped_forged);
    return;
  }

  const std::span message{batch.in[slot].bytes.data(), batch.received[slot].msg_len};
  const AnswerPath::Verdict verdict =
      answers_.answer(message, client, now, batch.out[batch.reply_count].bytes, miss.query);
  switch (verdict.outcome) {
    case AnswerPath::Outcome::replied:
      if (tap_.is_reply_due())
        tap_.on_reply({.client = client,
                       .query = message,
                       .reply = std::span{batch.out[batch.reply_count].bytes}.first(verdict.size),
                       .origin = {.source = verdict.source, .asked = now}});
      batch.add_reply(slot, client, verdict.size);
      if (!verdict.refresh_due) return;
      miss.is_refresh = true;
      ++batch.miss_count;
      return;
    case AnswerPath::Outcome::missed:
      if (tap_.is_miss_due()) tap_.on_miss(client, message);
      miss.is_refresh = false;
      ++batch.miss_count;
      return;
    case AnswerPath::Outcome::silent:
      return;
  }
}

// A reply that the kernel refuses must not take the rest of the batch with it.
void UdpListener::send_replies() noexcept {
  Batch& batch = *batch_;
  WorkerCounters& counters = answers_.counters();
  for (std::size_t begin = 0; begin < batch.reply_count;) {
    const int sent =
        ::sendmmsg(socket_.native_handle(), &batch.replies[begin],
                   static_cast<unsigned>(batch.reply_count - begin), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      counters.add(WorkerMetric::replies_udp, static_cast<std::uint64_t>(sent));
      begin += static_cast<std::size_t>(sent);
    } else {
      counters.add(WorkerMetric::send_errors);
      ++begin;
    }
  }
  batch.reply_count = 0;
}

void UdpListener::send(const ClientRef& client, std::span<const std::byte> message,
                       WorkerCounters& counters) noexcept {
  SocketAddress to = to_socket_address(client.client);
  Control control;
  iovec part{const_cast<std::byte*>(message.data()), message.size()};  // sendmsg only reads it
  msghdr header{};
  header.msg_name = &to.storage;
  header.msg_namelen = to.size;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  set_source(client, control, header);
  const bool sent = ::sendmsg(socket_.native_handle(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
  counters.add(sent ? WorkerMetric::replies_udp : WorkerMetric::send_errors);
}

std::uint32_t UdpListener::drops() const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> numbers{};
  socklen_t size = sizeof numbers;
  if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_MEMINFO, numbers.data(), &size) != 0)
    return 0;
  return numbers[SK_MEMINFO_DROPS];
}

}  // namespace sluice::net
