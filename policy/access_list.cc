#include "policy/access_list.h"

#include <algorithm>
#include <utility>

#include "resolver/base/assert.h"

namespace sluice::policy {

// Without the nested ones, the only one that can hold an address is the last that starts at or
// before it.
AccessList::AccessList(std::vector<Prefix> prefixes) {
  SLUICE_ASSERT(prefixes.size() <= kMaxPrefixes);
  std::sort(prefixes.begin(), prefixes.end(), comes_before);
  for (const Prefix& prefix : prefixes)
    if (prefixes_.empty() || !prefixes_.back().contains(prefix.address))
      prefixes_.push_back(prefix);
}

bool AccessList::allows(const Address& client) const noexcept {
  const Address address = unmapped(client);
  if (address.is_loopback()) return true;
  const auto after =
      std::upper_bound(prefixes_.begin(), prefixes_.end(), behind_all_at(address), comes_before);
  return after != prefixes_.begin() && std::prev(after)->contains(address);
}

}  // namespace sluice::policy
