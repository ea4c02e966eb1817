#pragma once

#include <string_view>

#include "resolver/local/list_contents.h"

namespace sluice::local {

/// A response policy zone (draft-vixie-dnsop-dns-rpz): owner names relative to the owner of its
/// SOA, or without one to its $ORIGIN. CNAMEs to ".", "*." and "rpz-passthru." say what is done,
/// and other data is answered. All other triggers and actions are skipped and counted; the apex and
/// DNSSEC records are passed over.
[[nodiscard]] ListContents read_policy_zone(std::string_view text, HashKey key);

}  // namespace sluice::local
