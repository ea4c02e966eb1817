#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "resolver/dns/name.h"

namespace sluice {

/// Labels below its rule's suffix that make up the domain which a question belongs to, in the queue
/// and in the account of who spends packets: a storm below one name is told from its neighbours.
inline constexpr std::size_t kDomainLabels = 2;

/// The wire form of the domain of `name`, which falls under a rule of `rule_labels` labels. Never
/// the name itself, unless that is the rule's.
[[nodiscard]] inline std::span<const std::byte> domain_of(const dns::Name& name,
                                                          std::size_t rule_labels) noexcept {
  const std::size_t labels = name.label_count();
  const std::size_t parents = labels > rule_labels ? labels - 1 : labels;
  return name.suffix(std::min(parents, rule_labels + kDomainLabels));
}

}  // namespace sluice
