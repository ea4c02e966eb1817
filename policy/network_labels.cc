#include "policy/network_labels.h"

#include <algorithm>

#include "resolver/base/assert.h"

namespace sluice::policy {

NetworkLabels::NetworkLabels(std::vector<Entry> entries, Label other) : other_{other} {
  SLUICE_ASSERT(entries.size() <= kMaxPrefixes);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return comes_before(a.prefix, b.prefix); });
  networks_.reserve(entries.size());
  for (const Entry& entry : entries) {
    const std::uint32_t before =
        networks_.empty() ? kNone : static_cast<std::uint32_t>(networks_.size() - 1);
    networks_.push_back({entry.prefix, entry.label, closest(before, entry.prefix.address)});
  }
}

/// The closest network that holds the address among `from` and those around it.
std::uint32_t NetworkLabels::closest(std::uint32_t from, const Address& address) const noexcept {
  while (from != kNone && !networks_[from].prefix.contains(address)) from = networks_[from].around;
  return from;
}

// The last network that starts at or before the address either holds it, and then no longer one
// does, or lies within every network that holds it.
NetworkLabels::Label NetworkLabels::find(const Address& address) const noexcept {
  const Address plain = unmapped(address);
  const auto after =
      std::upper_bound(networks_.begin(), networks_.end(), behind_all_at(plain),
                       [](const Prefix& a, const Network& b) { return comes_before(a, b.prefix); });
  if (after == networks_.begin()) return other_;
  const auto last = static_cast<std::uint32_t>(after - networks_.begin() - 1);
  const std::uint32_t found = closest(last, plain);
  return found == kNone ? other_ : networks_[found].label;
}

}  // namespace sluice::policy
