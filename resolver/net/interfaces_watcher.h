#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "resolver/base/clock.h"

namespace sluice::net {

/// Calls back when this host's links, addresses, routes or routing rules have changed (rtnetlink).
///
/// Says only that something has: the listener asks again for what it needs. A burst of changes is
/// reported once, `settle` after it began; changes that never end, at most once in `settle`. A
/// report that the kernel had to drop is a change like any other.
///
/// Thread-confined to the loop. Needs no privilege. Where the kernel gives no netlink socket it
/// reports nothing.
class InterfacesWatcher {
 public:
  using Changed = std::function<void()>;

  InterfacesWatcher(boost::asio::io_context& loop, Changed changed,
                    Duration settle = std::chrono::milliseconds{200});
  InterfacesWatcher(const InterfacesWatcher&) = delete;
  InterfacesWatcher& operator=(const InterfacesWatcher&) = delete;

  [[nodiscard]] bool is_watching() const noexcept { return netlink_.is_open(); }

 private:
  void await_event();
  [[nodiscard]] bool drain();
  void report_soon();

  Changed changed_;
  Duration settle_;
  bool is_due_ = false;  // the timer runs
  boost::asio::posix::stream_descriptor netlink_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sluice::net
