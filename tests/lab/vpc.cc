#include <utility>

#include "tests/lab/vpc.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>

#include "resolver/base/assert.h"
#include "resolver/dns/reply.h"

namespace sluice::lab {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kMaxBatchesPerWake = 32;  // then delayed replies get their turn
constexpr int kPortTries = 32;

asio::ip::udp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.address.family == Address::Family::none)
    return {asio::ip::address_v4::loopback(), endpoint.port};
  return {asio::ip::make_address(endpoint.address.to_string()), endpoint.port};
}

/// Binds UDP and TCP to one address and port. A port that the kernel picked for UDP may be taken
/// for TCP; then another one is tried.
std::unique_ptr<TcpFront> bind_both(asio::io_context& io, asio::ip::udp::socket& udp,
                                    const asio::ip::udp::endpoint& listen,
                                    const TcpFront::OnArrival& on_arrival) {
  for (int tries_left = listen.port() == 0 ? kPortTries : 1;; --tries_left) {
    udp.open(listen.protocol());
    udp.bind(listen);
    try {
      const asio::ip::udp::endpoint bound = udp.local_endpoint();
      return std::make_unique<TcpFront>(io, asio::ip::tcp::endpoint{bound.address(), bound.port()},
                                        on_arrival);
    } catch (const boost::system::system_error&) {
      udp.close();
      if (tries_left == 1) throw;
    }
  }
}

}  // namespace

Vpc::Vpc(asio::io_context& io, const Options& options)
    : zones_{options.zones},
      interface_{options.limit},
      random_{HashKey{.k0 = options.seed, .k1 = 0}},
      record_{options.max_arrivals},
      udp_{io},
      timer_{io} {
  tcp_ = bind_both(io, udp_, to_asio(options.listen),
                   [this](TcpFront::ConnectionId id, std::span<const std::byte> message,
                          std::uint32_t segments) { on_tcp_arrival(id, message, segments); });
  udp_.non_blocking(true);
  const std::int64_t silent_from_ns = realtime_ns() + options.silent_from.count();
  be_silent({.from_ns = silent_from_ns, .until_ns = silent_from_ns + options.silent_for.count()});
  receiver_ = std::make_unique<StampedReceiver>(udp_.native_handle());
  wait_for_datagrams();
}

Endpoint Vpc::endpoint() const {
  const asio::ip::udp::endpoint bound = udp_.local_endpoint();
  const auto address = Address::parse(bound.address().to_string());
  SLUICE_ASSERT(address);
  return {*address, bound.port()};
}

void Vpc::set_zone(const ZoneBehaviour& zone) {
  const auto known =
      std::find_if(zones_.begin(), zones_.end(),
                   [&zone](const ZoneBehaviour& other) { return other.suffix == zone.suffix; });
  if (known == zones_.end())
    zones_.push_back(zone);
  else
    *known = zone;
}

void Vpc::set_zone(std::string_view text) {
  const auto zone = parse_zone(text);
  SLUICE_ASSERT(zone.has_value());
  set_zone(zone.value());
}

void Vpc::close() {
  error_code ignored;
  udp_.close(ignored);
  tcp_->close();
  timer_.cancel();
}

ArrivalSummary Vpc::summary() const {
  ArrivalSummary summary = summarise(record_, zones_);
  summary.limit = interface_.limit();
  summary.receive_overflows = receiver_->overflows();
  summary.silence = summarise_silence(record_, silence_);
  summary.messages = messages_;
  return summary;
}

void Vpc::wait_for_datagrams() {
  udp_.async_wait(asio::socket_base::wait_read, [this](error_code ec) {
    if (ec || !udp_.is_open()) return;
    read_datagrams();
    wait_for_datagrams();
  });
}

void Vpc::read_datagrams() {
  for (int batch = 0; batch < kMaxBatchesPerWake; ++batch) {
    const auto datagrams = receiver_->receive();
    if (datagrams.empty()) return;
    for (const Datagram& datagram : datagrams)
      on_message(datagram.bytes, {.client = datagram.from}, {.at_ns = datagram.at_ns}, 1);
  }
}

void Vpc::on_tcp_arrival(TcpFront::ConnectionId id, std::span<const std::byte> message,
                         std::uint32_t segments) {
  const Arrival arrival{.at_ns = realtime_ns(), .transport = Transport::tcp};
  if (!message.empty()) return on_message(message, {.connection = id}, arrival, segments);
  for (std::uint32_t i = 0; i < segments; ++i) {
    Arrival segment = arrival;
    if (!interface_.admit(segment.at_ns)) segment.fate = Fate::dropped;
    record_.add(segment);
  }
}

void Vpc::on_message(std::span<const std::byte> message, const Destination& from, Arrival arrival,
                     std::uint32_t packets) {
  ++messages_.queries;
  messages_.query_octets += message.size();
  const auto query = dns::parse_query(message);
  if (query) {
    const dns::Question& question = query.value().question;
    if (const auto zone = find_zone(zones_, question.name))
      arrival.zone = static_cast<std::uint16_t>(*zone);
    arrival.question = record_.intern(question, arrival.zone);
  }

  bool all_passed = true;
  for (std::uint32_t i = 0; i < packets; ++i) {
    arrival.fate = admit(arrival);
    all_passed = all_passed && arrival.fate == Fate::passed;
    record_.add(arrival);
  }
  if (!all_passed || silence_.contains(arrival.at_ns)) return;

  if (!query) {
    Message reply(dns::kMaxErrorReplySize);
    reply.resize(dns::write_error_reply(reply, message, query.error()));
    if (!reply.empty()) send(from, std::move(reply));
    return;
  }
  static const ZoneBehaviour elsewhere{.behaviour = Behaviour::refused};
  const ZoneBehaviour& zone = arrival.zone == kNoZone ? elsewhere : zones_[arrival.zone];
  schedule(from, zone, make_replies(zone, query.value(), arrival.transport));
}

Fate Vpc::admit(const Arrival& arrival) {
  if (!interface_.admit(arrival.at_ns)) return Fate::dropped;
  const double loss = arrival.zone == kNoZone ? 0 : zones_[arrival.zone].loss;
  return loss > 0 && random_.fraction() < loss ? Fate::lost : Fate::passed;
}

void Vpc::schedule(const Destination& to, const ZoneBehaviour& zone, std::vector<Message> replies) {
  Duration delay = zone.delay;
  if (zone.jitter > Duration::zero())
    delay += Duration{static_cast<Duration::rep>(
        random_.below(static_cast<std::uint64_t>(zone.jitter.count()) + 1))};
  const TimePoint due = Clock::now() + delay;
  for (Message& reply : replies) {
    if (delay == Duration::zero())
      send(to, std::move(reply));
    else if (!delayed_.push(due, {to, std::move(reply)}))
      return;
  }
  if (due < timer_due_) send_due();
}

void Vpc::send(const Destination& to, Message message) {
  if (silence_.contains(realtime_ns())) return;
  messages_.count_reply(message);
  if (to.connection != 0) return tcp_->send(to.connection, std::move(message));
  error_code ignored;  // a full buffer or a client that is gone: the network may lose replies, too
  udp_.send_to(asio::buffer(message.data(), message.size()), to.client, 0, ignored);
}

void Vpc::send_due() {
  while (auto reply = delayed_.pop_due(Clock::now())) send(reply->to, std::move(reply->message));
  timer_due_ = delayed_.next_due();
  if (timer_due_ == kNever) return;
  timer_.expires_at(timer_due_);
  timer_.async_wait([this](error_code ec) {
    if (!ec && udp_.is_open()) send_due();
  });
}

}  // namespace sluice::lab
