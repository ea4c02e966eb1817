#pragma once

#include <string>
#include <string_view>

#include "resolver/base/result.h"

namespace sluice::app {

/// What is wrong with a word of the command line, and how it should be.
struct WrongWord {
  std::string reason;
};

/// A domain name as people type it, as one that can be sent: with its final dot, and every octet
/// that is no printable ASCII as \DDD. Leaves escapes as they are, and the rest of the grammar to
/// the daemon. At most as long as the longest name with every octet escaped.
[[nodiscard]] Result<std::string, WrongWord> asked_name(std::string_view typed);

/// A type of records in capitals. Leaves it to the daemon to know the type.
[[nodiscard]] Result<std::string, WrongWord> asked_type(std::string_view typed);

}  // namespace sluice::app
