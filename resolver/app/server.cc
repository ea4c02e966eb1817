#include "resolver/app/server.h"

#include <sys/random.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "conf/check.h"
#include "conf/load.h"
#include "conf/reload.h"
#include "resolver/app/budget_files.h"
#include "resolver/app/host_audit.h"
#include "resolver/app/local_spec.h"
#include "resolver/net/log.h"

namespace sluice::app {

namespace {

/// A secret from the operating system.
template <typename Secret>
Secret random_secret() {
  Secret secret;
  if (::getrandom(&secret, sizeof secret, 0) != static_cast<ssize_t>(sizeof secret))
    throw std::system_error{errno, std::generic_category(), "getrandom"};
  return secret;
}

HashKey random_key() { return random_secret<HashKey>(); }

/// Raises the limit of open descriptors as far as it goes, and lowers what we would open at once
/// to what it allows.
conf::Config within_descriptor_limit(conf::Config config) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return config;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::uint64_t room = conf::exchanges_within(limit.rlim_cur, config.server);
  if (config.server.max_exchanges > room) {
    log::warn("fewer_exchanges", {{"wanted", config.server.max_exchanges},
                                  {"allowed", room},
                                  {"reason", "limit of open files; raise LimitNOFILE"}});
    config.server.max_exchanges = static_cast<std::uint32_t>(room);
  }
  return config;
}

/// What is to be said about the configuration is said once, at the start.
void log_advice(const std::vector<conf::Advice>& advice) {
  for (const conf::Advice& each : advice)
    log::warn("advice", {{"key", each.key}, {"advice", each.text}});
}

QueryEngine::Limits engine_limits(const conf::Config& config) {
  return {.max_in_flight = config.server.max_in_flight,
          .max_waiters = config.server.max_waiters,
          .max_exchanges = config.server.max_exchanges,
          .max_failures = config.cache.max_failures,
          .max_recording = config.recorder.max_bytes,
          .deadline = config.server.deadline};
}

void prepare_state_dir(const std::string& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  if (!ec && ::access(path.c_str(), W_OK) != 0) ec = {errno, std::generic_category()};
  if (ec)
    log::warn("state_dir_unusable", {{"path", path},
                                     {"reason", ec.message()},
                                     {"effect", "nothing outlives a restart"},
                                     {"remedy", "create it, writable for this user"}});
}

}  // namespace

Server::Server(std::string config_path, conf::Config config)
    : config_path_{std::move(config_path)},
      config_{within_descriptor_limit(std::move(config))},
      signals_{loop_, SIGHUP, SIGTERM, SIGINT},
      gauge_timer_{loop_},
      drain_timer_{loop_},
      cache_{config_.cache.max_bytes, random_key()},
      engine_{engine_limits(config_), cache_, Random{random_key()}},
      worker_{loop_, engine_},
      exchange_{loop_, worker_, {.max_open = config_.server.max_exchanges}},
      attributor_{loop_, random_key()},
      access_{policy::ClientLimit{random_key()}, random_secret<dns::CookieSecret>()},
      traces_{config_},
      listeners_{loop_, cache_, access_, worker_, config_.server},
      watched_budgets_{loop_},
      interfaces_watcher_{loop_, [this] { follow_interfaces(); }},
      local_key_{random_key()} {
  worker_.attach(exchange_, listeners_);
  traces_.attach(listeners_, worker_);
}

Server::~Server() {
  admin_.reset();  // its thread posts to our loop and reads our counters
}

