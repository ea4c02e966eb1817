#pragma once

#include <span>
#include <string_view>

namespace sluice::net {

/// A file of the dashboard, as it was when the daemon was built.
struct PageFile {
  std::string_view path;  ///< "/page.css"; the page itself is "/"
  const char* type;       ///< of media
  std::string_view etag;  ///< in quotes; another one for another content
  std::string_view body;
};

/// All of them, in static memory. Written by metrics/dashboard/embed.cmake.
[[nodiscard]] std::span<const PageFile> page_files() noexcept;

}  // namespace sluice::net
