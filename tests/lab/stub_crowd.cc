#include <utility>

#include "tests/lab/stub_crowd.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>

#include "resolver/base/assert.h"
#include "resolver/dns/message.h"
#include "tests/lab/stamped_receiver.h"

namespace sluice::lab {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kMaxRepliesPerWake = 64;

asio::ip::udp::endpoint to_asio(const Endpoint& endpoint) {
  return {asio::ip::make_address(endpoint.address.to_string()), endpoint.port};
}

/// A stub takes a reply only with its own question, letter for letter (RFC 5452 section 9.1).
/// `asked` is the query without its OPT record.
bool echoes_question(std::span<const std::byte> reply, std::span<const std::byte> asked) {
  return reply.size() >= asked.size() && std::equal(asked.begin() + dns::kHeaderSize, asked.end(),
                                                    reply.begin() + dns::kHeaderSize);
}

std::uint64_t& count_of(Tally& tally, Outcome outcome) {
  switch (outcome) {
    case Outcome::answered:
      return tally.answered;
    case Outcome::failed:
      return tally.failed;
    case Outcome::late:
      return tally.late;
    case Outcome::silent:
    case Outcome::unfinished:
      break;
  }
  SLUICE_ASSERT(outcome == Outcome::silent);
  return tally.silent;
}

}  // namespace

StubCrowd::StubCrowd(asio::io_context& io, const Options& options)
    : options_{options},
      random_{HashKey{.k0 = options.workload.seed, .k1 = 0x637264}},
      record_{options.max_recorded} {
  open_sockets(io, LookupKind::ordinary);
  open_sockets(io, LookupKind::ptr);
  const std::size_t sockets = *std::min_element(socket_counts_.begin(), socket_counts_.end());
  lookups_ = Slab<Lookup>{std::min(kMaxLookups, sockets * kMaxLookupsPerSocket)};
  for (std::uint32_t i = 0; i < sockets_.size(); ++i) wait_for_replies(i);
}

void StubCrowd::open_sockets(asio::io_context& io, LookupKind kind) {
  const asio::ip::udp::endpoint server = to_asio(options_.server);
  const std::vector<Address>& from = options_.from[index(kind)];
  first_socket_[index(kind)] = static_cast<std::uint32_t>(sockets_.size());
  for (std::uint32_t i = 0; i < options_.sockets; ++i) {
    asio::ip::udp::socket socket{io};
    error_code ec;
    socket.open(server.protocol(), ec);
    if (!ec && !from.empty()) socket.bind(to_asio({from[i % from.size()], 0}), ec);
    if (!ec) socket.connect(server, ec);
    if (!ec) socket.non_blocking(true, ec);
    // Out of descriptors or ports: go on with what there is.
    if (ec && i > 0) break;
    if (ec) throw boost::system::system_error{ec, "opening a client's socket"};
    sockets_.push_back(std::move(socket));
    ++socket_counts_[index(kind)];
  }
}

void StubCrowd::ask(LookupKind kind, std::uint64_t number, TimePoint now) {
  const auto i = lookups_.take();
  if (!i) {
    ++tally(kind).skipped;
    return;
  }
  Lookup& lookup = lookups_[*i];
  lookup.kind = kind;
  lookup.number = number;
  lookup.first_asked = now;
  ++tally(kind).asked;
  ++unfinished_[index(kind)];
  choose_port_and_id(*i);
  send_try(*i, now);
}

void StubCrowd::choose_port_and_id(Index i) {
  Lookup& lookup = lookups_[i];
  const std::size_t kind = index(lookup.kind);
  lookup.socket = first_socket_[kind] + next_socket_[kind]++ % socket_counts_[kind];
  do lookup.id = random_.next_id();
  while (waiting_.contains(key(lookup.socket, lookup.id)));
}

void StubCrowd::send_try(Index i, TimePoint now) {
  Lookup& lookup = lookups_[i];
  QueryBuffer buffer;
  const auto query = options_.workload.write_query(lookup.kind, lookup.number, lookup.id, buffer);
  waiting_.insert_or_assign(key(lookup.socket, lookup.id), i);
  lookup.is_waiting = true;
  lookup.last_asked = now;
  ++lookup.tries;
  ++tally(lookup.kind).packets;

  asio::ip::udp::socket& socket = sockets_[lookup.socket];
  const asio::const_buffer bytes{query.data(), query.size()};
  error_code ec;
  socket.send(bytes, 0, ec);
  // The error may belong to an earlier packet (ICMP), and then this one was not sent.
  if (ec) socket.send(bytes, 0, ec);
  if (ec) ++send_errors_;
  start_timer(i, now + options_.habits[index(lookup.kind)].timeout, false);
}

void StubCrowd::start_timer(Index i, TimePoint due, bool is_pause) {
  const bool is_pushed =
      timers_.push(due, {i, lookups_.generation(i), lookups_[i].tries, is_pause});
  SLUICE_ASSERT(is_pushed);
}

