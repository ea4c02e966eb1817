#pragma once

#include <memory>

#include "conf/config.h"
#include "metrics/table.h"
#include "resolver/net/dnstap.h"
#include "resolver/net/forwarder_tap.h"
#include "resolver/net/listeners.h"
#include "resolver/net/query_log.h"
#include "resolver/net/recorder_dump.h"
#include "resolver/net/worker.h"
#include "resolver/query_engine.h"

namespace sluice::app {

/// What can be looked at afterwards: the query log, dnstap, and what the flight recorder's dumps
/// are written by. Owns them, and lets messages pass them.
///
/// Belongs to the engine's thread, but for recorder_dump(), which is the admin thread's. Must
/// outlive the listeners' threads.
class Traces {
 public:
  explicit Traces(const conf::Config& config);

  /// To be called once, before the listeners are opened.
  void attach(net::Listeners& listeners, net::Worker& worker);
  /// The query log as the configuration has it from now on; its file is opened anew.
  void use(const conf::QueryLog& config, net::Listeners& listeners);
  /// Brings the counters up to date.
  void count(const QueryEngine& engine) noexcept;

  [[nodiscard]] const metrics::CounterBlock<metrics::TraceMetric>& counters() const noexcept {
    return counters_;
  }
  [[nodiscard]] net::RecorderDump& recorder_dump() noexcept { return recorder_dump_; }

 private:
  net::QueryLog query_log_;
  std::unique_ptr<net::Dnstap> dnstap_;               // null: no collector
  std::unique_ptr<net::ForwarderTap> forwarder_tap_;  // null: it hears nothing of upstreams
  net::RecorderDump recorder_dump_;
  metrics::CounterBlock<metrics::TraceMetric> counters_;
};

}  // namespace sluice::app
