#include "resolver/net/tcp_listener.h"

#include <algorithm>
#include <cerrno>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "resolver/net/tcp_connection.h"

namespace sluice::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using metrics::WorkerMetric;

// Errors of accept() that concern this process or host, not the one connection.
bool is_shortage(const error_code& error) noexcept {
  const int number = error.value();
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

}  // namespace

struct TcpListener::Acceptor {
  Acceptor(boost::asio::io_context& loop, std::uint16_t its_index)
      : socket{loop}, pause{loop}, index{its_index} {}

  tcp::acceptor socket;
  boost::asio::steady_timer pause;
  std::uint16_t index;
};

/// A connection and its socket. Handlers of its operations hold the ID alone and look the session
/// up again, since it may have been closed in the meantime.
struct TcpListener::Session {
  Session(tcp::socket its_socket, const ClientRef& its_client, TimePoint now)
      : client{its_client},
        socket{std::move(its_socket)},
        idle_timer{socket.get_executor()},
        connection{now} {}

  ClientRef client;
  tcp::socket socket;
  boost::asio::steady_timer idle_timer;
  TcpConnection connection;
  bool is_reading = false;
  bool is_serving = false;   // take_messages() is under way: replies that come now wait for its end
  bool is_turn_due = false;  // take_more_later() has been called: nothing is taken until then
};

TcpListener::TcpListener(boost::asio::io_context& loop, const TcpLimits& limits,
                         AnswerPath& answers, QuerySink& sink, ClientTap& tap)
    : loop_{loop},
      limits_{limits},
      answers_{answers},
      sink_{sink},
      tap_{tap},
      roster_{{.all = limits.connections, .per_client = limits.connections_per_client}},
      out_{new std::byte[AnswerPath::kOutSize]} {}

TcpListener::~TcpListener() = default;

Result<Endpoint, std::string> TcpListener::listen(const Endpoint& endpoint) {
  auto opened = open_tcp(endpoint);
  if (!opened) return opened.error();
  const auto index = static_cast<std::uint16_t>(acceptors_.size());
  Acceptor& acceptor = *acceptors_.emplace_back(std::make_unique<Acceptor>(loop_, index));
  const bool is_ipv6 = endpoint.address.family == Address::Family::ipv6;
  acceptor.socket.assign(is_ipv6 ? tcp::v6() : tcp::v4(), opened.value().release());
  accept(acceptor);
  return local_endpoint(acceptor.socket.native_handle());
}

void TcpListener::accept(Acceptor& acceptor) {
  acceptor.socket.async_accept([this, &acceptor](const error_code& error, tcp::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;  // `this` may be gone
    if (!acceptor.socket.is_open()) return;
    if (error && is_shortage(error)) {
      answers_.counters().add(WorkerMetric::tcp_refused);
      accept_later(acceptor);
      return;
    }
    if (!error) admit(std::move(socket), acceptor.index);
    accept(acceptor);
  });
}

// The connection that cannot be accepted keeps the listening socket readable; trying again at once
// would spin.
void TcpListener::accept_later(Acceptor& acceptor) {
  acceptor.pause.expires_after(kAcceptPause);
  acceptor.pause.async_wait([this, &acceptor](const error_code& error) {
    if (error || !acceptor.socket.is_open()) return;
    accept(acceptor);
  });
}

bool TcpListener::make_room_for(const Address& client) {
  if (roster_.has_room_for(client)) return true;
  const auto victim = roster_.one_to_close_for(
      client, [this](SessionId id) { return find(id)->connection.is_busy(); });
  if (!victim) return false;
  answers_.counters().add(WorkerMetric::tcp_displaced);
  close(*find(*victim));
  return true;
}

void TcpListener::admit(tcp::socket socket, std::uint16_t acceptor_index) {
  WorkerCounters& counters = answers_.counters();
  ClientRef client;
  client.client = remote_endpoint(socket.native_handle());
  client.local = local_endpoint(socket.native_handle()).address;
  client.listener = acceptor_index;
  client.transport = Transport::tcp;
  if (client.client.address.family == Address::Family::none) return;  // it has gone already
  if (!make_room_for(client.client.address)) {
    counters.add(WorkerMetric::tcp_refused);
    return;
  }
  client.connection = ++last_id_;
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  socket.non_blocking(true, ignored);

  const TimePoint now = Clock::now();
  auto& slot = sessions_[client.connection];
  slot = std::make_unique<Session>(std::move(socket), client, now);
  roster_.open(client.connection, client.client.address);
  counters.add(WorkerMetric::tcp_accepted);
  counters.set(WorkerMetric::tcp_open, sessions_.size());
  watch_idleness(*slot, now);
  advance(*slot, now);
}

TcpListener::Session* TcpListener::find(SessionId id) noexcept {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second.get();
}

void TcpListener::send(const ClientRef& client, std::span<const std::byte> message) {
  Session* session = find(client.connection);
  if (session == nullptr) return;
  const bool fits = session->connection.add_answer(message);
  answers_.counters().add(fits ? WorkerMetric::replies_tcp : WorkerMetric::send_errors);
  if (!session->is_serving) write_or_close(*session, Clock::now());
}

void TcpListener::stop() {
  error_code ignored;
  for (const auto& acceptor : acceptors_) {
    acceptor->socket.close(ignored);
    acceptor->pause.cancel(ignored);
  }
  const TimePoint now = Clock::now();
  std::vector<Session*> all;
  for (const auto& [id, session] : sessions_) all.push_back(session.get());
  for (Session* session : all) {
    session->connection.end_input();
    advance(*session, now);
  }
}

