#pragma once

#include <nlohmann/json_fwd.hpp>

#include "resolver/recording.h"

namespace sluice::net {

/// How much to add to a time of Clock to get the time since 1970.
[[nodiscard]] Duration wall_offset() noexcept;

/// {"events": 812, "seconds": 31.5, "text": "..."}.
[[nodiscard]] nlohmann::json recorder_text_json(const Recording& recording);
/// {"events": 812, "seconds": 31.5, "pcap_base64": "..."}.
[[nodiscard]] nlohmann::json recorder_pcap_json(const Recording& recording);

}  // namespace sluice::net
