#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::app {

/// Rows of text under headings, each column as wide as its widest cell. A heading that begins with
/// '<' heads a column of words, which stand left; numbers stand right.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  /// One cell for each heading.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// The lines, the heading first.
  [[nodiscard]] std::vector<std::string> lines() const;
  /// The lines; `if_empty` if there are no rows.
  [[nodiscard]] std::string to_string(const std::string& if_empty) const;

 private:
  std::vector<bool> is_left_;
  std::vector<std::vector<std::string>> rows_;
};

/// Lines of "label  value", the values under each other. Lines whose label is empty go on with the
/// value of the line above.
[[nodiscard]] std::string facts(const std::vector<std::pair<std::string, std::string>>& lines);

/// How far prose goes to the right.
constexpr std::size_t kProseWidth = 80;

/// `sentences` as lines of at most `width` octets, longer words but for themselves: the first one
/// behind `first`, the others indented as far.
[[nodiscard]] std::vector<std::string> prose_lines(std::string_view first,
                                                   std::string_view sentences,
                                                   std::size_t width = kProseWidth);
[[nodiscard]] std::string prose(std::string_view first, std::string_view sentences);

/// `lines`, each behind `indent`.
[[nodiscard]] std::string indented(std::string_view indent, const std::string& lines);

}  // namespace sluice::app
