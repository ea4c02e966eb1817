#include "conf/origins.h"

namespace sluice::conf {

std::uint32_t Origin::line_of(std::string_view key) const {
  const auto it = key_lines.find(key);
  return it == key_lines.end() ? line : it->second;
}

}  // namespace sluice::conf
