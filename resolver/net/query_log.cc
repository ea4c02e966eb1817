#include "resolver/net/query_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "resolver/net/log.h"

namespace sluice::net {

namespace {

/// Lines are written together up to this size.
constexpr std::size_t kBatch = 64 << 10;
constexpr int kMode = 0640;

}  // namespace

QueryLog::~QueryLog() {
  if (!thread_.joinable()) return;
  is_stopping_ = true;
  wake();
  thread_.join();
}

void QueryLog::use(const conf::QueryLog& config) {
  wanted_.with([&](conf::QueryLog& wanted) { wanted = config; });
  is_changed_ = true;
  if (!queue_ && config.sample > 0) {
    queue_ = std::make_unique<boost::lockfree::queue<LoggedQuery>>(kQueue);
    thread_ = std::thread{[this] { run(); }};
  }
  wake();
}

void QueryLog::offer(const LoggedQuery& query) noexcept {
  if (queue_ && queue_->bounded_push(query)) return wake();
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

// A call of the kernel only if the thread sleeps.
void QueryLog::wake() noexcept {
  if (is_due_.exchange(1) == 0) is_due_.notify_one();
}

void QueryLog::run() {
  for (bool is_last = false; !is_last;) {
    is_due_.wait(0);
    is_last = is_stopping_;
    is_due_.store(0);  // whoever offers from now on wakes us again
    if (is_changed_.exchange(false)) reopen();
    write_all();
  }
  if (file_ >= 0) ::close(file_);
}

void QueryLog::reopen() {
  config_ = wanted_.with([](const conf::QueryLog& wanted) { return wanted; });
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  if (config_.file.empty()) return;
  // Nobody at the other end of a pipe must not hold us up for ever; to a file it makes no
  // difference.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK;
  file_ = ::open(config_.file.c_str(), kFlags, kMode);
  if (file_ >= 0) return;
  const std::error_code reason{errno, std::generic_category()};
  log::error("query_log_not_written", {{"file", config_.file}, {"reason", reason.message()}});
}

void QueryLog::write_all() {
  std::string batch;
  std::uint64_t lines = 0;
  LoggedQuery query;
  while (queue_->pop(query)) {
    const std::string line = to_line(query, config_.fields);
    if (config_.file.empty()) {
      log::write_line(log::Level::info, "event=query " + line);
      ++lines_;
      continue;
    }
    (batch += line) += '\n';
    ++lines;
    if (batch.size() < kBatch) continue;
    write(batch, lines);
    batch.clear();
    lines = 0;
  }
  if (lines > 0) write(batch, lines);
}

void QueryLog::write(const std::string& text, std::uint64_t lines) {
  for (std::size_t written = 0; file_ >= 0 && written < text.size();) {
    const ssize_t size = ::write(file_, text.data() + written, text.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      dropped_ += lines;
      return;
    }
    written += static_cast<std::size_t>(size);
  }
  (file_ < 0 ? dropped_ : lines_) += lines;
}

}  // namespace sluice::net
