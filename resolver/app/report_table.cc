#include "resolver/app/report_table.h"

#include <algorithm>
#include <sstream>

namespace sluice::app {

Table::Table(std::vector<std::string> headings) {
  for (std::string& heading : headings) {
    is_left_.push_back(heading.front() == '<');
    if (is_left_.back()) heading.erase(0, 1);
  }
  rows_.push_back(std::move(headings));
}

std::vector<std::string> Table::lines() const {
  std::vector<std::size_t> widths(is_left_.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::vector<std::string> lines;
  lines.reserve(rows_.size());
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (is_left_[i] ? row[i] + padding : padding + row[i]);
    }
    lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  return lines;
}

std::string Table::to_string(const std::string& if_empty) const {
  if (rows_.size() == 1) return if_empty + "\n";
  std::string out;
  for (const std::string& line : lines()) out += line + "\n";
  return out;
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& lines) {
  std::size_t width = 0;
  for (const auto& [label, value] : lines) width = std::max(width, label.size());
  std::string out;
  for (const auto& [label, value] : lines)
    out.append(label).append(width - label.size() + 2, ' ').append(value).append("\n");
  return out;
}

std::vector<std::string> prose_lines(std::string_view first, std::string_view sentences,
                                     std::size_t width) {
  std::vector<std::string> lines;
  std::string line{first};
  std::size_t words_in_line = 0;
  std::istringstream words{std::string{sentences}};
  for (std::string word; words >> word;) {
    if (words_in_line > 0 && line.size() + 1 + word.size() > width) {
      lines.push_back(line);
      line.assign(first.size(), ' ');
      words_in_line = 0;
    }
    line += (words_in_line++ > 0 ? " " : "") + word;
  }
  lines.push_back(line);
  return lines;
}

std::string prose(std::string_view first, std::string_view sentences) {
  std::string out;
  for (const std::string& line : prose_lines(first, sentences)) out += line + "\n";
  return out;
}

std::string indented(std::string_view indent, const std::string& lines) {
  std::string out;
  std::istringstream in{lines};
  for (std::string line; std::getline(in, line);)
    out.append(line.empty() ? "" : indent).append(line).append("\n");
  return out;
}

}  // namespace sluice::app
