#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace sluice::local {

/// The lines of a file that could not be used: how many, and the first of them for the log.
class SkippedLines {
 public:
  struct Line {
    std::size_t number = 0;  ///< from 1
    std::string reason;

    friend bool operator==(const Line&, const Line&) = default;
  };
  static constexpr std::size_t kMaxListed = 5;

  void add(std::size_t number, std::string reason) {
    ++count_;
    if (first_.size() < kMaxListed) first_.push_back({number, std::move(reason)});
  }

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] const std::vector<Line>& first() const noexcept { return first_; }

 private:
  std::size_t count_ = 0;
  std::vector<Line> first_;
};

}  // namespace sluice::local
