#include "resolver/net/resolv_conf_watcher.h"

#include <utility>

namespace sluice::net {

ResolvConfWatcher::ResolvConfWatcher(boost::asio::io_context& loop, SystemServersSource source,
                                     Changed changed, Duration settle)
    : source_{std::move(source)},
      changed_{std::move(changed)},
      files_{loop, source_.files, [this] { read(); }, {.settle = settle}},
      servers_{system_servers(source_)} {}

void ResolvConfWatcher::read() {
  auto servers = system_servers(source_);
  if (servers.empty() || servers == servers_) return;
  servers_ = std::move(servers);
  changed_(servers_);
}

}  // namespace sluice::net
