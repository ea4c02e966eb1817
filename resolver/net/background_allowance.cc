#include "resolver/net/background_allowance.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace sluice::net {

/// Lives until both the object and its thread are done with it.
struct BackgroundAllowanceSource::Shared {
  std::unique_ptr<AllowanceSource> source;  // the thread's alone

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> interfaces;
  std::optional<std::uint64_t> latest;
  OtherAllowances others{};
  bool is_wanted = false;
  bool is_over = false;

  void run() {
    std::unique_lock lock{mutex};
    for (;;) {
      changed.wait(lock, [this] { return is_wanted || is_over; });
      if (is_over) return;
      is_wanted = false;
      const std::vector<std::string> wanted = interfaces;
      lock.unlock();
      const auto count = source->read(wanted);
      lock.lock();
      // A count of other interfaces than those of now says nothing.
      const bool is_valid = wanted == interfaces;
      latest = is_valid ? count : std::nullopt;
      others = is_valid ? source->others() : OtherAllowances{};
    }
  }
};

BackgroundAllowanceSource::BackgroundAllowanceSource(std::unique_ptr<AllowanceSource> source)
    : shared_{std::make_shared<Shared>()} {
  shared_->source = std::move(source);
  std::thread{[shared = shared_] { shared->run(); }}.detach();
}

BackgroundAllowanceSource::~BackgroundAllowanceSource() {
  {
    const std::lock_guard lock{shared_->mutex};
    shared_->is_over = true;
  }
  shared_->changed.notify_one();
}

std::optional<std::uint64_t> BackgroundAllowanceSource::read(
    const std::vector<std::string>& interfaces) {
  std::optional<std::uint64_t> latest;
  {
    const std::lock_guard lock{shared_->mutex};
    if (shared_->interfaces != interfaces) {
      shared_->interfaces = interfaces;
      shared_->latest.reset();
      shared_->others = {};
    }
    latest = shared_->latest;
    shared_->is_wanted = true;
  }
  shared_->changed.notify_one();
  return latest;
}

OtherAllowances BackgroundAllowanceSource::others() const {
  const std::lock_guard lock{shared_->mutex};
  return shared_->others;
}

std::unique_ptr<AllowanceSource> in_background(std::unique_ptr<AllowanceSource> source) {
  if (!source) return nullptr;
  return std::make_unique<BackgroundAllowanceSource>(std::move(source));
}

}  // namespace sluice::net
