#include "resolver/net/cares_exchange.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <boost/asio/post.hpp>

#include "resolver/base/assert.h"
#include "resolver/dns/message.h"

namespace sluice::net {

namespace {

constexpr int kEventsPerTurn = 64;
// Exchanges that c-ares cannot forget take an entry, too. They are no more than max_open: all of
// them waited at the moment when the first of their connections began to retire, since the oldest
// is given up first and what that connection still carries is older than any exchange since.
constexpr std::size_t kEntriesPerOpen = 2;
constexpr std::size_t kArcountOffset = 10;  // RFC 1035 section 4.1.1

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
  return fd;
}

// The engine's queries have no additional record but OPT.
CaresChannel::Kind kind_for(std::span<const std::byte> query) noexcept {
  return dns::read_u16(query, kArcountOffset) > 0 ? CaresChannel::Kind::udp_edns
                                                  : CaresChannel::Kind::udp_plain;
}

}  // namespace

CaresExchange::CaresExchange(boost::asio::io_context& loop, ExchangeSink& sink, Limits limits)
    : sink_{sink},
      limits_{std::move(limits)},
      loop_{loop},
      events_{loop, make_epoll()},
      timer_{loop},
      exchanges_{kEntriesPerOpen * limits_.max_open} {
  SLUICE_ASSERT(limits_.max_open > 0);
  await_events();
}

CaresExchange::~CaresExchange() = default;

std::uint32_t CaresExchange::start(const StartExchange& action) {
  const TimePoint now = Clock::now();
  if (exchanges_.waiting() >= limits_.max_open) {
    ++evicted_;
    give_up(*exchanges_.oldest(), now);
  }
  OpenExchange& exchange = exchanges_.add(action.id, now + limits_.linger);
  const std::uint32_t sent = action.transport == Transport::udp ? start_udp(action, exchange, now)
                                                                : start_tcp(action, exchange, now);
  if (exchanges_.has_outcomes() || !reports_.empty()) report_later();
  arm_timer();
  return sent;
}

std::uint32_t CaresExchange::start_udp(const StartExchange& action, OpenExchange& exchange,
                                       TimePoint now) {
  CaresChannel& channel = take_channel(kind_for(action.query));
  std::uint32_t sent = 0;
  if (channel.aim(action.server, interface_of(action))) {
    channel.send(exchange, action.query);
    sent = channel.socket().datagrams_sent();
  } else {
    fail(exchange);
  }
  tend(channel, now);
  return sent;
}

std::uint32_t CaresExchange::start_tcp(const StartExchange& action, OpenExchange& exchange,
                                       TimePoint now) {
  if (Connection* connection = connection_to(action.server, interface_of(action))) {
    connection->idle_since = kNever;
    connection->channel->send(exchange, action.query);
    tend(*connection->channel, now);
  } else {
    fail(exchange);
  }
  return 0;
}

const std::string& CaresExchange::interface_of(const StartExchange& action) const {
  SLUICE_ASSERT(action.interface < limits_.interfaces.size());
  return limits_.interfaces[action.interface];
}

void CaresExchange::fail(OpenExchange& exchange) {
  ExchangeOutcome outcome;
  outcome.status = ExchangeStatus::no_socket;
  exchanges_.settle(exchange, outcome);
  exchanges_.release(exchange);
}

void CaresExchange::give_up(OpenExchange& exchange, TimePoint now) {
  CaresChannel& channel = *exchange.channel;
  channel.give_up(exchange);
  tend(channel, now);
}

CaresChannel& CaresExchange::take_channel(CaresChannel::Kind kind) {
  auto& resting = resting_[static_cast<std::size_t>(kind)];
  if (resting.empty()) {
    udp_.push_back(std::make_unique<CaresChannel>(kind, events_.native_handle(), exchanges_));
    return *udp_.back();
  }
  CaresChannel& channel = *resting.back();
  resting.pop_back();
  return channel;
}

CaresExchange::Connection* CaresExchange::connection_to(const Endpoint& server,
                                                        const std::string& interface) {
  for (Connection& connection : connections_) {
    UpstreamSocket& socket = connection.channel->socket();
    if (connection.channel->takes_more() && socket.server() == server &&
        socket.interface() == interface)
      return &connection;
  }
  if (!make_room_for_connection()) return nullptr;
  auto channel =
      std::make_unique<CaresChannel>(CaresChannel::Kind::tcp, events_.native_handle(), exchanges_);
  if (!channel->aim(server, interface)) return nullptr;
  return &connections_.emplace_back(Connection{.channel = std::move(channel)});
}

