#include "resolver/net/local_reader.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "resolver/net/local_files.h"
#include "resolver/net/log.h"

namespace sluice::net {

namespace {

// How long an old reading may be in use after a new one was made, before we look again.
constexpr Duration kSweepAfter = std::chrono::seconds{1};

void log_reading(const LocalFile& file) {
  log::info("local_file_read", {{"file", file.path.native()},
                                {"names", file.names},
                                {"skipped_lines", file.skipped.count()}});
  for (const auto& line : file.skipped.first())
    log::warn("local_line_skipped",
              {{"file", file.path.native()}, {"line", line.number}, {"reason", line.reason}});
}

void log_changes(const LocalReading* before, const LocalReading& now) {
  for (const LocalFile& file : now.files) {
    LocalFile known;
    if (before != nullptr) {
      const auto same = std::find_if(
          before->files.begin(), before->files.end(),
          [&](const LocalFile& each) { return each.path == file.path && each.list == file.list; });
      if (same != before->files.end()) known = *same;
    }
    if (file.failures != known.failures)
      log::warn("local_file_not_read",
                {{"file", file.path.native()},
                 {"reason", file.problem},
                 {"effect", file.names > 0 ? "what it said before stays" : "it says nothing"}});
    if (file.reads != known.reads) log_reading(file);
  }
}

}  // namespace

/// Lives until both the reader and the thread are done with it.
class LocalReader::Thread {
 public:
  using Post = std::function<void(std::shared_ptr<const LocalReading>)>;

  Thread(FileWatcher::Pace pace, Post post)
      : files_{loop_, pace, [this](auto reading) { publish(std::move(reading)); }},
        post_{std::move(post)} {}

  void run() { loop_.run(); }

  void stop() {
    {
      const std::lock_guard lock{mutex_};
      post_ = nullptr;  // from here on there may be no loop to post to
    }
    loop_.stop();
  }

  void use(LocalSpec spec) {
    boost::asio::post(loop_,
                      [this, spec = std::move(spec)]() mutable { files_.use(std::move(spec)); });
  }
  void refresh_network() {
    boost::asio::post(loop_, [this] { files_.refresh_network(); });
  }

 private:
  void publish(std::shared_ptr<const LocalReading> reading) {
    sweep();
    kept_.push_back(reading);
    sweep_later();
    const std::lock_guard lock{mutex_};
    if (post_) post_(std::move(reading));
  }

  /// Frees the readings that only we hold, with their names. The last one is in use, or soon will.
  void sweep() {
    if (kept_.empty()) return;
    const auto is_done = [](const auto& reading) {
      return reading.use_count() == 1 && reading->names.use_count() == 1;
    };
    const auto last = kept_.end() - 1;
    kept_.erase(std::remove_if(kept_.begin(), last, is_done), last);
  }

  void sweep_later() {
    timer_.expires_after(kSweepAfter);
    timer_.async_wait([this](const boost::system::error_code& ec) {
      if (ec) return;
      sweep();
      if (kept_.size() > 1) sweep_later();
    });
  }

  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop_.get_executor()};
  boost::asio::steady_timer timer_{loop_};
  LocalFiles files_;
  std::vector<std::shared_ptr<const LocalReading>> kept_;

  std::mutex mutex_;
  Post post_;
};

LocalReader::LocalReader(boost::asio::io_context& engine_loop, LocalSpec spec, Changed changed,
                         FileWatcher::Pace pace)
    : changed_{std::move(changed)} {
  thread_ = std::make_shared<Thread>(
      pace, [this, &engine_loop, alive = std::weak_ptr{alive_}](auto reading) {
        boost::asio::post(engine_loop, [this, alive, reading = std::move(reading)]() mutable {
          if (!alive.expired()) report(std::move(reading));
        });
      });
  thread_->use(std::move(spec));
  std::thread{[thread = thread_] { thread->run(); }}.detach();
}

LocalReader::~LocalReader() { thread_->stop(); }

void LocalReader::use(LocalSpec spec) { thread_->use(std::move(spec)); }

void LocalReader::refresh_network() { thread_->refresh_network(); }

void LocalReader::report(std::shared_ptr<const LocalReading> reading) {
  log_changes(latest_.get(), *reading);
  latest_ = std::move(reading);
  changed_(latest_);
}

}  // namespace sluice::net
