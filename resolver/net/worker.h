#pragma once

#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "resolver/net/exchange.h"
#include "resolver/net/query_sink.h"
#include "resolver/query_engine.h"

namespace sluice::net {

class Attributor;
class ClientTap;
class ForwarderTap;
class Listeners;

/// The engine's hands: gives it events with one `now` each, carries out its actions, and keeps the
/// one timer that it asks for. The only place where decisions become packets.
///
/// Thread-confined to `loop`, the engine's.
class Worker final : public QuerySink, public ExchangeSink {
 public:
  Worker(boost::asio::io_context& loop, QueryEngine& engine);

  /// What actions are carried out with; both must be set before the first event and outlive it.
  /// To be called after the engine was told something that is no event of this worker's.
  void deadlines_have_changed() { arm_timer(); }

  void attach(Exchange& exchange, Listeners& listeners) noexcept;
  /// Who tells clients apart, and where listeners' sockets are bound, by ClientRef::listener; until
  /// then clients are their addresses. It outlives the last event.
  void identify_by(Attributor& attributor, std::vector<Endpoint> bound);
  /// What replies pass, and messages from and to upstreams unless that is null; they outlive this
  /// object.
  void tap(ClientTap& clients, ForwarderTap* upstreams) noexcept;

  void on_query(const ClientRef& client, const dns::Query& query) override;
  void on_refresh(const dns::Query& query) override;
  void on_exchange_done(ExchangeId id, const ExchangeOutcome& outcome) override;
  void on_connection(const Endpoint& server, ConnectionEvent event,
                     std::uint32_t segments) override;

 private:
  void perform();
  void reply(const Respond& respond);
  void start(const StartExchange& start);
  void identify(const Identify& asked);
  void book(const Spent& spent);
  void arm_timer();

  QueryEngine& engine_;
  boost::asio::steady_timer timer_;
  TimePoint armed_for_ = kNever;
  Exchange* exchange_ = nullptr;
  Listeners* listeners_ = nullptr;
  Attributor* attributor_ = nullptr;  // null until identify_by()
  std::vector<Endpoint> bound_;
  ClientTap* client_tap_ = nullptr;  // null until tap()
  ForwarderTap* forwarder_tap_ = nullptr;
  ActionList actions_;
};

}  // namespace sluice::net
