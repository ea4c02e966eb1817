#pragma once

#include <nlohmann/json_fwd.hpp>

#include "resolver/app/frame.h"

namespace sluice::app {

/// What a daemon's reply to `overview` says, as one picture for a window of `size`: verdict,
/// packets against the limit, who waits, what fails, and as many of the spenders, upstreams and
/// failing subtrees as there is room for. Rates are those since the reply `before`, which is null
/// if there was none. Pure; tolerates any JSON.
///
/// Made for 80 x 24 and more; a smaller window gets the upper left corner of that.
[[nodiscard]] Frame overview_frame(const nlohmann::json& now, const nlohmann::json& before,
                                   FrameSize size);

}  // namespace sluice::app