std::optional<std::string> Server::start() {
  ::signal(SIGPIPE, SIG_IGN);
  prepare_state_dir(config_.server.state_dir);
  follow_system_servers();
  if (auto problem = configure_engine()) return problem;
  read_local_names();
  traces_.use(config_.query_log, listeners_);
  const auto bound = listeners_.open();
  if (!bound) return bound.error();
  worker_.identify_by(attributor_, bound.value());
  if (!attributor_.is_available())
    log::warn("clients_not_told_apart",
              {{"reason", "the kernel does not tell of UDP sockets (module udp_diag)"},
               {"effect", "programs of this host are known by their address alone"}});
  log_advice(audit_here(config_, local_reading_ ? local_reading_->names : nullptr));

  engine_.process_counters().set(
      metrics::ProcessMetric::start_time_seconds,
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count()));
  refresh_gauges();
  publish_sources();
  status_.with([&](net::ServerStatus& status) {
    status.started = Clock::now();
    status.config_path = config_path_;
    status.threads = config_.server.threads;
    status.max_in_flight = config_.server.max_in_flight;
    status.max_waiters = config_.server.max_waiters;
    status.max_exchanges = config_.server.max_exchanges;
    for (const Endpoint& endpoint : bound.value()) status.listen.push_back(endpoint.to_string());
  });
  admin_ = std::make_unique<AdminThread>(admin_sources());
  const std::string admin = admin_->start(config_.admin.listen, config_.server.control);
  status_.with([&](net::ServerStatus& status) { status.admin = admin; });
  is_ready_ = true;
  await_signal();
  for (const Endpoint& endpoint : bound.value())
    log::info("listening", {{"address", endpoint.to_string()}});
  log::info("ready", {{"version", SLUICE_VERSION},
                      {"zones", config_.zones.size()},
                      {"upstreams", config_.upstreams.size()},
                      {"admin", admin.empty() ? "none" : admin}});
  return std::nullopt;
}

void Server::run() { loop_.run(); }

/// Nobody is answered before it is known which names are answered here, and who may ask.
void Server::read_local_names() {
  local_reader_ =
      std::make_unique<net::LocalReader>(loop_, local_spec_of(config_, local_key_),
                                         [this](std::shared_ptr<const net::LocalReading> reading) {
                                           use_local_names(std::move(reading));
                                         });
  const TimePoint end = Clock::now() + kLocalPatience;
  while (!local_reading_ && Clock::now() < end) loop_.run_one_until(end);
  if (!local_reading_)
    log::warn("local_names_late", {{"reason", "hosts file, blocklists or interfaces"},
                                   {"effect", "clients of this host are answered without them"}});
}

void Server::use_local_names(std::shared_ptr<const net::LocalReading> reading) {
  const bool has_other_network =
      !local_reading_ || local_reading_->network.attached != reading->network.attached;
  local_reading_ = std::move(reading);
  engine_.use_local_names(local_reading_->names, Clock::now());
  worker_.deadlines_have_changed();
  if (has_other_network) admit_clients();

  std::uint64_t names = 0, blocked = 0, reads = 0, failures = 0, skipped = 0;
  for (const net::LocalFile& file : local_reading_->files) {
    (file.list.empty() ? names : blocked) += file.names;
    reads += file.reads;
    failures += file.failures;
    skipped += file.skipped.count();
  }
  auto& counters = engine_.process_counters();
  counters.set(metrics::ProcessMetric::local_names, names + config_.records.size());
  counters.set(metrics::ProcessMetric::blocked_names, blocked);
  counters.set(metrics::ProcessMetric::local_reads_ok, reads);
  counters.set(metrics::ProcessMetric::local_reads_failed, failures);
  counters.set(metrics::ProcessMetric::local_lines_skipped, skipped);
}

void Server::admit_clients() {
  access_.limit.set(config_.server.client_rate, config_.server.client_rate);
  std::vector<Prefix> networks = config_.server.allow;
  if (config_.server.allow_attached && local_reading_) {
    const auto& attached = local_reading_->network.attached;
    networks.insert(networks.end(), attached.begin(), attached.end());
  }
  if (networks.size() > policy::AccessList::kMaxPrefixes) {
    log::warn("networks_left_out", {{"attached", networks.size()},
                                    {"taken", policy::AccessList::kMaxPrefixes},
                                    {"effect", "clients of the others are refused"},
                                    {"remedy", "list larger networks in server.allow"}});
    networks.resize(policy::AccessList::kMaxPrefixes);
  }
  listeners_.allow(std::make_shared<policy::AccessList>(std::move(networks)));
}

