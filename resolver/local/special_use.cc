#include "resolver/local/special_use.h"

#include <algorithm>

namespace sluice::local {

std::optional<SpecialUse> special_use_named(std::string_view name) noexcept {
  const auto* const found = std::find(kSpecialUseNames.begin(), kSpecialUseNames.end(), name);
  if (found == kSpecialUseNames.end()) return std::nullopt;
  return static_cast<SpecialUse>(found - kSpecialUseNames.begin());
}

}  // namespace sluice::local
