#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "resolver/base/guarded.h"
#include "resolver/dns/presentation.h"
#include "resolver/net/admin_sources.h"

namespace sluice::net {

/// A loop with a thread of its own.
class LoopThread {
 public:
  ~LoopThread() { stop(); }
  void start() {
    thread_ = std::thread{[this] { loop.run(); }};
  }
  void stop() {
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }

  boost::asio::io_context loop{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop.get_executor()};
  std::thread thread_;
};

/// The admin loop and an engine's loop, which answers or keeps silent, as the test says.
class AdminFixture : public ::testing::Test {
 protected:
  AdminFixture() { sources = make_sources(); }
  ~AdminFixture() override { stop(); }

  void start() {
    engine.start();
    admin.start();
  }
  /// No handler runs any more; servers may be destroyed.
  void stop() {
    engine.stop();
    admin.stop();
  }

  /// The engine wakes up and runs the jobs that it has got.
  void answer_what_was_asked() {
    unanswered_.with([](auto& list) {
      for (const auto& job : std::exchange(list, {})) job();
    });
  }

  [[nodiscard]] std::uint64_t counted(metrics::AdminMetric metric) const {
    return counters.get(metric);
  }

  LoopThread admin;
  LoopThread engine;
  metrics::CounterBlock<metrics::AdminMetric> counters;
  metrics::CounterBlock<metrics::ProcessMetric> process;
  EngineSnapshot snapshot;  ///< set before start()
  Explanation explanation;  ///< the same
  Guarded<std::vector<std::string>> forgotten;
  cache::ResponseCache cache{1 << 20, HashKey{1, 2}};
  std::vector<std::string> problems;
  std::atomic<bool> is_ready{true};
  std::atomic<bool> is_engine_silent{false};
  std::atomic<int> snapshots_asked{0};
  AdminSources sources;

 private:
  // Runs on the engine's thread. While silent, what it was asked is kept and never answered.
  template <typename Answer>
  void reply(std::function<void(Answer)> done, Answer answer) {
    boost::asio::post(engine.loop, [this, done = std::move(done), answer = std::move(answer)] {
      if (is_engine_silent)
        unanswered_.with([&](auto& list) { list.push_back([done, answer] { done(answer); }); });
      else
        done(answer);
    });
  }

  AdminSources make_sources() {
    AdminSources out;
    out.metrics = [this] { return metrics::Sources{.process = &process, .admin = &counters}; };
    out.status = [] {
      return ServerStatus{.started = Clock::now() - 90s,
                          .config_path = "/etc/sluice/sluice.toml",
                          .listen = {"127.0.0.53:53"},
                          .admin = "127.0.0.1:9353",
                          .threads = 2,
                          .max_in_flight = 8'192,
                          .max_waiters = 16'384,
                          .max_exchanges = 4'096};
    };
    out.is_ready = [this] { return is_ready.load(); };
    out.ping = [this](auto done) { reply<Pong>(std::move(done), {}); };
    out.snapshot = [this](auto done) {
      ++snapshots_asked;
      reply<EngineSnapshot>(std::move(done), snapshot);
    };
    out.explain = [this](const dns::Question& question, auto done) {
      Explanation known = explanation;
      known.question = question;
      reply<Explanation>(std::move(done), std::move(known));
    };
    out.forget_failures = [this](const std::optional<dns::Name>& name, auto done) {
      forgotten.with([&](auto& list) { list.push_back(name ? dns::to_string(*name) : "all"); });
      reply<Pong>(std::move(done), {});
    };
    out.describe = [](const Spender& spender) {
      return SpenderWords{.client = "user " + std::to_string(spender.uid()),
                          .kind = ClientKind::user,
                          .detail = "",
                          .uid = spender.uid()};
    };
    out.cache = &cache;
    out.reload = [this](auto done) { reply<std::vector<std::string>>(std::move(done), problems); };
    out.counters = &counters;
    return out;
  }

  Guarded<std::vector<std::function<void()>>> unanswered_;
};

}  // namespace sluice::net
