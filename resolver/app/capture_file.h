#pragma once

#include <optional>
#include <string>

namespace sluice::app {

/// Writes the capture that `base64` holds to `path`, "-" being the standard output, and replaces
/// what was there; only its owner may read a new file, since it holds what clients ask. Returns
/// what is wrong, if anything is.
[[nodiscard]] std::optional<std::string> write_capture(const std::string& path,
                                                       const std::string& base64);

}  // namespace sluice::app
