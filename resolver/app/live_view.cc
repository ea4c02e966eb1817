#include "resolver/app/live_view.h"

#include <utility>

#include "resolver/app/overview_frame.h"
#include "resolver/app/report_fields.h"
#include "resolver/app/report_table.h"

namespace sluice::app {

void LiveView::take(nlohmann::json overview) {
  if (!overview.is_object()) return lose("the daemon's answer is no overview");
  if (overview.contains("error")) return lose("the daemon says: " + text(overview, "error"));
  // After a gap the rates would be those of the whole gap.
  before_ = problem_ ? nlohmann::json{} : std::move(now_);
  now_ = std::move(overview);
  problem_.reset();
}

void LiveView::lose(std::string_view reason) { problem_ = printable(reason); }

Frame LiveView::frame(FrameSize size) const {
  if (!problem_) return overview_frame(now_, before_, size);
  Frame frame;
  for (std::string& line : prose_lines("", *problem_ + "; trying again", size.columns))
    frame.push_back({{std::move(line), Style::bad}});
  if (now_.is_object()) {
    const Frame last = restyled(overview_frame(now_, before_, size), Style::faint);
    frame.push_back({{"What was seen last:", Style::heading}});
    frame.insert(frame.end(), last.begin(), last.end());
  }
  return cut_to(size, frame);
}

}  // namespace sluice::app
