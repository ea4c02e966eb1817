#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "resolver/base/clock.h"
#include "resolver/net/resolv_conf.h"

namespace sluice::net {

/// Follows the system's servers: calls back with the new list when it has changed.
///
/// Watches the directories of the files, and of what they link to, since a resolv.conf is replaced
/// by renaming; and the files themselves, which may be mounted one by one. Reads once things have
/// been quiet for `settle`. A list that has become empty is not reported: a file that is just being
/// written must not take away the servers we have.
///
/// Thread-confined to the loop. Without inotify (no descriptors, no watches) it reports nothing.
class ResolvConfWatcher {
 public:
  using Changed = std::function<void(const std::vector<Endpoint>& servers)>;

  ResolvConfWatcher(boost::asio::io_context& loop, SystemServersSource source, Changed changed,
                    Duration settle = std::chrono::milliseconds{200});
  ResolvConfWatcher(const ResolvConfWatcher&) = delete;
  ResolvConfWatcher& operator=(const ResolvConfWatcher&) = delete;

  /// The servers as last read; empty if there were none at the start.
  [[nodiscard]] const std::vector<Endpoint>& servers() const noexcept { return servers_; }

 private:
  void watch();
  void await_event();
  void read_soon();
  void read();

  SystemServersSource source_;
  Changed changed_;
  Duration settle_;
  std::vector<Endpoint> servers_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer timer_;
  std::array<std::byte, 4'096> events_{};  // what happened in detail does not matter
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sluice::net
