#pragma once

#include <string>
#include <string_view>

#include "resolver/recording.h"

namespace sluice {

/// A recording for people: one line an event, the oldest first, in ASCII whatever was asked.
///
///   -1.234567 query www.example. A from 192.0.2.7:40000 udp
///   -1.234560 sent www.example. A to 192.0.2.53:53 udp, try 1, 40 octets
///   -1.201234 outcome www.example. A of 192.0.2.53:53 udp after 33.326 ms: NOERROR, 56 octets
///   -1.201234 settled www.example. A upstream, 1 answered, 33.400 ms after its first query
///
/// The number is seconds before the copy was made.
[[nodiscard]] std::string to_text(const Recording& recording);

/// "cache", "upstream", ...
[[nodiscard]] std::string_view to_string(ReplySource source) noexcept;

}  // namespace sluice
