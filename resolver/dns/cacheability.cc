#include "resolver/dns/cacheability.h"

#include <algorithm>

namespace sluice::dns {

ResponseKind classify(const Response& response) noexcept {
  if (response.header.has(Header::kTc)) return ResponseKind::truncated;
  if (response.rcode == static_cast<std::uint16_t>(Rcode::nxdomain)) return ResponseKind::nxdomain;
  const bool has_answers = response.min_answer_ttl.has_value();
  if (response.rcode == static_cast<std::uint16_t>(Rcode::yxdomain) && has_answers)
    return ResponseKind::positive;
  if (response.rcode != static_cast<std::uint16_t>(Rcode::noerror)) return ResponseKind::failure;
  return response.has_answer_of_type ? ResponseKind::positive : ResponseKind::nodata;
}

std::optional<std::chrono::seconds> storable_for(const Response& response,
                                                 const TtlLimits& limits) noexcept {
  std::optional<std::uint32_t> ttl = response.min_record_ttl;
  std::chrono::seconds most = limits.max;
  switch (classify(response)) {
    case ResponseKind::positive:
      break;
    case ResponseKind::nodata:
    case ResponseKind::nxdomain:
      if (!response.negative_ttl) return std::nullopt;
      ttl = std::min(ttl, response.negative_ttl);
      most = std::min(most, limits.max_negative);
      break;
    case ResponseKind::truncated:
    case ResponseKind::failure:
      return std::nullopt;
  }
  if (!ttl || *ttl == 0 || response.too_many_records) return std::nullopt;
  const auto kept = std::min(std::max(std::chrono::seconds{*ttl}, limits.min), most);
  if (kept == std::chrono::seconds{0}) return std::nullopt;
  return kept;
}

}  // namespace sluice::dns
