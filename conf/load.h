#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/problem.h"
#include "conf/reload.h"
#include "resolver/base/result.h"

namespace sluice::conf {

/// A larger file is refused unread; ours have a few hundred lines.
inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

/// Reads a configuration file. Every problem in it is reported, not only the first, in the order of
/// its lines; an error of TOML's syntax alone hides what comes after it. A section that the file
/// does not name keeps its defaults; naming any [[budget]], [[upstream]] or [[zone]] replaces the
/// default list of that kind.
[[nodiscard]] Result<Config, Problems> load_file(const std::string& path);
/// The same for a text; `file` only stands in the problems.
[[nodiscard]] Result<Config, Problems> load_text(std::string_view text, const std::string& file);

}  // namespace sluice::conf
