// What operators see of the server, and what it does once a second so that they see it.
#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

#include "resolver/app/server.h"
#include "resolver/dns/presentation.h"
#include "resolver/net/log.h"

namespace sluice::app {

void Server::publish_sources() {
  metrics::Sources sources = engine_.sources();
  sources.workers = listeners_.counters();
  sources.admin = &admin_counters_;
  sources.traces = &traces_.counters();
  sources.attribution = &attributor_.counters();
  sources_.with([&](metrics::Sources& published) { published = std::move(sources); });
}

net::AdminSources Server::admin_sources() {
  net::AdminSources sources;
  sources.metrics = [this] {
    metrics::Sources all = sources_.with([](const metrics::Sources& s) { return s; });
    all.spenders = spenders_.with([](const auto& spenders) { return spenders; });
    return all;
  };
  sources.status = [this] { return status_.with([](const net::ServerStatus& s) { return s; }); };
  sources.is_ready = [this] { return is_ready_.load(); };
  sources.ping = [this](std::function<void(net::Pong)> done) {
    boost::asio::post(loop_, [done = std::move(done)] { done({}); });
  };
  sources.snapshot = [this](std::function<void(EngineSnapshot)> done) {
    boost::asio::post(loop_,
                      [this, done = std::move(done)] { done(engine_.snapshot(Clock::now())); });
  };
  sources.explain = [this](const dns::Question& question, std::function<void(Explanation)> done) {
    boost::asio::post(loop_, [this, question, done = std::move(done)] {
      done(engine_.explain(question, Clock::now()));
    });
  };
  sources.forget_failures = [this](const std::optional<dns::Name>& name,
                                   std::function<void(net::Pong)> done) {
    boost::asio::post(loop_, [this, name, done = std::move(done)] {
      engine_.forget_failures(name);
      done({});
    });
  };
  sources.describe = [this](const Spender& spender) { return attributor_.describe(spender); };
  sources.cache = &cache_;
  sources.recording = [this](std::function<void(Recording)> done) {
    boost::asio::post(
        loop_, [this, done = std::move(done)] { done(engine_.recorder().copy(Clock::now())); });
  };
  sources.reload = [this](std::function<void(std::vector<std::string>)> done) {
    boost::asio::post(loop_, [this, done = std::move(done)] { done(reload()); });
  };
  sources.counters = &admin_counters_;
  return sources;
}

void Server::refresh_gauges() {
  const TimePoint now = Clock::now();
  engine_.refresh_gauges(now);
  const bool was_healthy = engine_.health().overall().verdict() == policy::Verdict::healthy;
  if (engine_.take_stock(now)) log_verdicts();
  if (was_healthy && engine_.health().overall().verdict() != policy::Verdict::healthy)
    dump_recording();
  publish_spenders(now);
  watched_budgets_.count();
  traces_.count(engine_);
  engine_.process_counters().set(metrics::ProcessMetric::exchanges_evicted, exchange_.evicted());
  engine_.process_counters().set(metrics::ProcessMetric::client_socket_drops,
                                 listeners_.socket_drops());
  gauge_timer_.expires_after(kGaugeInterval);
  gauge_timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) refresh_gauges();
  });
}

/// What led to it is still there, for whoever comes to look later.
void Server::dump_recording() {
  if (!admin_) return;
  admin_->post([this, recording = engine_.recorder().copy(Clock::now()),
                reason = policy::name_of(engine_.health().overall().verdict())] {
    traces_.recorder_dump().dump(recording, reason, Clock::now());
  });
}

void Server::publish_spenders(TimePoint now) {
  const EngineSnapshot::Top top =
      engine_.top(policy::TopSpenders::Window::minute, kSpendersExported, now);
  std::vector<metrics::TopSpender> spenders;
  for (const EngineSnapshot::Account& account : top.accounts)
    spenders.push_back({attributor_.describe(account.spender).client, account.zone, account.suffix,
                        dns::to_string(account.type), account.spent.packets});
  spenders_.with([&](auto& published) { published = std::move(spenders); });
}

void Server::log_verdicts() {
  const Health& health = engine_.health();
  for (const Health::Upstream& upstream : health.upstreams()) {
    const policy::Signals& signals = upstream.signals;
    const auto level =
        upstream.steady.verdict() == policy::Verdict::healthy ? log::Level::info : log::Level::warn;
    log::write(level, "verdict",
               {{"verdict", policy::name_of(health.overall().verdict())},
                {"upstream", upstream.name},
                {"upstream_verdict", policy::name_of(upstream.steady.verdict())},
                {"tries", signals.tries},
                {"errors", signals.errors},
                {"timeouts", signals.timeouts},
                {"waits", signals.waits},
                {"sheds", signals.sheds},
                {"dropped", signals.dropped},
                {"explanation", "sluicectl diagnose"}});
  }
}

}  // namespace sluice::app
