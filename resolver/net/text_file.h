#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "resolver/base/result.h"

namespace sluice::net {

/// Why a file has no content for us, in words.
struct Unreadable {
  std::string reason;
};

/// The content of a regular file of at most `max_bytes`. Blocks if the file system does, but never
/// for a pipe or a device, which are refused.
[[nodiscard]] Result<std::string, Unreadable> read_text_file(const std::filesystem::path& file,
                                                             std::size_t max_bytes);

}  // namespace sluice::net
