#include "resolver/app/frame.h"

#include <algorithm>

namespace sluice::app {

namespace {

Line cut_line(std::size_t columns, const Line& line) {
  Line cut;
  for (const Span& span : line) {
    if (columns == 0) break;
    cut.push_back({span.text.substr(0, columns), span.style});
    columns -= cut.back().text.size();
  }
  return cut;
}

}  // namespace

Frame cut_to(FrameSize size, const Frame& frame) {
  Frame cut;
  const std::size_t rows = std::min(size.rows, frame.size());
  for (std::size_t row = 0; row < rows; ++row) cut.push_back(cut_line(size.columns, frame[row]));
  return cut;
}

Frame restyled(const Frame& frame, Style style) {
  Frame other = frame;
  for (Line& line : other)
    for (Span& span : line) span.style = style;
  return other;
}

std::string to_text(const Frame& frame) {
  std::string out;
  for (const Line& line : frame) {
    std::string text;
    for (const Span& span : line) text += span.text;
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace sluice::app
