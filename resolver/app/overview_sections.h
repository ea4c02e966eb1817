#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "resolver/app/frame.h"
#include "resolver/app/rates.h"

namespace sluice::app {

/// A list in the live view, which is shown as far as there is room.
struct Section {
  std::string heading;
  std::vector<Line> rows;  ///< what matters most comes first; never empty
};

/// Those of an overview: spenders, upstreams (the unwell first), and subtrees that fail. Their rows
/// fit into `columns`, from 80 on.
[[nodiscard]] std::vector<Section> overview_sections(const nlohmann::json& overview,
                                                     const Rates& rates, std::size_t columns);

/// "0.4", "12", "1.2k"; "-" if it is not known.
[[nodiscard]] std::string rate_text(std::optional<double> per_second);

}  // namespace sluice::app
