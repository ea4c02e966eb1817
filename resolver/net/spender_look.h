#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "resolver/base/hash.h"
#include "resolver/base/spender.h"
#include "resolver/net/client_sockets.h"
#include "resolver/net/spender_words.h"

namespace sluice::net {

/// Where to look; tests have trees of their own.
struct SpenderSources {
  std::filesystem::path proc = "/proc";
  std::filesystem::path mounts = "/proc/self/mountinfo";
};

/// What is to be found out.
struct WantedSpenders {
  struct Name {
    Spender spender;                   ///< a group or user
    std::optional<std::uint32_t> uid;  ///< what its words are to say
  };
  std::vector<ClientSocket> sockets;  ///< whose programs are wanted
  std::vector<Name> names;
};

/// What was found out.
struct SpenderFindings {
  /// The program that holds a socket.
  struct Holder {
    std::uint32_t inode;
    Spender spender;  ///< of kind process
  };
  struct Name {
    Spender spender;
    SpenderWords words;
    bool is_number = false;  ///< nothing but its number could be learnt
  };
  std::vector<Holder> holders{};  ///< of those sockets that have one, and that we may see
  std::vector<Name> names{};      ///< of all that were wanted, and of the holders
  std::uint32_t process_scans = 0;
  std::uint32_t group_scans = 0;
  std::uint32_t scans_cut = 0;
};

/// Looks through the processes if a socket is wanted, and through the control groups if a group is,
/// once each. `key` is for hashing commands. Blocks, for long if the user database does: it may ask
/// the network, and so ourselves. Any thread.
[[nodiscard]] SpenderFindings look_for(const WantedSpenders& wanted, const SpenderSources& sources,
                                       HashKey key);

/// What can be said of a spender without a look at anything: its kind and number.
[[nodiscard]] SpenderWords words_by_number(const Spender& spender);

}  // namespace sluice::net
