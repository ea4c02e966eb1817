#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "conf/config.h"
#include "conf/problem.h"
#include "resolver/app/admin_thread.h"
#include "resolver/app/traces.h"
#include "resolver/app/watched_budgets.h"
#include "resolver/base/guarded.h"
#include "resolver/net/attributor.h"
#include "resolver/net/cares_exchange.h"
#include "resolver/net/interfaces_watcher.h"
#include "resolver/net/listeners.h"
#include "resolver/net/local_reader.h"
#include "resolver/net/resolv_conf_watcher.h"
#include "resolver/net/worker.h"

namespace sluice::app {

/// The daemon: puts the parts together, and sees them through start, reload and drain.
///
/// SIGHUP reloads the configuration: the cache and the questions in flight are kept, and a bad file
/// changes nothing. SIGTERM and SIGINT stop taking queries, answer those taken (at most kDrain),
/// and end run().
///
/// Owns every part and the engine's loop; run() is the engine's thread.
class Server {
 public:
  static constexpr Duration kDrain = 5s;
  static constexpr Duration kGaugeInterval = 1s;
  static constexpr std::size_t kSpendersExported = 10;
  /// How long the start waits for the hosts file and the blocklists.
  static constexpr Duration kLocalPatience = 10s;

  Server(std::string config_path, conf::Config config);
  ~Server();

  /// Opens all sockets. Returns one line for the operator if the daemon cannot serve.
  [[nodiscard]] std::optional<std::string> start();
  /// Serves until a signal ends it.
  void run();

 private:
  [[nodiscard]] net::AdminSources admin_sources();
  [[nodiscard]] conf::Config with_system_servers() const;
  [[nodiscard]] std::optional<std::string> configure_engine();
  [[nodiscard]] std::vector<std::string> reload();
  void follow_system_servers();
  void follow_interfaces();
  void read_local_names();
  void use_local_names(std::shared_ptr<const net::LocalReading> reading);
  void admit_clients();
  void publish_sources();
  void await_signal();
  void drain();
  void drain_further(TimePoint end);
  void refresh_gauges();
  void log_verdicts();
  void dump_recording();
  void publish_spenders(TimePoint now);

  std::string config_path_;
  conf::Config config_;
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer gauge_timer_;
  boost::asio::steady_timer drain_timer_;

  cache::ResponseCache cache_;
  QueryEngine engine_;
  net::Worker worker_;
  net::CaresExchange exchange_;
  net::Attributor attributor_;
  ClientAccess access_;
  Traces traces_;
  net::Listeners listeners_;
  WatchedBudgets watched_budgets_;
  net::InterfacesWatcher interfaces_watcher_;
  std::unique_ptr<net::ResolvConfWatcher> system_servers_;
  HashKey local_key_;
  std::unique_ptr<net::LocalReader> local_reader_;
  std::shared_ptr<const net::LocalReading> local_reading_;  // null: not read yet

  // Read by the admin thread.
  Guarded<metrics::Sources> sources_;
  Guarded<net::ServerStatus> status_;
  Guarded<std::vector<metrics::TopSpender>> spenders_;
  std::atomic<bool> is_ready_ = false;
  metrics::CounterBlock<metrics::AdminMetric> admin_counters_;
  std::unique_ptr<AdminThread> admin_;
};

}  // namespace sluice::app