bool CaresExchange::make_room_for_connection() {
  if (connections_.size() < kMaxConnections) return true;
  const auto longest_idle = std::min_element(
      connections_.begin(), connections_.end(),
      [](const Connection& a, const Connection& b) { return a.idle_since < b.idle_since; });
  if (longest_idle->idle_since == kNever) return false;
  close_connection(static_cast<std::size_t>(longest_idle - connections_.begin()));
  return true;
}

void CaresExchange::close_connection(std::size_t index) {
  Connection& connection = connections_[index];
  const Endpoint server = connection.channel->socket().server();
  connection.channel->cool();  // first, so that the last packet is counted
  note_traffic(connection);
  if (connection.reported_open) reports_.push_back({server, ConnectionEvent::closed, 0});
  connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(index));
}

void CaresExchange::close_idle_connections(TimePoint now) {
  for (std::size_t i = connections_.size(); i-- > 0;) {
    const TimePoint since = connections_[i].idle_since;
    if (since != kNever && since + limits_.tcp_idle <= now) close_connection(i);
  }
}

void CaresExchange::note_traffic(Connection& connection) {
  UpstreamSocket& socket = connection.channel->socket();
  if (socket.was_started() && !connection.reported_open) {
    connection.reported_open = true;
    reports_.push_back({socket.server(), ConnectionEvent::opened, 0});
  }
  if (const std::uint32_t segments = socket.take_segments(); segments > 0)
    reports_.push_back({socket.server(), ConnectionEvent::segments_sent, segments});
}

void CaresExchange::tend(CaresChannel& channel, TimePoint now) {
  if (channel.kind() != CaresChannel::Kind::tcp) {
    if (channel.waiting() > 0) return;
    auto& resting = resting_[static_cast<std::size_t>(channel.kind())];
    if (channel.is_spoilt() || resting.size() >= kWarmChannels) channel.cool();
    resting.push_back(&channel);
    return;
  }
  const auto it = std::find_if(
      connections_.begin(), connections_.end(),
      [&](const Connection& connection) { return connection.channel.get() == &channel; });
  SLUICE_ASSERT(it != connections_.end());
  note_traffic(*it);
  if (channel.is_finished())
    close_connection(static_cast<std::size_t>(it - connections_.begin()));
  else if (channel.waiting() == 0 && it->idle_since == kNever)
    it->idle_since = now;
}

void CaresExchange::await_events() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec) {
                       if (ec || alive.expired()) return;
                       on_events();
                     });
}

void CaresExchange::on_events() {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = ::epoll_wait(events_.native_handle(), events.data(), kEventsPerTurn, 0);
  const TimePoint now = Clock::now();
  for (int i = 0; i < count; ++i) {
    // A channel has one socket and so one event here, and ends by its own event only: none of
    // those behind it points to a channel that is gone.
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto& channel = *static_cast<CaresChannel*>(event.data.ptr);
    channel.process(event.events);
    tend(channel, now);
  }
  report();
  arm_timer();
  await_events();
}

void CaresExchange::arm_timer() {
  TimePoint due = kNever;
  if (const OpenExchange* oldest = exchanges_.oldest()) due = oldest->deadline;
  for (const Connection& connection : connections_)
    if (connection.idle_since != kNever)
      due = std::min(due, connection.idle_since + limits_.tcp_idle);
  if (due >= timer_due_) return;  // a timer that fires early finds nothing due and is set again
  timer_due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec) {
    if (ec || alive.expired()) return;
    on_timer();
  });
}

void CaresExchange::on_timer() {
  const TimePoint now = Clock::now();
  timer_due_ = kNever;
  while (exchanges_.oldest() != nullptr && exchanges_.oldest()->deadline <= now)
    give_up(*exchanges_.oldest(), now);
  close_idle_connections(now);
  report();
  arm_timer();
}

void CaresExchange::report_later() {
  if (report_posted_) return;
  report_posted_ = true;
  boost::asio::post(loop_, [this, alive = std::weak_ptr{alive_}] {
    if (alive.expired()) return;
    report_posted_ = false;
    report();
  });
}

void CaresExchange::report() {
  // Connections first, so that a query's packets are known before its outcome settles the bill.
  reporting_.swap(reports_);
  for (const ConnectionReport& each : reporting_)
    sink_.on_connection(each.server, each.event, each.segments);
  reporting_.clear();
  exchanges_.report(sink_);
}

}  // namespace sluice::net