void Server::follow_system_servers() {
  const bool follows = std::any_of(config_.upstreams.begin(), config_.upstreams.end(),
                                   [](const conf::Upstream& u) { return u.follow_system; });
  if (!follows || system_servers_) return;
  net::SystemServersSource source;
  source.own = config_.server.listen;
  system_servers_ = std::make_unique<net::ResolvConfWatcher>(
      loop_, source, [this](const std::vector<Endpoint>& servers) {
        log::info("system_servers_changed", {{"servers", servers.size()}});
        if (const auto problem = configure_engine())
          log::error("system_servers_not_used", {{"reason", *problem}});
      });
  if (system_servers_->servers().empty())
    log::warn("no_system_servers",
              {{"reason", "resolv.conf names no server but ourselves"},
               {"effect", "SERVFAIL until it does"},
               {"remedy", "name servers = [...] in the configuration's [[upstream]]"}});
}

conf::Config Server::with_system_servers() const {
  conf::Config config = config_;
  for (conf::Upstream& upstream : config.upstreams)
    if (upstream.follow_system && system_servers_) upstream.servers = system_servers_->servers();
  return config;
}

std::optional<std::string> Server::configure_engine() {
  const conf::Config config = with_system_servers();
  if (auto problem = engine_.configure(config, open_budget_files(config), Clock::now()))
    return problem;
  exchange_.use_interfaces(engine_.routing().interface_names());
  watched_budgets_.watch(config, engine_.routing());
  publish_sources();
  return std::nullopt;
}

/// "auto" may mean another interface now, and an interface may have been replaced under its name.
void Server::follow_interfaces() {
  const conf::Config config = with_system_servers();
  follow_routes(config, engine_.routing());
  watched_budgets_.watch(config, engine_.routing());
  if (local_reader_) local_reader_->refresh_network();
}

std::vector<std::string> Server::reload() {
  std::vector<std::string> problems;
  const auto loaded = conf::load_file(config_path_);
  if (loaded) {
    for (const std::string& key : conf::restart_only_changes(config_, loaded.value()))
      log::warn("needs_restart", {{"key", key}, {"effect", "the old value stays"}});
    conf::Config next = conf::keep_restart_only(config_, loaded.value());
    for (const conf::Problem& problem : conf::check(next, {}))
      problems.push_back(problem.to_string());
    if (problems.empty()) {
      const conf::Config before = std::exchange(config_, std::move(next));
      follow_system_servers();
      if (const auto problem = configure_engine()) {
        problems.push_back(*problem);
        config_ = before;
      }
    }
  } else {
    for (const conf::Problem& problem : loaded.error()) problems.push_back(problem.to_string());
  }
  for (const std::string& problem : problems) log::error("bad_config", {{"problem", problem}});
  auto& counters = engine_.process_counters();
  if (problems.empty()) {
    log::set_level(config_.log.level);
    traces_.use(config_.query_log, listeners_);
    local_reader_->use(local_spec_of(config_, local_key_));
    admit_clients();
    counters.add(metrics::ProcessMetric::reloads_ok);
    log::info("reloaded", {{"zones", config_.zones.size()}});
  } else {
    counters.add(metrics::ProcessMetric::reloads_failed);
    log::error("reload_failed", {{"effect", "the old configuration stays"}});
  }
  return problems;
}

void Server::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& ec, int signal) {
    if (ec) return;
    if (signal == SIGHUP)
      (void)reload();
    else
      drain();
    await_signal();
  });
}

void Server::drain() {
  if (!is_ready_.exchange(false)) return loop_.stop();  // the second signal does not wait
  log::info("draining", {{"in_flight", engine_.in_flight()}});
  listeners_.stop();
  drain_further(Clock::now() + kDrain);
}

void Server::drain_further(TimePoint end) {
  if (engine_.in_flight() == 0 || Clock::now() >= end) {
    log::info("stopped", {{"unanswered", engine_.waiters()}});
    return loop_.stop();
  }
  drain_timer_.expires_after(std::chrono::milliseconds{20});
  drain_timer_.async_wait([this, end](const boost::system::error_code& ec) {
    if (!ec) drain_further(end);
  });
}

}  // namespace sluice::app