void StubCrowd::on_time(TimePoint now) {
  while (const auto timer = timers_.pop_due(now)) {
    if (!lookups_.is_taken(timer->lookup) ||
        lookups_.generation(timer->lookup) != timer->generation)
      continue;
    const Lookup& lookup = lookups_[timer->lookup];
    if (lookup.tries != timer->tries || lookup.is_waiting == timer->is_pause) continue;
    if (!timer->is_pause) {
      on_timeout(timer->lookup, now);
      continue;
    }
    choose_port_and_id(timer->lookup);
    send_try(timer->lookup, now);
  }
}

void StubCrowd::on_timeout(Index i, TimePoint now) {
  Lookup& lookup = lookups_[i];
  const Habit& habit = options_.habits[index(lookup.kind)];
  ++tally(lookup.kind).timeouts;
  if (!habit.again_after_timeout(lookup.tries)) return finish(i, Outcome::silent, now);
  if (habit.retransmission == Habit::Retransmission::fresh_query) {
    stop_waiting(lookup);
    choose_port_and_id(i);
  }
  send_try(i, now);
}

void StubCrowd::stop_waiting(Lookup& lookup) {
  waiting_.erase(key(lookup.socket, lookup.id));
  lookup.is_waiting = false;
}

void StubCrowd::finish(Index i, Outcome outcome, TimePoint now) {
  Lookup& lookup = lookups_[i];
  if (lookup.is_waiting) stop_waiting(lookup);
  ++count_of(tally(lookup.kind), outcome);
  record(lookup, outcome, now);
  --unfinished_[index(lookup.kind)];
  lookups_.release(i);
}

void StubCrowd::record(const Lookup& lookup, Outcome outcome, TimePoint now) {
  const Duration took = now - lookup.first_asked;
  record_.add({.asked_ns = realtime_ns() - took.count(),
               .took = took,
               .number = lookup.number,
               .kind = lookup.kind,
               .outcome = outcome,
               .last_reply = lookup.last_reply});
}

void StubCrowd::record_unfinished(TimePoint now) {
  for (Index i = 0; i < lookups_.capacity(); ++i)
    if (lookups_.is_taken(i)) record(lookups_[i], Outcome::unfinished, now);
}

void StubCrowd::wait_for_replies(std::uint32_t socket) {
  sockets_[socket].async_wait(asio::socket_base::wait_read, [this, socket](error_code ec) {
    if (ec) return;
    read_replies(socket);
    wait_for_replies(socket);
  });
}

void StubCrowd::read_replies(std::uint32_t socket) {
  std::array<std::byte, 4'096> buffer;
  for (int i = 0; i < kMaxRepliesPerWake; ++i) {
    error_code ec;
    const std::size_t size =
        sockets_[socket].receive(asio::buffer(buffer.data(), buffer.size()), 0, ec);
    if (ec == asio::error::would_block) return;
    if (ec) continue;  // an ICMP error: the try's time-out will tell
    on_reply(socket, std::span{buffer}.first(size), Clock::now());
  }
}

void StubCrowd::on_reply(std::uint32_t socket, std::span<const std::byte> reply, TimePoint now) {
  const auto header = dns::Header::read(reply);
  const auto found = header ? waiting_.find(key(socket, header->id)) : waiting_.end();
  if (found == waiting_.end()) {
    ++unexpected_;
    return;
  }
  const Index i = found->second;
  Lookup& lookup = lookups_[i];
  QueryBuffer buffer;
  const auto query = options_.workload.write_query(lookup.kind, lookup.number, lookup.id, buffer);
  const std::size_t opt_size = options_.workload.has_edns ? dns::kBareOptSize : 0;
  if (!echoes_question(reply, query.first(query.size() - opt_size))) {
    ++unexpected_;
    return;
  }
  Tally& tally = tallies_[index(lookup.kind)];
  ++tally.replies_by_rcode[header->rcode()];
  lookup.last_reply = reply_codes(reply);
  tally.reply_latency.add(now - lookup.last_asked);
  const auto rcode = static_cast<dns::Rcode>(header->rcode());
  if (rcode != dns::Rcode::noerror && rcode != dns::Rcode::nxdomain) return on_failure(i, now);
  const Duration latency = now - lookup.first_asked;
  if (latency > options_.habits[index(lookup.kind)].patience) return finish(i, Outcome::late, now);
  tally.answer_latency.add(latency);
  finish(i, Outcome::answered, now);
}

void StubCrowd::on_failure(Index i, TimePoint now) {
  Lookup& lookup = lookups_[i];
  const auto pause = options_.habits[index(lookup.kind)].again_after_failure(lookup.tries);
  if (!pause) return finish(i, Outcome::failed, now);
  stop_waiting(lookup);
  start_timer(i, now + *pause, true);
}

}  // namespace sluice::lab
