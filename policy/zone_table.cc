#include "policy/zone_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>

#include "resolver/base/hash.h"

namespace sluice::policy {

namespace {

constexpr std::size_t kMaxLabels = dns::kMaxNameSize / 2;  // of one octet each

// No secret: strangers choose the names looked up, but the operator chose all that is in the
// table, and a probe runs no longer than the longest run of its entries.
constexpr HashKey kTableKey{.k0 = 0x736c756963652d7a, .k1 = 0x6f6e652d7461626c};

using Wire = std::span<const std::byte>;

/// Where the labels of a name begin, the root's not among them.
class Labels {
 public:
  explicit Labels(Wire wire) noexcept : wire_{wire} {
    for (std::size_t at = 0; wire[at] != std::byte{0}; at += size_at(at))
      starts_[count_++] = static_cast<std::uint8_t>(at);
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// Label number `i`, with its length octet.
  [[nodiscard]] Wire label(std::size_t i) const noexcept {
    return wire_.subspan(starts_[i], size_at(starts_[i]));
  }
  /// The name from label number `i` on.
  [[nodiscard]] Wire suffix(std::size_t i) const noexcept {
    return wire_.subspan(i == count_ ? wire_.size() - 1 : starts_[i]);
  }

 private:
  [[nodiscard]] std::size_t size_at(std::size_t at) const noexcept {
    return std::to_integer<std::size_t>(wire_[at]) + 1;
  }

  Wire wire_;
  std::array<std::uint8_t, kMaxLabels> starts_;
  std::size_t count_ = 0;
};

/// Calls `visit(suffix, hash)` for the root and then for each longer suffix of at most `max_labels`
/// labels. Hashing from the root down takes each octet once for all suffixes.
template <typename Visit>
void for_each_suffix(Wire name, std::size_t max_labels, Visit&& visit) noexcept {
  const Labels labels{name};
  SipHasher hasher{kTableKey};
  visit(labels.suffix(labels.count()), SipHasher{hasher}.finish());
  for (std::size_t depth = 1; depth <= std::min(labels.count(), max_labels); ++depth) {
    const std::size_t i = labels.count() - depth;
    hasher.add(labels.label(i));
    visit(labels.suffix(i), SipHasher{hasher}.finish());
  }
}

}  // namespace

ZoneTable::ZoneTable(std::vector<Entry> entries)
    : buckets_(std::bit_ceil(2 * entries.size() + 1)), entries_{std::move(entries)} {
  for (std::uint32_t index = 0; index < entries_.size(); ++index) {
    const Wire wire = entries_[index].suffix.wire();
    std::uint64_t hash = 0;
    std::size_t labels = 0;
    for_each_suffix(wire, kMaxLabels, [&](Wire suffix, std::uint64_t suffix_hash) {
      hash = suffix_hash;  // the last is the whole name's
      labels = suffix.size() == 1 ? 0 : labels + 1;
    });
    max_labels_ = std::max(max_labels_, labels);
    std::size_t bucket = hash & (buckets_.size() - 1);
    while (buckets_[bucket] != 0) bucket = (bucket + 1) & (buckets_.size() - 1);
    buckets_[bucket] = index + 1;  // behind an equal suffix, which then is found first
  }
}

std::optional<ZoneTable::RuleIndex> ZoneTable::find(const dns::Name& name) const noexcept {
  if (entries_.empty()) return std::nullopt;
  std::optional<RuleIndex> rule;
  for_each_suffix(name.wire(), max_labels_, [&](Wire suffix, std::uint64_t hash) {
    // At most half of the buckets are taken, so an empty one ends every run.
    for (std::size_t bucket = hash & (buckets_.size() - 1); buckets_[bucket] != 0;
         bucket = (bucket + 1) & (buckets_.size() - 1)) {
      const Entry& entry = entries_[buckets_[bucket] - 1];
      if (!std::ranges::equal(entry.suffix.wire(), suffix)) continue;
      rule = entry.rule;
      return;
    }
  });
  return rule;
}

}  // namespace sluice::policy
