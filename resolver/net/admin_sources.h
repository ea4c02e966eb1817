#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cache/response_cache.h"
#include "metrics/exporter.h"
#include "resolver/base/clock.h"
#include "resolver/engine_snapshot.h"
#include "resolver/explanation.h"
#include "resolver/net/control_json.h"
#include "resolver/net/inquiry.h"
#include "resolver/recording.h"

namespace sluice::net {

/// What the process is, as far as its configuration says.
struct ServerStatus {
  TimePoint started{};
  std::string config_path{};
  std::vector<std::string> listen{};  ///< addresses for clients, with the ports really bound
  std::string admin{};                ///< address of the HTTP server; empty = none
  std::uint32_t threads = 0;
  std::uint64_t max_in_flight = 0, max_waiters = 0, max_exchanges = 0;
};

/// The engine's loop has run a job.
struct Pong {};

/// How long the admin thread waits for the others' answers.
struct Patience {
  Duration ping = 1s;
  Duration snapshot = 2s;  ///< and of an explanation, of forgetting
  Duration reload = 4s;
};

/// Everything that the admin thread may know and do. All are called on the admin loop and must
/// outlive it; none may block. Nothing else is reachable from there.
struct AdminSources {
  /// Blocks of counters; those of slots in use, so that the list may change with a reload.
  std::function<metrics::Sources()> metrics;
  std::function<ServerStatus()> status;
  /// True once the listeners are open, false again while draining.
  std::function<bool()> is_ready;
  /// Post a job to the engine's loop.
  Ask<Pong> ping;
  Ask<EngineSnapshot> snapshot;
  /// What would happen to a question now; calls its last argument once, as an Ask does.
  std::function<void(dns::Question, std::function<void(Explanation)>)> explain;
  /// Has the engine forget the failures remembered for a name, or all of them without one; answers
  /// when it has.
  std::function<void(std::optional<dns::Name>, std::function<void(Pong)>)> forget_failures;
  /// The engine's last events.
  Ask<Recording> recording;
  /// Reads the configuration again; answers with its problems, none if it is in force.
  Ask<std::vector<std::string>> reload;
  /// What spenders are called. Any thread.
  Describe describe;
  /// Shared with all threads; null: there is none to look into.
  cache::ResponseCache* cache = nullptr;
  /// The admin thread's own counters, written by nobody else.
  metrics::CounterBlock<metrics::AdminMetric>* counters = nullptr;
  Patience patience;
};

}  // namespace sluice::net
