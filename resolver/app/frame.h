#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::app {

/// How a piece of a frame looks; what shows it picks colours.
enum class Style : std::uint8_t { plain, faint, heading, good, warning, bad };

struct Span {
  std::string text;  ///< printable ASCII
  Style style = Style::plain;

  bool operator==(const Span&) const = default;
};

using Line = std::vector<Span>;

/// One picture of the live view, from top to bottom. Knows nothing of terminals.
using Frame = std::vector<Line>;

struct FrameSize {
  std::size_t columns;
  std::size_t rows;
};

/// `frame` without what does not fit, to the right and at the bottom.
[[nodiscard]] Frame cut_to(FrameSize size, const Frame& frame);

/// `frame` in one style, as what is out of date.
[[nodiscard]] Frame restyled(const Frame& frame, Style style);

/// The text alone, each line ended by a line feed.
[[nodiscard]] std::string to_text(const Frame& frame);

}  // namespace sluice::app
