#pragma once

#include <mutex>
#include <utility>

namespace sluice {

/// A value that can only be reached while its mutex is held.
template <typename T>
class Guarded {
 public:
  template <typename... Args>
  explicit Guarded(Args&&... args) : value_{std::forward<Args>(args)...} {}

  template <typename F>
  decltype(auto) with(F&& use) {
    std::lock_guard lock{mutex_};
    return std::forward<F>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace sluice
