#include "policy/access_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "resolver/base/assert.h"

namespace sluice::policy {
namespace {

/// By family and first address; of those that start alike, the one that holds the other is first.
bool comes_before(const Prefix& a, const Prefix& b) noexcept {
  return std::tie(a.address.family, a.address.bytes, a.length) <
         std::tie(b.address.family, b.address.bytes, b.length);
}

}  // namespace

// Prefixes either nest or are disjoint. Without the nested ones, the only one that can hold an
// address is the last that starts at or before it.
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
  const Prefix host{address, 255};  // behind every prefix that starts at this address
  const auto after = std::upper_bound(prefixes_.begin(), prefixes_.end(), host, comes_before);
  return after != prefixes_.begin() && std::prev(after)->contains(address);
}

}  // namespace sluice::policy
