#include "resolver/local/search_storm.h"

#include <algorithm>
#include <utility>

#include "resolver/base/assert.h"

namespace sluice::local {

TopLevelDomains::TopLevelDomains(std::vector<std::string> labels) : labels_{std::move(labels)} {
  for (std::string& label : labels_)
    dns::fold_case(std::as_writable_bytes(std::span{label}), label.size());
  std::sort(labels_.begin(), labels_.end());
}

bool TopLevelDomains::contains(std::string_view label) const noexcept {
  return std::binary_search(labels_.begin(), labels_.end(), label, std::less<std::string_view>{});
}

bool is_public_name_below(const dns::Name& name, std::size_t rule_labels,
                          const TopLevelDomains& tlds) noexcept {
  if (rule_labels == 0 || name.label_count() < rule_labels + 2) return false;
  const std::string_view from_tld = as_text(name.suffix(rule_labels + 1));
  return tlds.contains(from_tld.substr(1, static_cast<unsigned char>(from_tld.front())));
}

std::size_t write_nxdomain(std::span<std::byte> out, const dns::Question& question,
                           std::size_t zone_labels) noexcept {
  SLUICE_ASSERT(zone_labels > 0 && out.size() >= kMaxNegativeAnswer);
  AnswerWriter writer{out, question};
  const std::size_t in_front = question.name.size() - question.name.suffix(zone_labels).size();
  writer.end_negative(dns::Rcode::nxdomain, AnswerWriter::qname_offset(in_front),
                      kLocalNegativeTtl);
  return writer.size();
}

}  // namespace sluice::local