// May close the session: nobody may touch it afterwards.
void TcpListener::serve(Session& session, TimePoint now) {
  if (!session.is_turn_due) take_messages(session, now);
  advance(session, now);
}

void TcpListener::take_messages(Session& session, TimePoint now) {
  int taken = 0;
  session.is_serving = true;
  for (; taken < kMessagesPerTurn; ++taken) {
    const auto message = session.connection.next_message(now);
    if (!message) break;
    answer(session, *message, now);
  }
  session.is_serving = false;
  if (taken > 0) roster_.touch(session.client.connection);
  if (taken == kMessagesPerTurn) take_more_later(session);
}

// Behind all that is ready now: other connections, UDP, the engine's timers and exchanges.
void TcpListener::take_more_later(Session& session) {
  session.is_turn_due = true;
  boost::asio::post(loop_, [this, id = session.client.connection] {
    Session* self = find(id);
    if (self == nullptr) return;
    self->is_turn_due = false;
    serve(*self, Clock::now());
  });
}

void TcpListener::answer(Session& session, std::span<const std::byte> message, TimePoint now) {
  dns::Query query;
  const std::span out{out_.get(), AnswerPath::kOutSize};
  answers_.keep_connections_for(idle_timeout());
  const AnswerPath::Verdict verdict = answers_.answer(message, session.client, now, out, query);
  switch (verdict.outcome) {
    case AnswerPath::Outcome::replied: {
      if (tap_.is_reply_due())
        tap_.on_reply({.client = session.client,
                       .query = message,
                       .reply = out.first(verdict.size),
                       .origin = {.source = verdict.source, .asked = now}});
      const bool fits = session.connection.add_reply(out.first(verdict.size));
      answers_.counters().add(fits ? WorkerMetric::replies_tcp : WorkerMetric::send_errors);
      if (verdict.refresh_due) sink_.on_refresh(query);
      return;
    }
    case AnswerPath::Outcome::missed:
      if (tap_.is_miss_due()) tap_.on_miss(session.client, message);
      session.connection.expect_answer();  // first: the reply may come before on_query() returns
      sink_.on_query(session.client, query);
      return;
    case AnswerPath::Outcome::silent:
      session.connection.end_input();
      return;
  }
}

// Carries out what the connection wants next. May close it: nobody may touch `session` afterwards.
void TcpListener::advance(Session& session, TimePoint now) {
  if (write_or_close(session, now) == Next::gone) return;
  if (session.is_reading || session.is_turn_due) return;
  if (session.connection.wants_input()) read(session);
}

TcpListener::Next TcpListener::write_or_close(Session& session, TimePoint now) {
  if (session.connection.is_finished()) {
    close(session);
    return Next::gone;
  }
  const auto bytes = session.connection.begin_write(now);
  if (!bytes.empty()) write(session, bytes);
  return Next::open;
}

void TcpListener::read(Session& session) {
  const std::span<std::byte> room = session.connection.room();
  session.is_reading = true;
  session.socket.async_read_some(
      boost::asio::buffer(room.data(), room.size()),
      [this, id = session.client.connection](const error_code& error, std::size_t size) {
        if (error == boost::asio::error::operation_aborted) return;  // `this` may be gone
        Session* self = find(id);
        if (self == nullptr) return;
        self->is_reading = false;
        if (error && error != boost::asio::error::eof) {
          close(*self);
          return;
        }
        if (error) self->connection.end_input();  // half-closed: it may still wait for replies
        self->connection.received(size);
        serve(*self, Clock::now());
      });
}

void TcpListener::write(Session& session, std::span<const std::byte> bytes) {
  boost::asio::async_write(
      session.socket, boost::asio::buffer(bytes.data(), bytes.size()),
      [this, id = session.client.connection](const error_code& error, std::size_t) {
        if (error == boost::asio::error::operation_aborted) return;  // `this` may be gone
        Session* self = find(id);
        if (self == nullptr) return;
        if (error) {
          close(*self);
          return;
        }
        const TimePoint now = Clock::now();
        self->connection.written(now);
        roster_.touch(id);
        serve(*self, now);  // what had to wait until this reply had left
      });
}

Duration TcpListener::idle_timeout() const noexcept {
  return roster_.is_crowded() ? limits_.idle_timeout / kCrowdedDivisor : limits_.idle_timeout;
}

// The timer is not moved with each message: it looks again when it fires. It fires several times in
// an idle time-out, since the connection may come to be idle sooner than it now seems: when its
// last answer comes, or when connections run short.
void TcpListener::watch_idleness(Session& session, TimePoint now) {
  session.idle_timer.expires_at(std::min(session.connection.idle_at(idle_timeout()),
                                         now + limits_.idle_timeout / kCrowdedDivisor));
  session.idle_timer.async_wait([this, id = session.client.connection](const error_code& error) {
    if (error) return;  // cancelled: `this` may be gone
    Session* self = find(id);
    if (self == nullptr) return;
    const TimePoint then = Clock::now();
    if (then < self->connection.idle_at(idle_timeout())) {
      watch_idleness(*self, then);
      return;
    }
    answers_.counters().add(WorkerMetric::tcp_idle_closed);
    close(*self);
  });
}

void TcpListener::close(Session& session) {
  const SessionId id = session.client.connection;
  roster_.close(id);
  sessions_.erase(id);
  answers_.counters().set(WorkerMetric::tcp_open, sessions_.size());
}

}  // namespace sluice::net
