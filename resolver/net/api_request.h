#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/result.h"

namespace sluice::net {

/// Why a target is no request of the API.
struct ApiProblem {
  enum class Kind : std::uint8_t { unknown_verb, bad_query };
  Kind kind;
  std::string reason;
};

/// Where the API begins.
inline constexpr std::string_view kApiPrefix = "/api/v1/";

/// The request of the control socket that "/api/v1/top?window=hour" stands for:
/// {"verb":"top","window":"hour"}. Only verbs that read, and of each only the keys that it knows,
/// each once; whatever changes something, or shows what was asked, is for the control socket alone.
[[nodiscard]] Result<std::string, ApiProblem> api_request(std::string_view target);

/// "a%2Eb+c" as "a.b c", the way that browsers write forms; nullopt if a percent sign has no two
/// digits behind it.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace sluice::net
