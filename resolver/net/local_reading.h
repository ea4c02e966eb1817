#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "resolver/base/hash.h"
#include "resolver/local/blocklist.h"
#include "resolver/local/local_names.h"
#include "resolver/local/skipped_lines.h"
#include "resolver/net/host_network.h"

namespace sluice::net {

/// What the configuration says of names that never leave the host.
struct LocalSpec {
  struct List {
    std::filesystem::path file;
    std::string name;  ///< as clients are told
    local::ListFormat format = local::ListFormat::plain;
    local::ListAction action = local::ListAction::nxdomain;

    friend bool operator==(const List&, const List&) = default;
  };

  HashKey hash_key;  ///< the same for as long as the process lives
  std::shared_ptr<const local::LocalRecords> records;  ///< made with hash_key; may be null
  std::filesystem::path hosts = "/etc/hosts";          ///< empty: none
  bool names_itself = true;                            ///< the host's own name and _gateway
  std::vector<List> blocklists;                        ///< in their order of precedence
  local::SpecialUses special_use = local::default_special_uses();
};

/// One of the files, and how reading it went.
struct LocalFile {
  std::filesystem::path path;
  std::string list;            ///< the blocklist's name; empty: the hosts file
  std::uint64_t reads = 0;     ///< how often its content was taken
  std::uint64_t failures = 0;  ///< how often there was none to take
  std::string problem;         ///< why, if it was so the last time: what it said before stays
  std::size_t names = 0;
  local::SkippedLines skipped;
};

/// What a LocalReader has made of files and of the host's network. Immutable.
struct LocalReading {
  std::shared_ptr<const local::LocalNames> names;  ///< never null
  HostNetwork network;                             ///< as last known
  std::vector<LocalFile> files;                    ///< the hosts file, then blocklists in order
};

}  // namespace sluice::net
