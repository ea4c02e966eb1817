#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <boost/lockfree/queue.hpp>

#include "resolver/base/guarded.h"
#include "resolver/net/query_log_line.h"

namespace sluice::net {

/// Writes a line for a query, on a thread of its own: a slow disk delays no answer.
///
/// offer() is for any thread and neither waits, locks nor allocates; the rest belongs to the
/// engine's thread. Which queries are offered is not decided here. Bound: kQueue lines wait to be
/// written; what comes then is dropped and counted, and so is what cannot be written.
class QueryLog {
 public:
  static constexpr std::size_t kQueue = 1'024;

  QueryLog() = default;
  /// Writes what has been offered.
  ~QueryLog();
  QueryLog(const QueryLog&) = delete;
  QueryLog& operator=(const QueryLog&) = delete;

  /// To be called before the first offer() and at each reload: the file is opened anew, so that one
  /// that was renamed (logrotate) is left. Starts the thread once there is something to sample.
  void use(const conf::QueryLog& config);

  void offer(const LoggedQuery& query) noexcept;

  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_.load(); }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(); }

 private:
  void wake() noexcept;
  void run();
  void reopen();
  void write_all();
  void write(const std::string& text, std::uint64_t lines);

  Guarded<conf::QueryLog> wanted_;
  std::unique_ptr<boost::lockfree::queue<LoggedQuery>> queue_;  // null: nothing was sampled yet
  std::atomic<int> is_due_{0};
  std::atomic<bool> is_changed_{false};
  std::atomic<bool> is_stopping_{false};
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<std::uint64_t> dropped_{0};

  // The thread's own.
  conf::QueryLog config_;
  int file_ = -1;
  std::thread thread_;
};

}  // namespace sluice::net
