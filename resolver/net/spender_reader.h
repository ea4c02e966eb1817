#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/spender.h"
#include "resolver/net/client_sockets.h"
#include "resolver/net/spender_look.h"
#include "resolver/net/spender_words.h"

namespace sluice::net {

/// Finds out, on a thread of its own, what takes longer than the engine can wait: which program
/// holds a socket, and what groups, programs and users are called.
///
/// It looks only for what was asked for: through all processes or all control groups at once, for
/// everything that was asked for meanwhile, at most five times a second and for no more than a
/// twentieth of its time. A name once known is kept though the group, program or user is gone.
///
/// To be used and destroyed in the engine's thread, but for describe(). The thread ends by itself
/// soon after this object does, which does not wait for it. Bounds: kMaxWanted sockets and as many
/// names asked for, kMaxNames names kept, and those of process_scan and cgroup_tree.
class SpenderReader {
 public:
  static constexpr std::size_t kMaxWanted = 256;
  static constexpr std::size_t kMaxNames = 4'096;

  /// What one look has brought.
  struct Reading {
    SpenderFindings findings;
    std::uint32_t names_evicted = 0;
  };
  /// Called on the engine's loop after each look.
  using Done = std::function<void(const Reading&)>;

  struct Pace {
    Duration pause = std::chrono::milliseconds{200};  ///< at least, between two looks
    int share = 20;                                   ///< looking takes one part of so many
  };

  /// `key` is for hashing commands and spenders.
  SpenderReader(boost::asio::io_context& engine_loop, HashKey key, Done done,
                SpenderSources sources, Pace pace);
  ~SpenderReader();
  SpenderReader(const SpenderReader&) = delete;
  SpenderReader& operator=(const SpenderReader&) = delete;

  enum class Verdict : std::uint8_t { taken, dropped };  ///< dropped: kMaxWanted wait already

  /// Looks for the program that holds `socket`, and learns its name.
  Verdict want_holder(const ClientSocket& socket) noexcept;
  /// Learns the name of a group or user, if it is not known; `uid` owns one of its sockets.
  Verdict want_name(const Spender& spender, std::uint32_t uid) noexcept;

  /// What operators call the spender. Any thread; never waits for a look: what has no name yet is
  /// described by its number, and a name is looked for.
  [[nodiscard]] SpenderWords describe(const Spender& spender);

 private:
  struct Shared;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::shared_ptr<Shared> shared_;
};

}  // namespace sluice::net
