#pragma once

#include <cstddef>

namespace sluice::local {

/// What the caller knows of the zone rule that covers a name.
struct Covering {
  std::size_t rule_labels = 0;     ///< labels of the rule's suffix; 0: the root's rule, or none
  bool may_serve_private = false;  ///< its upstream has an address that is not public
};

}  // namespace sluice::local
