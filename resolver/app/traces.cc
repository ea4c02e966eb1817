#include "resolver/app/traces.h"

namespace sluice::app {

namespace {

using conf::DnstapMessage;
using metrics::TraceMetric;

/// The engine's thread has the first lane, and its queue.
constexpr std::size_t kEngineQueue = 0;

}  // namespace

Traces::Traces(const conf::Config& config) : recorder_dump_{config.server.state_dir} {
  if (config.dnstap.socket.empty()) return;
  dnstap_ = std::make_unique<net::Dnstap>(config.dnstap, config.server.threads);
  if (dnstap_->wants(DnstapMessage::forwarder_query) ||
      dnstap_->wants(DnstapMessage::forwarder_response))
    forwarder_tap_ = std::make_unique<net::ForwarderTap>(*dnstap_, kEngineQueue);
}

void Traces::attach(net::Listeners& listeners, net::Worker& worker) {
  if (dnstap_) listeners.send_to(*dnstap_);
  worker.tap(listeners.engine_tap(), forwarder_tap_.get());
}

void Traces::use(const conf::QueryLog& config, net::Listeners& listeners) {
  query_log_.use(config);
  listeners.log_to(query_log_, config.sample);
}

void Traces::count(const QueryEngine& engine) noexcept {
  counters_.set(TraceMetric::recorder_events, engine.recorder().recorded());
  counters_.set(TraceMetric::recorder_overwritten, engine.recorder().overwritten());
  counters_.set(TraceMetric::recorder_dumps, recorder_dump_.dumps());
  counters_.set(TraceMetric::query_log_lines, query_log_.lines());
  counters_.set(TraceMetric::query_log_dropped, query_log_.dropped());
  if (!dnstap_) return;
  counters_.set(TraceMetric::dnstap_sent, dnstap_->sent());
  counters_.set(TraceMetric::dnstap_dropped, dnstap_->dropped());
}

}  // namespace sluice::app
