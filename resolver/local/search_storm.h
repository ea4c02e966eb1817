#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/dns/question.h"
#include "resolver/local/answer_writer.h"
#include "resolver/local/suffixes.h"

/// Search-suffix storms: with `search svc.cluster.local` and `options ndots:5` a client that wants
/// www.example.com asks for www.example.com.svc.cluster.local first, and for all other suffixes of
/// its list, each time (resolv.conf(5)). Such names can be denied at once.
namespace sluice::local {

/// Top-level domains, in one order and spelling. Immutable; contains() never allocates.
class TopLevelDomains {
 public:
  TopLevelDomains() = default;
  /// Labels as they are written ("com"); letters of either case.
  explicit TopLevelDomains(std::vector<std::string> labels);

  /// Whether this folded label is one of them.
  [[nodiscard]] bool contains(std::string_view label) const noexcept;

  friend bool operator==(const TopLevelDomains&, const TopLevelDomains&) = default;

 private:
  std::vector<std::string> labels_;  // folded, sorted
};

/// Whether `name`, covered by a rule whose suffix has `rule_labels` labels, looks like a public
/// name with that suffix behind it: the label in front of the suffix is one of `tlds`, and another
/// stands in front of that. Never of the root's rule, which has no suffix.
[[nodiscard]] bool is_public_name_below(const dns::Name& name, std::size_t rule_labels,
                                        const TopLevelDomains& tlds) noexcept;

/// The largest response without an answer.
inline constexpr std::size_t kMaxNegativeAnswer =
    dns::kHeaderSize + dns::kMaxNameSize + 4 + kSoaSize;

/// Writes NXDOMAIN, in the form in which responses are stored, as the zone would give it that the
/// last `zone_labels` labels of the QNAME (at least one) are the name of. `out` holds
/// kMaxNegativeAnswer octets. Returns its size.
[[nodiscard]] std::size_t write_nxdomain(std::span<std::byte> out, const dns::Question& question,
                                         std::size_t zone_labels) noexcept;

}  // namespace sluice::local
