#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/dns/name.h"

/// Presentation format (RFC 1035 section 5.1), by ldns. Only for the edges: configuration, control
/// tool, log lines, tests. Allocates; never on the hit path.
namespace sluice::dns {

/// "www.example" or "www.example."; every name is absolute. nullopt if it is none.
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);
/// With its final dot: "www.example.", "." for the root.
[[nodiscard]] std::string to_string(const Name& name);

/// "A", "TYPE65280"; nullopt if it names no type.
[[nodiscard]] std::optional<Type> parse_type(std::string_view text);
[[nodiscard]] std::string to_string(Type type);
/// "IN", "CH", "CLASS42".
[[nodiscard]] std::string to_string(Class klass);
/// "NOERROR", "SERVFAIL", "RCODE11".
[[nodiscard]] std::string to_string(Rcode rcode);

}  // namespace sluice::dns
