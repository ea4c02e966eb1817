#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice::local {

/// Takes the next word off the front of `text`; empty at the end.
[[nodiscard]] inline std::string_view next_word(std::string_view& text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

/// The lines of a text, each without its end ("\n" or "\r\n") and without its comment.
class TextLines {
 public:
  explicit TextLines(std::string_view text) noexcept : rest_{text} {}

  /// The next line up to its first '#'; nullopt at the end.
  [[nodiscard]] std::optional<std::string_view> next() noexcept {
    if (rest_.empty()) return std::nullopt;
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    ++number_;
    return line.substr(0, line.find('#'));
  }

  /// The number of the line that next() gave last, from 1.
  [[nodiscard]] std::size_t number() const noexcept { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

}  // namespace sluice::local
