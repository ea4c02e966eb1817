#include "resolver/net/resolv_conf_watcher.h"

#include <sys/inotify.h>

#include <filesystem>
#include <system_error>

#include <boost/asio/buffer.hpp>

namespace sluice::net {

namespace {

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE;

}  // namespace

ResolvConfWatcher::ResolvConfWatcher(boost::asio::io_context& loop, SystemServersSource source,
                                     Changed changed, Duration settle)
    : source_{std::move(source)},
      changed_{std::move(changed)},
      settle_{settle},
      inotify_{loop},
      timer_{loop} {
  if (const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); fd >= 0) inotify_.assign(fd);
  watch();  // before the first look, so that no change falls between
  servers_ = system_servers(source_);
  await_event();
}

void ResolvConfWatcher::watch() {
  if (!inotify_.is_open()) return;
  for (const auto& file : source_.files) {
    // Watching what is watched already changes nothing. One that does not exist yet is tried at the
    // next event.
    std::error_code ec;
    const auto target = std::filesystem::weakly_canonical(file, ec);
    ::inotify_add_watch(inotify_.native_handle(), file.parent_path().c_str(), kEvents);
    if (!ec) ::inotify_add_watch(inotify_.native_handle(), target.parent_path().c_str(), kEvents);
    // A file that is mounted by itself, as container runtimes mount it, is written in place, and
    // its directory here never hears of that.
    ::inotify_add_watch(inotify_.native_handle(), file.c_str(), IN_CLOSE_WRITE);
  }
}

void ResolvConfWatcher::await_event() {
  if (!inotify_.is_open()) return;
  inotify_.async_read_some(
      boost::asio::buffer(events_.data(), events_.size()),
      [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec, std::size_t) {
        if (ec || alive.expired()) return;
        read_soon();
        await_event();
      });
}

void ResolvConfWatcher::read_soon() {
  timer_.expires_after(settle_);  // cancels the wait before, so that a burst is read once
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& ec) {
    if (ec || alive.expired()) return;
    read();
  });
}

void ResolvConfWatcher::read() {
  watch();  // a link may lead elsewhere now
  auto servers = system_servers(source_);
  if (servers.empty() || servers == servers_) return;
  servers_ = std::move(servers);
  changed_(servers_);
}

}  // namespace sluice::net
