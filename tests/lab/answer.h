#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "resolver/dns/message.h"
#include "tests/lab/zone_behaviour.h"

namespace sluice::lab {

enum class Transport : std::uint8_t { udp, tcp };

using Message = std::vector<std::byte>;

/// What a zone of the given behaviour replies to `query`, in the order of sending: none if it is
/// silent, two if a forged one comes first. Pure: the same question gets the same records, made
/// from a hash of its name. Replies carry an OPT record when the query did and are truncated to
/// the size that it allows.
[[nodiscard]] std::vector<Message> make_replies(const ZoneBehaviour& zone, const dns::Query& query,
                                                Transport transport);

}  // namespace sluice::lab
