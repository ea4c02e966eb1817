#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <string_view>

#include "resolver/base/clock.h"
#include "resolver/dns/reply.h"

namespace sluice {

/// The text of an EDE option, for people: formatted as by printf, cut where the option ends, in a
/// buffer of its own that never allocates.
class ReplyText {
 public:
  template <typename... Args>
  explicit ReplyText(const char* format, Args... args) noexcept {
    const int size = std::snprintf(text_.data(), text_.size(), format, args...);
    size_ = std::min(static_cast<std::size_t>(std::max(size, 0)), text_.size() - 1);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, dns::kMaxEdeText + 1> text_{};
  std::size_t size_ = 0;
};

[[nodiscard]] inline long long in_ms(Duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace sluice
