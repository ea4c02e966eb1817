#include "resolver/net/worker.h"

#include "resolver/net/attributor.h"
#include "resolver/net/forwarder_tap.h"
#include "resolver/net/listeners.h"
#include "resolver/net/log.h"

namespace sluice::net {

namespace {

using metrics::WorkerHistogram;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

Worker::Worker(boost::asio::io_context& loop, QueryEngine& engine)
    : engine_{engine}, timer_{loop} {}

void Worker::attach(Exchange& exchange, Listeners& listeners) noexcept {
  exchange_ = &exchange;
  listeners_ = &listeners;
}

void Worker::tap(ClientTap& clients, ForwarderTap* upstreams) noexcept {
  client_tap_ = &clients;
  forwarder_tap_ = upstreams;
}

void Worker::identify_by(Attributor& attributor, std::vector<Endpoint> bound) {
  attributor_ = &attributor;
  bound_ = std::move(bound);
}

void Worker::identify(const Identify& asked) {
  const Endpoint& listener = bound_[asked.client.listener % bound_.size()];
  engine_.on_identified(asked.question,
                        attributor_->identify(asked.client, listener, Clock::now()));
}

void Worker::book(const Spent& spent) {
  const TimePoint now = Clock::now();
  engine_.book(spent, attributor_->known_as(spent.spender, now), now);
}

void Worker::on_query(const ClientRef& client, const dns::Query& query) {
  const TimePoint now = Clock::now();
  engine_.on_query(client, query, now, actions_);
  perform();
  listeners_->engine_counters().observe(WorkerHistogram::own_query, Clock::now() - now);
}

void Worker::on_refresh(const dns::Query& query) {
  engine_.on_refresh(query, Clock::now(), actions_);
  perform();
}

void Worker::on_exchange_done(ExchangeId id, const ExchangeOutcome& outcome) {
  if (forwarder_tap_ != nullptr) forwarder_tap_->on_done(id, outcome);
  const TimePoint now = Clock::now();
  engine_.on_exchange_done(id, outcome, now, actions_);
  perform();
  listeners_->engine_counters().observe(WorkerHistogram::own_answer, Clock::now() - now);
}

void Worker::on_connection(const Endpoint& server, ConnectionEvent event, std::uint32_t segments) {
  if (segments > 0) engine_.on_segments_sent(server, segments, Clock::now());
  switch (event) {
    case ConnectionEvent::opened:
      return engine_.on_connection_opened(server);
    case ConnectionEvent::segments_sent:
      return;
    case ConnectionEvent::closed:
      return engine_.on_connection_closed(server);
  }
}

void Worker::perform() {
  actions_.for_each([this](const Action& action) {
    std::visit(Overloaded{
                   [this](const Respond& respond) { reply(respond); },
                   [this](const StartExchange& exchange) { start(exchange); },
                   [this](const Identify& asked) { identify(asked); },
                   [this](const Spent& spent) { book(spent); },
                   [this](const LoopFound& loop) {
                     log::error(
                         "forwarding_loop",
                         {{"server", loop.server.to_string()},
                          {"zone", engine_.routing().rule(loop.rule).zone},
                          {"effect", "questions for this zone come back to us"},
                          {"remedy", "let this upstream have servers that do not forward to us"}});
                   },
               },
               action);
  });
  actions_.clear();
  arm_timer();
}

void Worker::reply(const Respond& respond) {
  listeners_->send(respond.client, respond.message);
  if (client_tap_ == nullptr || !client_tap_->is_reply_due()) return;
  TappedReply tapped{.client = respond.client, .reply = respond.message, .origin = respond.origin};
  if (respond.origin.rule != ReplyOrigin::kNoRule) {
    const Rule& rule = engine_.routing().rule(respond.origin.rule);
    tapped.upstream = rule.upstream;
    tapped.zone_labels = static_cast<std::uint8_t>(rule.labels);
  }
  client_tap_->on_reply(tapped);
}

void Worker::start(const StartExchange& start) {
  if (forwarder_tap_ != nullptr) forwarder_tap_->on_start(start);
  const std::uint32_t packets = exchange_->start(start);
  engine_.on_sent(start.id, packets, Clock::now());
}

void Worker::arm_timer() {
  const TimePoint next = engine_.next_deadline();
  if (next == armed_for_) return;
  armed_for_ = next;
  if (next == kNever) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(next);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;  // moved or cancelled
    armed_for_ = kNever;
    engine_.on_deadline(Clock::now(), actions_);
    perform();
  });
}

}  // namespace sluice::net
