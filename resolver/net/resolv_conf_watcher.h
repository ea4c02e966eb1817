#pragma once

#include <functional>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "resolver/base/clock.h"
#include "resolver/net/file_watcher.h"
#include "resolver/net/resolv_conf.h"

namespace sluice::net {

/// Follows the system's servers: calls back with the new list when it has changed.
///
/// Reads once the files have been quiet for `settle`. A list that has become empty is not reported:
/// a file that is just being written must not take away the servers we have.
///
/// Thread-confined to the loop.
class ResolvConfWatcher {
 public:
  using Changed = std::function<void(const std::vector<Endpoint>& servers)>;

  ResolvConfWatcher(boost::asio::io_context& loop, SystemServersSource source, Changed changed,
                    Duration settle = FileWatcher::Pace{}.settle);

  /// The servers as last read; empty if there were none at the start.
  [[nodiscard]] const std::vector<Endpoint>& servers() const noexcept { return servers_; }

 private:
  void read();

  SystemServersSource source_;
  Changed changed_;
  FileWatcher files_;  // made before the first reading, so that no change falls between
  std::vector<Endpoint> servers_;
};

}  // namespace sluice::net
